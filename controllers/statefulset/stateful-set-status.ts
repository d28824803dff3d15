// The status of a stateful set, and the Pods that it should have (pkg/controller/statefulset/stateful_set_control.go).
import type { ControllerRevision, StatefulSet } from '../../client/kinds.ts';
import { isPodAvailable, isPodReady } from '../shared/active-pods.ts';
import { scaledValue } from '../shared/int-or-string.ts';
import {
  inOrdinalRange,
  newReplica,
  ordinalOf,
  podRevision,
  type Replica,
  replicasOf,
  startOrdinal,
} from './identity.ts';

export type StatefulSetStatus = NonNullable<StatefulSet['status']>;

export interface Revisions {
  current: ControllerRevision;
  update: ControllerRevision;
  collisionCount: number;
}

export function isCreated({ status }: Replica): boolean {
  return (status?.phase ?? '') !== '';
}

export function isTerminating({ metadata }: Replica): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function isRunningAndReady(pod: Replica): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod);
}

export function minReadySecondsOf({ spec }: StatefulSet): number {
  return spec?.minReadySeconds ?? 0;
}

export function isUnavailable(set: StatefulSet, pod: Replica, nowMs: number): boolean {
  return isTerminating(pod) || !isPodAvailable(pod, minReadySecondsOf(set), nowMs);
}

/** The counts of these Pods. */
export function statusOf(
  set: StatefulSet,
  { current, update, collisionCount }: Revisions,
  pods: readonly Replica[],
  nowMs: number,
): StatefulSetStatus {
  const count = (matches: (pod: Replica) => boolean) => pods.filter(matches).length;
  const counted = (pod: Replica) => isCreated(pod) && !isTerminating(pod);
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: count(isCreated),
    readyReplicas: count(isRunningAndReady),
    availableReplicas: count((pod) => isRunningAndReady(pod) && isPodAvailable(pod, minReadySecondsOf(set), nowMs)),
    currentReplicas: count((pod) => counted(pod) && podRevision(pod) === current.metadata.name),
    updatedReplicas: count((pod) => counted(pod) && podRevision(pod) === update.metadata.name),
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount,
  };
}

/** When everything is of the new revision, that is the current one. */
export function completed(set: StatefulSet, status: StatefulSetStatus): StatefulSetStatus {
  const replicas = replicasOf(set);
  const all =
    set.spec?.updateStrategy?.type === 'RollingUpdate' &&
    status.updatedReplicas === replicas &&
    status.readyReplicas === replicas &&
    status.replicas === replicas;
  if (!all) return status;
  const { updateRevision } = status;
  return { ...status, currentReplicas: replicas, ...(updateRevision ? { currentRevision: updateRevision } : {}) };
}

/** Whether the set's own status differs in what matters. */
export function differs({ status: present }: StatefulSet, status: StatefulSetStatus): boolean {
  const counts = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;
  return (
    (status.observedGeneration ?? 0) > (present?.observedGeneration ?? 0) ||
    counts.some((field) => (status[field] ?? 0) !== (present?.[field] ?? 0)) ||
    status.currentRevision !== present?.currentRevision ||
    status.updateRevision !== present?.updateRevision
  );
}

export interface Replicas {
  /** One for each ordinal, in order; those that are missing are yet to be created. */
  wanted: Replica[];
  /** Of other ordinals, the highest first. */
  condemned: Replica[];
}

/** Which Pods a set should have, and which it should not. */
export function partition(
  set: StatefulSet,
  sets: { current: StatefulSet; update: StatefulSet },
  revisions: Revisions,
  pods: readonly Replica[],
): Replicas {
  const start = startOrdinal(set);
  const present = new Map(pods.filter((pod) => inOrdinalRange(pod, set)).map((pod) => [ordinalOf(pod), pod]));
  const wanted = Array.from({ length: replicasOf(set) }, (_, index) => {
    const ordinal = start + index;
    return present.get(ordinal) ?? versionedReplica(set, sets, revisions, ordinal);
  });
  const condemned = pods.filter((pod) => ordinalOf(pod) >= 0 && !inOrdinalRange(pod, set));
  return { wanted, condemned: condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a)) };
}

/** Below the partition, or below what is still current, a Pod is made of the current revision. */
function versionedReplica(
  set: StatefulSet,
  sets: { current: StatefulSet; update: StatefulSet },
  { current, update }: Revisions,
  ordinal: number,
): Replica {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  const stays = rollingUpdate === undefined ? (set.status?.currentReplicas ?? 0) : (rollingUpdate.partition ?? 0);
  return type === 'RollingUpdate' && ordinal < startOrdinal(set) + stays
    ? newReplica(sets.current, current.metadata.name, ordinal)
    : newReplica(sets.update, update.metadata.name, ordinal);
}

/**
 * Which of the Pods of an older revision are to be deleted now, the highest ordinal first: one, after all above it are available; as many as
 * `maxUnavailable` lets, where it is given.
 */
export function toUpdate(
  set: StatefulSet,
  replicas: readonly Replica[],
  updateRevision: string,
  nowMs: number,
): Replica[] {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const lowest = rollingUpdate?.partition ?? 0;
  const outdated = (pod: Replica) => podRevision(pod) !== updateRevision && !isTerminating(pod);
  const descending = replicas.map((pod, index) => ({ pod, index })).reverse();
  const limit = rollingUpdate?.maxUnavailable;
  if (limit === undefined) {
    const first = descending.find(
      ({ pod, index }) => index >= lowest && (outdated(pod) || isUnavailable(set, pod, nowMs)),
    );
    return first !== undefined && outdated(first.pod) ? [first.pod] : [];
  }
  const most = Math.max(1, scaledValue(limit, replicasOf(set), 'down'));
  const unavailable = replicas.filter((pod) => isUnavailable(set, pod, nowMs)).length;
  const candidates = descending.filter(({ pod, index }) => index >= lowest && outdated(pod));
  return candidates.slice(0, Math.max(0, most - unavailable)).map(({ pod }) => pod);
}
