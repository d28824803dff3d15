// Writing a condition of a Pod (pkg/api/v1/pod/util.go UpdatePodCondition, pkg/util/pod PatchPodStatus).
import { timestamp } from '../../client/clock.ts';
import type { Pod } from '../../client/kinds.ts';
import type { ResourceClient } from '../../client/resource-client.ts';

export type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];

/** The condition as it is to be written: the time of the transition is kept while the status is the same. Undefined where all is so already. */
export function updatedPodCondition(pod: Pod, condition: PodCondition, nowMs: number): PodCondition | undefined {
  const old = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const lastTransitionTime =
    old?.status === condition.status && old.lastTransitionTime ? old.lastTransitionTime : timestamp(nowMs);
  const wanted = { ...condition, lastTransitionTime };
  if (old === undefined) return wanted;
  const same = (['status', 'reason', 'message', 'lastProbeTime'] as const).every(
    (field) => (old[field] ?? '') === (wanted[field] ?? ''),
  );
  return same ? undefined : wanted;
}

/** Writes one condition of this very Pod (by uid). Throws NotFound, and Conflict where another has its name. */
export async function patchPodCondition(pods: ResourceClient<Pod>, pod: Pod, condition: PodCondition): Promise<void> {
  const { uid } = pod.metadata;
  await pods.patch(
    pod.metadata,
    'strategic',
    { metadata: { uid }, status: { conditions: [condition] } },
    { subresource: 'status' },
  );
}
