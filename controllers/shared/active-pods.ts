// Ready, available, active and terminating Pods, and which of several is deleted first
// (pkg/api/v1/pod/util.go; pkg/controller/controller_utils.go ActivePodsWithRanks, FindMinNextPodAvailabilityCheck).
import type { Pod } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';

/** A Pod, as far as these questions go; one that is yet to be created is one too. */
export type PodState = Pick<NewObject<Pod>, 'metadata' | 'spec' | 'status'>;

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseOrdinals: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const nanosecondsPerMs = 1e6;

export function isPodReady({ status }: PodState): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Milliseconds since the epoch since when it is ready; undefined when it is not, or when nobody says. */
export function podReadySinceMs({ status }: PodState): number | undefined {
  const ready = status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  return ready?.lastTransitionTime === undefined ? undefined : Date.parse(ready.lastTransitionTime);
}

/** Ready for `minReadySeconds`. */
export function isPodAvailable(pod: PodState, minReadySeconds: number, nowMs: number): boolean {
  if (!isPodReady(pod)) return false;
  if (minReadySeconds === 0) return true;
  const since = podReadySinceMs(pod);
  return since !== undefined && since + minReadySeconds * 1000 <= nowMs;
}

/** Succeeded or Failed. */
export function isPodTerminal({ status }: PodState): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Neither ended nor being deleted. */
export function isPodActive(pod: PodState): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);
}

/** Being deleted while it has not ended. */
export function isPodTerminating(pod: PodState): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod);
}

/** Milliseconds until the next of these Pods, ready by now, is available; undefined when none waits for that. */
export function nextAvailabilityCheckMs(
  pods: readonly PodState[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  let next: number | undefined;
  if (minReadySeconds <= 0) return next;
  for (const pod of pods) {
    const since = podReadySinceMs(pod);
    if (since === undefined) continue;
    const leftMs = since + minReadySeconds * 1000 - nowMs;
    if (leftMs > 0 && (next === undefined || leftMs < next)) next = leftMs;
  }
  return next;
}

/** The most restarts of a container, and of a sidecar. */
export function maxContainerRestarts({ spec, status }: PodState): { regular: number; sidecar: number } {
  const most = (counts: readonly number[]) => counts.reduce((most, count) => Math.max(most, count), 0);
  const regular = most((status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
  if (sidecars.size === 0) return { regular, sidecar: 0 };
  const statuses = (status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
  return { regular, sidecar: most(statuses.map(({ restartCount }) => restartCount)) };
}

/** The cost of deleting a Pod, of its annotation: a whole number without leading zeros or plus, 0 for anything else. */
export function podDeletionCost({ metadata }: PodState): number {
  const text = metadata.annotations?.[deletionCostAnnotation];
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0;
  const cost = Number(text);
  return cost > 2147483647 || cost < -2147483648 ? 0 : cost;
}

/** What the order of deletion rests on, of one Pod, read once. */
interface Ranked<T> {
  pod: T;
  /** Of two Pods, the one with the smaller first key that differs goes first. */
  keys: readonly number[];
}

/** Of `keys`: times in milliseconds since the epoch, 0 when nobody knows, of which only the order of magnitude of the age counts. */
const readyTime = 5;
const creationTime = 8;

/**
 * The same Pods, those first that are to be deleted first: not assigned before assigned, pending before running, not ready before ready, cheap
 * ones (pod-deletion-cost), those with more related Pods on their node (`rankOf`), those ready and created more recently (in powers of two, so
 * that age decides only roughly), those that restarted more often.
 */
export function inDeletionOrder<T extends PodState>(
  pods: readonly T[],
  rankOf: (pod: T) => number,
  nowMs: number,
): T[] {
  const ranked: Ranked<T>[] = pods.map((pod) => ({ pod, keys: deletionKeys(pod, rankOf(pod)) }));
  return ranked.sort((a, b) => compareRanked(a, b, nowMs)).map(({ pod }) => pod);
}

function deletionKeys(pod: PodState, rank: number): readonly number[] {
  const ready = isPodReady(pod);
  const { regular, sidecar } = maxContainerRestarts(pod);
  const { creationTimestamp } = pod.metadata;
  return [
    pod.spec?.nodeName ? 1 : 0,
    phaseOrdinals[pod.status?.phase ?? ''] ?? 0,
    ready ? 1 : 0,
    podDeletionCost(pod),
    -rank,
    podReadySinceMs(pod) ?? 0,
    -regular,
    -sidecar,
    creationTimestamp == null ? 0 : Date.parse(creationTimestamp),
  ];
}

function compareRanked(a: Ranked<PodState>, b: Ranked<PodState>, nowMs: number): number {
  const at = a.keys.findIndex((key, index) => key !== b.keys[index]);
  if (at < 0) return 0;
  const left = a.keys[at]!;
  const right = b.keys[at]!;
  const ofTime = at === readyTime || at === creationTime;
  if (!ofTime || left === 0 || right === 0) return left - right;
  const difference = logarithmicAge(left, nowMs) - logarithmicAge(right, nowMs);
  if (difference !== 0) return difference;
  return a.pod.metadata.uid! < b.pod.metadata.uid! ? -1 : 1;
}

/** The power of two of an age, in nanoseconds as upstream counts. */
function logarithmicAge(sinceMs: number, nowMs: number): number {
  const ageMs = nowMs - sinceMs;
  return ageMs > 0 ? Math.trunc(Math.log2(ageMs * nanosecondsPerMs)) : -1;
}
