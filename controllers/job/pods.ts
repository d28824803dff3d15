// Which of a Job's Pods have succeeded or failed, count, or are too many (pkg/controller/job/job_controller.go, indexed_job_utils.go).
import type { Job, Pod } from '../../client/kinds.ts';
import { inDeletionOrder } from '../shared/active-pods.ts';
import { finishedMs } from './backoff.ts';
import { completionIndex, hasIndex, type Intervals, indexesOf, validIndex } from './indexes.ts';
import { type JobSpec, judgeFailure } from './policies.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredFailureCountAnnotation = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Who runs Jobs whose `managedBy` is this or nothing. */
const controllerName = 'kubernetes.io/job-controller';

export function hasTrackingFinalizer({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(trackingFinalizer) ?? false;
}

/** What takes the finalizer from a Pod. */
export const removeTrackingFinalizer = {
  metadata: { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] },
} as const;

export function isManagedElsewhere({ spec }: Pick<Job, 'spec'>): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== controllerName;
}

export function isIndexed({ completionMode }: JobSpec): boolean {
  return completionMode === 'Indexed';
}

/** A Pod is replaced only when it has ended, not as soon as it is being deleted. */
export function replacesOnlyFailed({ podReplacementPolicy, podFailurePolicy }: JobSpec): boolean {
  return podReplacementPolicy === 'Failed' || podFailurePolicy != null;
}

export function isPodFailed({ metadata, status }: Pod, spec: JobSpec): boolean {
  if (status?.phase === 'Failed') return true;
  // One that is deleted counts, for it may never get to say that it failed.
  return !replacesOnlyFailed(spec) && metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
}

/** Pods that are to be counted still: with the finalizer, not in `skipped`, and of an index of the job's. */
export function uncountedPods(pods: readonly Pod[], spec: JobSpec, skipped: (uid: string) => boolean): Pod[] {
  const { completions = 0 } = spec;
  return pods.filter(
    (pod) =>
      hasTrackingFinalizer(pod) &&
      !skipped(pod.metadata.uid) &&
      (!isIndexed(spec) || validIndex(pod, completions) !== undefined),
  );
}

/** Failures that the failure policy does not ignore. */
export function countFailures(failed: readonly Pod[], { podFailurePolicy }: JobSpec): number {
  return failed.filter((pod) => judgeFailure(podFailurePolicy, pod).counts).length;
}

/** The containers' restarts are more than the backoff limit; of Pods that restart theirs only. */
export function isPastBackoffLimitOnFailure({ template, backoffLimit = 0 }: JobSpec, pods: readonly Pod[]): boolean {
  if (template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += restartCount;
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** Indexes of succeeded Pods that are not counted yet. */
export function newlySucceededIndexes(pods: readonly Pod[], { completions = 0 }: JobSpec): Set<number> {
  const done = pods.filter((pod) => pod.status?.phase === 'Succeeded' && hasTrackingFinalizer(pod));
  return new Set(done.map((pod) => validIndex(pod, completions)).filter((index) => index !== undefined));
}

/** Indexes that have failed for good with Pods that are not counted yet. */
export function newlyFailedIndexes(pods: readonly Pod[], spec: JobSpec): Set<number> {
  const { completions = 0, backoffLimitPerIndex = 0, podFailurePolicy } = spec;
  const indexes = new Set<number>();
  for (const pod of pods) {
    const index = validIndex(pod, completions);
    if (index === undefined || !hasTrackingFinalizer(pod) || !isPodFailed(pod, spec)) continue;
    const { counts, action } = judgeFailure(podFailurePolicy, pod);
    if (action === 'FailIndex' || (counts && countOf(pod, failureCountAnnotation) >= backoffLimitPerIndex))
      indexes.add(index);
  }
  return indexes;
}

/** The number in a Pod's annotation; 0 for what is none. */
export function countOf({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? '';
  const count = /^[+]?\d+$/.test(text) ? Number(text) : 0;
  return count > 2 ** 31 - 1 ? 0 : count;
}

/** Failures of its index up to this Pod, ignored ones too. */
export function failuresBefore(pod: Pod): number {
  return countOf(pod, failureCountAnnotation) + countOf(pod, ignoredFailureCountAnnotation);
}

/** By index, the last failed Pod that has to stay until its replacement knows how often the index has failed. */
export function delayedDeletions(
  pods: readonly Pod[],
  spec: JobSpec,
  settled: { active: readonly Pod[]; succeeded: Intervals; failed: Intervals },
): Map<number, Pod> {
  const active = indexesOf(settled.active);
  const delayed = new Map<number, Pod>();
  for (const pod of pods) {
    const index = completionIndex(pod)!;
    if (!isPodFailed(pod, spec) || active.has(index)) continue;
    if (hasIndex(settled.succeeded, index) || hasIndex(settled.failed, index)) continue;
    const last = delayed.get(index);
    const later =
      last === undefined || (failuresBefore(last) <= failuresBefore(pod) && finishedMs(pod) >= finishedMs(last));
    if (later) delayed.set(index, pod);
  }
  return delayed;
}

/** At least `atLeast` of the active Pods: those with no index, one that is not the job's, or one that another has too, and then whoever goes first. */
export function podsToRemove(active: readonly Pod[], spec: JobSpec, atLeast: number, nowMs: number): Pod[] {
  const rank = () => 0;
  const remove: Pod[] = [];
  let left = [...active];
  if (isIndexed(spec)) {
    left = [];
    const byIndex = Map.groupBy(active, (pod) => validIndex(pod, spec.completions ?? 0));
    for (const [index, pods] of [...byIndex].sort(([a = -1], [b = -1]) => a - b)) {
      if (index === undefined) {
        remove.push(...pods);
        continue;
      }
      const ordered = inDeletionOrder(pods, rank, nowMs);
      left.push(ordered.pop()!);
      remove.push(...ordered);
    }
  }
  if (remove.length < atLeast) remove.push(...inDeletionOrder(left, rank, nowMs).slice(0, atLeast - remove.length));
  return remove;
}
