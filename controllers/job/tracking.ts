// Counts Pods that have ended, exactly once, however often it is interrupted: first their uids go into the status
// (uncountedTerminatedPods), then their finalizers are taken, then the counters go up and the uids out
// (pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers).
import type { Client } from '../../client/client.ts';
import { type Clock, timestamp } from '../../client/clock.ts';
import { isNotFound } from '../../client/errors.ts';
import { Job, type Pod } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import { aggregate } from '../shared/aggregate.ts';
import type { PodControl } from '../shared/pod-control.ts';
import { ensureCondition, newCondition, trueCondition } from './conditions.ts';
import type { FinalizerExpectations } from './finalizer-expectations.ts';
import { completionIndex, countIndexes, hasIndex, printIndexes, validIndex, withIndexes } from './indexes.ts';
import { hasTrackingFinalizer, isIndexed, isPodFailed, removeTrackingFinalizer } from './pods.ts';
import { judgeFailure } from './policies.ts';
import { failedCondition, type Progress } from './progress.ts';

/** Pods that are counted in one go, so that the status stays below 20 KB (MaxUncountedPods). */
const maxUncountedPods = 500;

export interface TrackerOptions {
  client: Client;
  podControl: PodControl;
  finalizers: FinalizerExpectations;
  clock: Clock;
  /** The status was written with the Pods that `progress` counts. */
  flushed(progress: Progress): void;
}

/** What one go counts. */
interface Round {
  remove: Pod[];
  succeededIndexes: number[];
  /** There was no room for all. */
  full: boolean;
  needsFlush: boolean;
}

export class Tracker {
  readonly #options: TrackerOptions;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  /** Writes the status where it has changed (`needsFlush`: it has already). True when the job is finished with that. Throws to be called again. */
  async track(progress: Progress, needsFlush: boolean): Promise<boolean> {
    const { clock } = this.#options;
    const withFinalizer = new Set(progress.pods.filter((pod) => isToBeCounted(pod, progress)).map(uidOf));
    let flush = countRemoved(progress, withFinalizer) || needsFlush;
    const round = collect(progress);
    flush ||= round.needsFlush;
    if (isIndexed(progress.job.spec)) flush = writeIndexes(progress, round.succeededIndexes) || flush;
    flush = writeInterimConditions(progress, clock.now()) || flush;
    if (flush) {
      await this.#write(progress);
      this.#options.flushed(progress);
    }
    const failure = await this.#removeFinalizers(progress, round.remove, withFinalizer);
    let again = countRemoved(progress, withFinalizer);
    if (failure !== undefined) {
      if (again) await this.#write(progress);
      throw failure;
    }
    const finished = !round.full && finish(progress, clock.now());
    again ||= finished;
    if (again) await this.#write(progress);
    return finished;
  }

  async #write(progress: Progress): Promise<void> {
    const written = await this.#options.client.resource(Job).updateStatus(progress.job);
    const { spec, status } = progress.job;
    const uncountedTerminatedPods = written.status?.uncountedTerminatedPods ?? {};
    progress.job = {
      ...written,
      spec: written.spec ?? spec,
      status: { ...(written.status ?? status), uncountedTerminatedPods },
    };
  }

  /** Takes those that lose theirs out of `withFinalizer`; gives what failed. */
  async #removeFinalizers(progress: Progress, pods: readonly Pod[], withFinalizer: Set<string>): Promise<unknown> {
    const { podControl, finalizers } = this.#options;
    const key = keyOf(progress.job);
    finalizers.expect(key, pods.map(uidOf));
    const settled = await Promise.allSettled(
      pods.map(async ({ metadata }) => {
        try {
          await podControl.patch(metadata, removeTrackingFinalizer);
        } catch (error) {
          finalizers.observed(key, metadata.uid);
          if (!isNotFound(error)) throw error;
        }
        withFinalizer.delete(metadata.uid);
      }),
    );
    return aggregate(settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid;
}

function isToBeCounted(pod: Pod, { expectedRemovals }: Progress): boolean {
  return hasTrackingFinalizer(pod) && !expectedRemovals.has(pod.metadata.uid);
}

/** Counts the Pods that have lost their finalizer, and forgets their uids. True when there were any. */
function countRemoved({ job: { status } }: Progress, withFinalizer: ReadonlySet<string>): boolean {
  let counted = false;
  for (const outcome of ['succeeded', 'failed'] as const) {
    const uids = status.uncountedTerminatedPods[outcome] ?? [];
    const rest = uids.filter((uid) => withFinalizer.has(uid));
    if (rest.length === uids.length) continue;
    status[outcome] = (status[outcome] ?? 0) + uids.length - rest.length;
    status.uncountedTerminatedPods[outcome] = rest;
    counted = true;
  }
  return counted;
}

