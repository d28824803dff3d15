// What a Deployment notes on its ReplicaSets, and itself: revisions, and the size at which they were scaled last
// (pkg/controller/deployment/util/deployment_util.go).
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { byCreation, replicasOf } from './replica-sets.ts';
import { maxSurge } from './strategy.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';
export const rollbackToAnnotation = 'deprecated.deployment.rollback.to';

const maxRevisionHistoryChars = 2000;
const skipped: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  rollbackToAnnotation,
]);

type Annotations = Readonly<Record<string, string>>;

/** Of a ReplicaSet; 0 where it has none, undefined where it is no number. */
export function revisionOf({ metadata }: ReplicaSet): number | undefined {
  const text = metadata.annotations?.[revisionAnnotation];
  return text === undefined ? 0 : parseWhole(text);
}

function parseWhole(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

export function maxRevision(sets: readonly ReplicaSet[]): number {
  return sets.reduce((most, set) => Math.max(most, revisionOf(set) ?? 0), 0);
}

/** The second highest revision; 0 where there is none. */
export function lastRevision(sets: readonly ReplicaSet[]): number {
  const revisions = sets.map((set) => revisionOf(set) ?? 0).sort((a, b) => b - a);
  return revisions[1] ?? 0;
}

/** By revision, oldest first. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const left = revisionOf(a);
  const right = revisionOf(b);
  return left === undefined || right === undefined || left === right ? byCreation(a, b) : left - right;
}

/** The annotations of a Deployment that its ReplicaSets get, or the other way round. */
export function copiedAnnotations(annotations: Annotations | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([name]) => !skipped.has(name)));
}

/** A Deployment's annotations after it was rolled back to a ReplicaSet: that one's, but for those that are its own. */
export function rolledBackAnnotations(own: Annotations | undefined, of: Annotations | undefined): Annotations {
  const kept = Object.entries(own ?? {}).filter(([name]) => skipped.has(name));
  return { ...Object.fromEntries(kept), ...copiedAnnotations(of) };
}

/** The size of the Deployment, to be noted on a ReplicaSet that is scaled with it. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const replicas = replicasOf(deployment);
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + maxSurge(deployment)),
  };
}

/** True when the ReplicaSet has these annotations already. */
export function hasAnnotations({ metadata }: ReplicaSet, wanted: Annotations): boolean {
  return Object.entries(wanted).every(([name, value]) => metadata.annotations?.[name] === value);
}

/** A size that was noted on a ReplicaSet; undefined where there is none that makes sense. */
export function notedSize({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation] ?? '';
  return /^\d+$/.test(text) && Number(text) <= 2147483647 ? Number(text) : undefined;
}

/**
 * The annotations of the new ReplicaSet at a revision: the Deployment's, the revision if it has grown, and the revisions that it had before. The
 * ReplicaSet's own where nothing changes, also where its revision cannot be read.
 */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  present: Annotations | undefined,
  revision: number,
): Annotations {
  const annotations: Record<string, string> = { ...present, ...copiedAnnotations(deployment.metadata.annotations) };
  const before = annotations[revisionAnnotation];
  const beforeNumber = before === undefined || before === '' ? 0 : parseWhole(before);
  if (beforeNumber === undefined) return present ?? {};
  if (beforeNumber >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before !== undefined)
    annotations[revisionHistoryAnnotation] = extendedHistory(annotations[revisionHistoryAnnotation] ?? '', before);
  return annotations;
}

/** A list of revisions by commas with one more, without the first ones where it would grow too long. */
function extendedHistory(history: string, revision: string): string {
  if (history === '') return revision;
  const revisions = [...history.split(','), revision];
  let length = history.length + 1 + revision.length;
  while (length > maxRevisionHistoryChars && revisions.length > 1) length -= revisions.shift()!.length + 1;
  return length > maxRevisionHistoryChars ? history : revisions.join(',');
}
