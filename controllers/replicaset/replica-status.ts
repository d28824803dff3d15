// The status of a ReplicaSet or ReplicationController, of the Pods that it has (pkg/controller/replicaset/replica_set_utils.go).
import { timestamp } from '../../client/clock.ts';
import type { Pod } from '../../client/kinds.ts';
import type { ApiObject } from '../../client/resource.ts';
import { isPodAvailable, isPodReady } from '../shared/active-pods.ts';
import { messageOf } from '../shared/aggregate.ts';
import { findCondition, type StatusCondition, withCondition, withoutCondition } from '../shared/conditions.ts';
import type { PodTemplateSpec } from '../shared/pod-template.ts';

export interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: StatusCondition[];
}

/** What ReplicaSets and ReplicationControllers have in common. */
export interface ReplicaOwner extends ApiObject {
  metadata: ApiObject['metadata'] & { name: string; namespace: string; uid: string };
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status?: ReplicaStatus;
}

export interface ObservedReplicas {
  active: readonly Pod[];
  /** Undefined where the kind does not tell. */
  terminating: number | undefined;
  /** What creating or deleting Pods failed with. */
  failure: unknown;
}

const replicaFailure = 'ReplicaFailure';

/** The status as it should be, its generation apart. */
export function calculateStatus(owner: ReplicaOwner, observed: ObservedReplicas, nowMs: number): ReplicaStatus {
  const { spec = {}, status } = owner;
  const { active, terminating } = observed;
  const templateLabels = Object.entries(spec.template?.metadata?.labels ?? {});
  const fullyLabeled = active.filter(({ metadata: { labels = {} } }) =>
    templateLabels.every(([key, value]) => labels[key] === value),
  );
  const available = active.filter((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, nowMs));
  const conditions = failureConditions(owner, observed, nowMs);
  return {
    ...status,
    ...(conditions === undefined ? {} : { conditions }),
    replicas: active.length,
    fullyLabeledReplicas: fullyLabeled.length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: available.length,
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
  };
}

/** The same list where nothing has changed. A failure that stays keeps its first words, as upstream's. */
function failureConditions(
  { spec, status }: ReplicaOwner,
  { active, failure }: ObservedReplicas,
  nowMs: number,
): StatusCondition[] | undefined {
  const conditions = status?.conditions;
  const current = findCondition(conditions, replicaFailure);
  if (failure === undefined) return current === undefined ? conditions : withoutCondition(conditions, replicaFailure);
  if (current !== undefined) return conditions;
  const surplus = active.length - (spec?.replicas ?? 0);
  return withCondition(conditions, {
    type: replicaFailure,
    status: 'True',
    lastTransitionTime: timestamp(nowMs),
    ...(surplus === 0 ? {} : { reason: surplus < 0 ? 'FailedCreate' : 'FailedDelete' }),
    message: messageOf(failure),
  });
}

/** Whether the object has this status, and of its generation. */
export function hasStatus({ metadata, status }: ReplicaOwner, wanted: ReplicaStatus): boolean {
  if (status === undefined) return false;
  const same = (field: 'fullyLabeledReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (status[field] ?? 0) === (wanted[field] ?? 0);
  return (
    status.replicas === wanted.replicas &&
    same('fullyLabeledReplicas') &&
    same('readyReplicas') &&
    same('availableReplicas') &&
    status.terminatingReplicas === wanted.terminatingReplicas &&
    metadata.generation === (status.observedGeneration ?? 0) &&
    status.conditions === wanted.conditions
  );
}
