// The ReplicaSets of a Deployment: which is the new one, which are old, how many replicas they have together, in which order they are taken
// (pkg/controller/deployment/util/deployment_util.go).
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import type { PodTemplateSpec } from '../shared/pod-template.ts';

/** The label by which the Pods of a Deployment's ReplicaSets differ. */
export const podTemplateHashLabel = 'pod-template-hash';

export function replicasOf({ spec }: Deployment | ReplicaSet): number {
  return spec?.replicas ?? 0;
}

export function availableReplicasOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (of(set) ?? 0), 0);
}

/** Replicas that these are to have together. */
export function specReplicas(sets: readonly ReplicaSet[]): number {
  return sum(sets, replicasOf);
}

/** Pods that they have. */
export function actualReplicas(sets: readonly ReplicaSet[]): number {
  return sum(sets, ({ status }) => status?.replicas);
}

export function readyReplicas(sets: readonly ReplicaSet[]): number {
  return sum(sets, ({ status }) => status?.readyReplicas);
}

export function availableReplicas(sets: readonly ReplicaSet[]): number {
  return sum(sets, availableReplicasOf);
}

/** Pods that are being deleted; undefined when a ReplicaSet that has been looked at does not say. */
export function terminatingReplicas(sets: readonly ReplicaSet[]): number | undefined {
  const silent = ({ status }: ReplicaSet) => status?.terminatingReplicas === undefined;
  if (sets.some((set) => silent(set) && (set.status?.observedGeneration ?? 0) !== 0)) return undefined;
  return sum(sets, ({ status }) => status?.terminatingReplicas);
}

export function active(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => replicasOf(set) > 0);
}

type Order = (a: ReplicaSet, b: ReplicaSet) => number;

/** Oldest first. */
export const byCreation: Order = (a, b) =>
  compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
  compare(a.metadata.name, b.metadata.name);

/** Largest first, of the same size the older or the newer. */
export const bySizeOlder: Order = (a, b) => replicasOf(b) - replicasOf(a) || byCreation(a, b);
export const bySizeNewer: Order = (a, b) => replicasOf(b) - replicasOf(a) || byCreation(b, a);

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether two templates are the same, their hash labels apart. */
export function equalIgnoringHash(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  const labels = template?.metadata?.labels;
  if (template === undefined || labels?.[podTemplateHashLabel] === undefined) return template;
  const { [podTemplateHashLabel]: _, ...rest } = labels;
  return { ...template, metadata: { ...template.metadata, labels: rest } };
}

/** The ReplicaSet that has the Deployment's template: the oldest, should there be several. */
export function findNewReplicaSet({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort(byCreation).find((set) => equalIgnoringHash(set.spec?.template, spec?.template));
}

/** The one that has replicas; where none has, the new one or else the latest; undefined where several have. */
export function findActiveOrLatest(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const all = newSet === undefined ? old : [...old, newSet];
  const withReplicas = active(all);
  if (withReplicas.length > 1) return undefined;
  return withReplicas[0] ?? newSet ?? [...old].sort(byCreation).at(-1);
}
