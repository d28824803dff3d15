// What the scheduler writes into a pod's status: why it is not scheduled, and the node that is being made free for it
// (pkg/scheduler/schedule_one.go updatePod, pkg/api/v1/pod/util.go UpdatePodCondition).
import type { Client } from '../client/client.ts';
import { timestamp } from '../client/clock.ts';
import { Pod } from '../client/kinds.ts';

export interface PodConditionChange {
  type: string;
  status: string;
  reason: string;
  message: string;
}

export interface PodStatusChange {
  condition?: PodConditionChange;
  /** '' takes it back. */
  nominatedNodeName?: string;
}

/** The patch that makes the change; undefined where nothing would change. `now` is in milliseconds since the epoch. */
export function podStatusPatch(
  pod: Pod,
  { condition, nominatedNodeName }: PodStatusChange,
  now: number,
): object | undefined {
  const status: Record<string, unknown> = {};
  if (condition !== undefined) {
    const known = pod.status?.conditions?.find(({ type }) => type === condition.type);
    const observedGeneration = pod.metadata.generation;
    const same =
      known !== undefined &&
      known.status === condition.status &&
      known.reason === condition.reason &&
      known.message === condition.message &&
      known.observedGeneration === observedGeneration;
    if (!same) {
      const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : timestamp(now);
      const generation = observedGeneration === undefined ? {} : { observedGeneration };
      status['conditions'] = [{ ...condition, ...generation, lastProbeTime: null, lastTransitionTime }];
    }
  }
  if (nominatedNodeName !== undefined && nominatedNodeName !== (pod.status?.nominatedNodeName ?? ''))
    status['nominatedNodeName'] = nominatedNodeName === '' ? null : nominatedNodeName;
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid: pod.metadata.uid }, status };
}

/** Writes the change, unless there is none. Throws NotFound and whatever else the server answers. */
export async function patchPodStatus(
  client: Client,
  pod: Pod,
  change: PodStatusChange,
  now: number,
  signal?: AbortSignal,
): Promise<void> {
  const patch = podStatusPatch(pod, change, now);
  if (patch === undefined) return;
  const { namespace, name } = pod.metadata;
  await client.resource(Pod).patch({ namespace, name }, 'strategic', patch, { subresource: 'status', signal });
}
