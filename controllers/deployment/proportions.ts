// Scaling a Deployment in the middle of a rollout: each ReplicaSet gets its share (pkg/controller/deployment/sync.go scale,
// util/deployment_util.go GetReplicaSetProportion).
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { maxReplicasAnnotation, notedSize } from './annotations.ts';
import { active, bySizeNewer, bySizeOlder, replicasOf, specReplicas } from './replica-sets.ts';
import { maxSurge } from './strategy.ts';

export interface ReplicaSetSize {
  set: ReplicaSet;
  replicas: number;
}

/** How large each ReplicaSet that has replicas should be, so that all together fit the Deployment; in the order in which to scale. */
export function proportionalSizes(deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSetSize[] {
  const sets = active(all);
  const replicas = replicasOf(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - specReplicas(sets);
  if (toAdd === 0) return sets.map((set) => ({ set, replicas: replicasOf(set) }));
  sets.sort(toAdd > 0 ? bySizeNewer : bySizeOlder);
  let added = 0;
  const sizes = sets.map((set) => {
    const share = proportion(deployment, set, toAdd, added);
    added += share;
    return { set, replicas: replicasOf(set) + share };
  });
  // What rounding left over goes to the largest.
  const [first] = sizes;
  if (first !== undefined) first.replicas = Math.max(0, first.replicas + toAdd - added);
  return sizes;
}

/** What a ReplicaSet gets of the replicas to add (or loses, where that is negative), of which others have got some already. */
function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === added) return 0;
  const fraction = shareOf(deployment, set);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function shareOf(deployment: Deployment, set: ReplicaSet): number {
  const size = replicasOf(set);
  const replicas = replicasOf(deployment);
  if (replicas === 0) return -size;
  // Without a note of how large the Deployment was, its status tells.
  const before = notedSize(set, maxReplicasAnnotation) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return roundAwayFromZero((size * (replicas + maxSurge(deployment))) / before) - size;
}

/** Halves go away from zero. */
function roundAwayFromZero(value: number): number {
  return value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5);
}
