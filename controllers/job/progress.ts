// How far a Job has come, and whether it is to end: the part of a sync that only looks (pkg/controller/job/job_controller.go syncJob).
import { timestamp } from '../../client/clock.ts';
import type { Job, Pod } from '../../client/kinds.ts';
import { isPodActive, isPodReady, isPodTerminating } from '../shared/active-pods.ts';
import { type BackoffRecord, nextBackoff } from './backoff.ts';
import { type JobCondition, type JobStatus, newCondition, trueCondition } from './conditions.ts';
import { countIndexes, type Intervals, parseIndexes, withIndexes } from './indexes.ts';
import {
  countFailures,
  delayedDeletions,
  isIndexed,
  isPastBackoffLimitOnFailure,
  isPodFailed,
  newlyFailedIndexes,
  newlySucceededIndexes,
  uncountedPods,
} from './pods.ts';
import { type JobSpec, judgeFailure, metSuccessRule } from './policies.ts';

/** A job while it is worked on. `job`, with its status, is a copy that may be changed; so may everything else here. */
export interface Progress {
  job: Job & { spec: JobSpec; status: CountedStatus };
  readonly pods: Pod[];
  readonly active: readonly Pod[];
  /** As the status will say. */
  ready: number;
  terminating: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly previousIndexes: Intervals;
  succeededIndexes: Intervals;
  /** Where each index has a backoff limit of its own. */
  readonly failedIndexes: Intervals | undefined;
  readonly backoff: BackoffRecord;
  /** Uids of Pods whose finalizer was taken, although the cache does not show it yet. */
  readonly expectedRemovals: ReadonlySet<string>;
  /** Failed Pods that stay until their index has a new one. */
  readonly delayed: ReadonlyMap<number, Pod>;
  /** Why and how the job is to end; undefined while it goes on. */
  finished: JobCondition | undefined;
  /** When its deadline is to be looked at, in milliseconds from now. */
  readonly deadlineInMs: number | undefined;
}

export type CountedStatus = JobStatus & { uncountedTerminatedPods: { succeeded?: string[]; failed?: string[] } };

export interface ProgressInput {
  /** A copy that may be changed. */
  job: Job;
  pods: Pod[];
  expectedRemovals: ReadonlySet<string>;
  backoff: BackoffRecord;
  nowMs: number;
}

export function isSuspended({ suspend }: JobSpec): boolean {
  return suspend === true;
}

/** Looks at a job that is not finished, and sets its start time where it begins. */
export function progressOf({ job: given, pods, expectedRemovals, backoff, nowMs }: ProgressInput): Progress {
  const job = given as Progress['job'];
  job.status ??= {} as CountedStatus;
  job.status.uncountedTerminatedPods ??= {};
  const { spec, status } = job;
  const active = pods.filter(isPodActive);
  const counted = countPods(job, pods, expectedRemovals);
  if (status.startTime === undefined && !isSuspended(spec)) status.startTime = timestamp(nowMs);
  const limits = finishedByLimits(job, pods, counted.failed, nowMs);
  const base = {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    succeeded: counted.succeeded,
    failed: counted.failed,
    backoff: nextBackoff(backoff, counted.newlySucceeded, counted.newlyFailed),
    expectedRemovals,
    previousIndexes: [],
    succeededIndexes: [],
    failedIndexes: undefined,
    delayed: new Map<number, Pod>(),
    ...limits,
  };
  return isIndexed(spec) ? { ...base, ...indexedProgress(base, nowMs) } : base;
}

/** What the status has counted, what it is about to count, and what has ended since. */
function countPods({ spec, status }: Progress['job'], pods: readonly Pod[], expectedRemovals: ReadonlySet<string>) {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods;
  const uncounted = (known: readonly string[]): Pod[] => {
    const skipped = new Set(known);
    return uncountedPods(pods, spec, (uid) => skipped.has(uid) || expectedRemovals.has(uid));
  };
  const newlySucceeded = uncounted(succeeded).filter((pod) => pod.status?.phase === 'Succeeded');
  const newlyFailed = uncounted(failed).filter((pod) => isPodFailed(pod, spec));
  return {
    newlySucceeded,
    newlyFailed,
    succeeded: (status.succeeded ?? 0) + newlySucceeded.length + succeeded.length,
    failed: (status.failed ?? 0) + countFailures(newlyFailed, spec) + failed.length,
  };
}