/** Puts the uids of Pods that have ended into the status, as many as there is room for. */
function collect(progress: Progress): Round {
  const { job, pods } = progress;
  const uncounted = job.status.uncountedTerminatedPods;
  const known = { succeeded: new Set(uncounted.succeeded), failed: new Set(uncounted.failed) };
  const round: Round = { remove: [], succeededIndexes: [], full: false, needsFlush: false };
  const add = (outcome: 'succeeded' | 'failed', uid: string): void => {
    uncounted[outcome] = [...(uncounted[outcome] ?? []), uid];
    round.needsFlush = true;
  };
  // Indexes are counted in order.
  const ordered = isIndexed(job.spec)
    ? pods.toSorted((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1))
    : pods;
  for (const pod of ordered) {
    if (!isToBeCounted(pod, progress) || !mayGo(pod, progress)) continue;
    round.remove.push(pod);
    const { uid } = pod.metadata;
    if (pod.status?.phase === 'Succeeded' && !known.failed.has(uid)) {
      if (isIndexed(job.spec)) collectIndex(pod, progress, round);
      else if (!known.succeeded.has(uid)) add('succeeded', uid);
    } else if (countsAsFailed(pod, progress) && !known.failed.has(uid)) add('failed', uid);
    const held = (uncounted.succeeded?.length ?? 0) + (uncounted.failed?.length ?? 0);
    if (round.succeededIndexes.length + held >= maxUncountedPods) {
      round.full = true;
      break;
    }
  }
  return round;
}

/** The index says enough of a Pod that succeeded: no uid is needed. */
function collectIndex(pod: Pod, { job, previousIndexes }: Progress, round: Round): void {
  const index = validIndex(pod, job.spec.completions ?? 0);
  if (index === undefined || hasIndex(previousIndexes, index)) return;
  round.succeededIndexes.push(index);
  round.needsFlush = true;
}

/** Whether the Pod has ended for the job, so that its finalizer may be taken. */
function mayGo(pod: Pod, { job, finished, delayed }: Progress): boolean {
  if (job.metadata.deletionTimestamp !== undefined || finished !== undefined) return true;
  if (pod.status?.phase === 'Succeeded') return true;
  if (!isPodFailed(pod, job.spec)) return false;
  const index = completionIndex(pod);
  return index === undefined || delayed.get(index)?.metadata.uid !== pod.metadata.uid;
}

/** When the job has ended without success, what still runs has failed. */
function countsAsFailed(pod: Pod, { job: { spec }, finished }: Progress): boolean {
  const endedBadly = finished !== undefined && finished.type !== 'SuccessCriteriaMet';
  if (!isPodFailed(pod, spec) && !endedBadly) return false;
  if (isIndexed(spec) && validIndex(pod, spec.completions ?? 0) === undefined) return false;
  return judgeFailure(spec.podFailurePolicy, pod).counts;
}

/** True when the status changed with that. */
function writeIndexes(progress: Progress, newlySucceeded: readonly number[]): boolean {
  const { status } = progress.job;
  progress.succeededIndexes = withIndexes(progress.succeededIndexes, newlySucceeded);
  const completed = printIndexes(progress.succeededIndexes);
  const failed = progress.failedIndexes === undefined ? undefined : printIndexes(progress.failedIndexes);
  const changed = completed !== (status.completedIndexes ?? '') || failed !== status.failedIndexes;
  status.succeeded = countIndexes(progress.succeededIndexes);
  if (completed === '') delete status.completedIndexes;
  else status.completedIndexes = completed;
  if (failed === undefined) delete status.failedIndexes;
  else status.failedIndexes = failed;
  return changed;
}

/**
 * The conditions that say how the job will end go into the status before any finalizer is taken; `finished` becomes the final one, which
 * follows when all Pods have ended. True when the status changed.
 */
function writeInterimConditions(progress: Progress, nowMs: number): boolean {
  const { finished, job } = progress;
  if (finished?.type === 'FailureTarget') {
    job.status.conditions = [...(job.status.conditions ?? []), finished];
    progress.finished = failedCondition(finished, nowMs);
    return true;
  }
  if (finished?.type !== 'SuccessCriteriaMet') return false;
  const known = trueCondition(job.status, 'SuccessCriteriaMet') !== undefined;
  if (!known) job.status.conditions = [...(job.status.conditions ?? []), finished];
  const { reason = '', message = '' } = finished;
  progress.finished = newCondition('Complete', 'True', reason, message, nowMs);
  return !known;
}

/** Marks the job as finished where nothing of it is left to wait for. */
function finish({ finished, job, terminating }: Progress, nowMs: number): boolean {
  if (finished === undefined) return false;
  const { succeeded = [], failed = [] } = job.status.uncountedTerminatedPods;
  if (succeeded.length + failed.length > 0 || terminating > 0) return false;
  const { type, reason = '', message = '' } = finished;
  ensureCondition(job.status, newCondition(type, 'True', reason, message, nowMs));
  if (type === 'Complete') job.status.completionTime = timestamp(nowMs);
  return true;
}
