// How far a rollout may go at a time: maxSurge and maxUnavailable, and how many replicas the new ReplicaSet gets
// (pkg/controller/deployment/util/deployment_util.go ResolveFenceposts, NewRSNewReplicas).
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { type IntOrString, scaledValue } from '../shared/int-or-string.ts';
import { replicasOf, specReplicas } from './replica-sets.ts';

/** What fields that are pointers to int32 hold when they mean "never" or "no limit". */
const maxInt32 = 2147483647;

export function isRollingUpdate({ spec }: Deployment): boolean {
  return spec?.strategy?.type === 'RollingUpdate';
}

/** Both as numbers of Pods; both 0 would never get anywhere, so then one may be unavailable. */
export function resolveFenceposts(
  maxSurge: IntOrString | undefined,
  maxUnavailable: IntOrString | undefined,
  desired: number,
): { surge: number; unavailable: number } {
  const surge = scaledValue(maxSurge ?? 0, desired, 'up');
  const unavailable = scaledValue(maxUnavailable ?? 0, desired, 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  return resolveFenceposts(maxSurge, maxUnavailable, replicasOf(deployment));
}

/** How many Pods there may be beyond the replicas. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many of the replicas may be unavailable; never more than there are. */
export function maxUnavailable(deployment: Deployment): number {
  const replicas = replicasOf(deployment);
  if (!isRollingUpdate(deployment) || replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicas);
}

/** How many replicas the new ReplicaSet should have now. Throws for an unknown type of strategy. */
export function newReplicaSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], newSize: number): number {
  const replicas = replicasOf(deployment);
  const type = deployment.spec?.strategy?.type;
  if (type === 'Recreate') return replicas;
  if (type !== 'RollingUpdate') throw new Error(`deployment type ${type} isn't supported`);
  const surge = scaledValue(deployment.spec?.strategy?.rollingUpdate?.maxSurge ?? 0, replicas, 'up');
  const room = replicas + surge - specReplicas(all);
  return room <= 0 ? newSize : newSize + Math.min(room, replicas - newSize);
}

/** The progress deadline in seconds; undefined where there is none. */
export function progressDeadlineSeconds({ spec }: Deployment): number | undefined {
  const seconds = spec?.progressDeadlineSeconds;
  return seconds === maxInt32 ? undefined : seconds;
}

/** How many old ReplicaSets are kept; undefined for all. */
export function revisionHistoryLimit({ spec }: Deployment): number | undefined {
  const limit = spec?.revisionHistoryLimit;
  return limit === maxInt32 ? undefined : limit;
}