/** What was decided before, else a rule of the failure policy, the backoff limit or the deadline. */
function finishedByLimits(
  { spec, status }: Progress['job'],
  pods: readonly Pod[],
  failed: number,
  nowMs: number,
): Pick<Progress, 'finished' | 'deadlineInMs'> {
  const fail = (reason: string, message: string) => ({
    finished: newCondition('FailureTarget', 'True', reason, message, nowMs),
    deadlineInMs: undefined,
  });
  const met = trueCondition(status, 'SuccessCriteriaMet');
  if (met !== undefined) return { finished: met, deadlineInMs: undefined };
  const target = trueCondition(status, 'FailureTarget');
  if (target !== undefined) return { finished: failedCondition(target, nowMs), deadlineInMs: undefined };
  const message = failureMessage(spec, pods);
  if (message !== undefined) return fail('PodFailurePolicy', message);
  if (failed > (spec.backoffLimit ?? 0) || isPastBackoffLimitOnFailure(spec, pods))
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const { activeDeadlineSeconds } = spec;
  if (activeDeadlineSeconds == null || status.startTime === undefined || isSuspended(spec))
    return { finished: undefined, deadlineInMs: undefined };
  const deadlineInMs = Date.parse(status.startTime) + activeDeadlineSeconds * 1000 - nowMs;
  return deadlineInMs > 0
    ? { finished: undefined, deadlineInMs }
    : fail('DeadlineExceeded', 'Job was active longer than specified deadline');
}

/** The final condition of a job that is to fail. */
export function failedCondition({ reason = '', message = '' }: JobCondition, nowMs: number): JobCondition {
  return newCondition('Failed', 'True', reason, message, nowMs);
}

function failureMessage(spec: JobSpec, pods: readonly Pod[]): string | undefined {
  if (!spec.podFailurePolicy) return undefined;
  for (const pod of pods) {
    const message = isPodFailed(pod, spec) ? judgeFailure(spec.podFailurePolicy, pod).message : undefined;
    if (message !== undefined) return message;
  }
  return undefined;
}

type IndexedPart = Pick<
  Progress,
  'previousIndexes' | 'succeededIndexes' | 'failedIndexes' | 'succeeded' | 'finished' | 'delayed'
>;

/** What indexes have succeeded and failed, and whether that ends the job. */
function indexedProgress(base: Progress, nowMs: number): IndexedPart {
  const { job, pods, active, expectedRemovals } = base;
  const { spec, status } = job;
  const completions = spec.completions ?? 0;
  const previousIndexes = parseIndexes(status.completedIndexes, completions);
  const succeededIndexes = withIndexes(previousIndexes, newlySucceededIndexes(pods, spec));
  const succeeded = countIndexes(succeededIndexes);
  let { finished } = base;
  let failedIndexes: Intervals | undefined;
  let { delayed } = base;
  if (spec.backoffLimitPerIndex != null) {
    const before = parseIndexes(status.failedIndexes, completions);
    failedIndexes = withIndexes(before, newlyFailedIndexes(pods, spec));
    finished ??= finishedByIndexes(spec, countIndexes(failedIndexes), succeeded, nowMs);
    const candidates = uncountedPods(pods, spec, (uid) => expectedRemovals.has(uid));
    delayed = delayedDeletions(candidates, spec, { active, succeeded: succeededIndexes, failed: failedIndexes });
  }
  const met = finished === undefined ? metSuccessRule(spec, succeededIndexes) : undefined;
  if (met !== undefined) finished = newCondition('SuccessCriteriaMet', 'True', 'SuccessPolicy', met, nowMs);
  return { previousIndexes, succeededIndexes, failedIndexes, succeeded, finished, delayed };
}

function finishedByIndexes(
  { maxFailedIndexes, completions = 0 }: JobSpec,
  failed: number,
  succeeded: number,
  nowMs: number,
): JobCondition | undefined {
  if (maxFailedIndexes != null && failed > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return newCondition('FailureTarget', 'True', 'MaxFailedIndexesExceeded', message, nowMs);
  }
  if (failed === 0 || failed + succeeded < completions) return undefined;
  return newCondition('FailureTarget', 'True', 'FailedIndexes', 'Job has failed indexes', nowMs);
}
