// Makes as many Pods run as a Job wants: creates what is missing, deletes what is too much (pkg/controller/job/job_controller.go manageJob).
import type { Clock } from '../../client/clock.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { Pod } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import { isPodReady, isPodTerminating } from '../shared/active-pods.ts';
import { aggregate, failuresOf } from '../shared/aggregate.ts';
import type { Expectations } from '../shared/expectations.ts';
import type { PodControl } from '../shared/pod-control.ts';
import { slowStartBatch } from '../shared/slow-start.ts';
import { finishedMs, remainingBackoffMs } from './backoff.ts';
import { firstFreeIndexes, indexesOf, mergeIntervals, withIndexes } from './indexes.ts';
import { generateNameOfIndex, jobTemplate, templateOfIndex } from './pod-template.ts';
import {
  failuresBefore,
  hasTrackingFinalizer,
  isIndexed,
  podsToRemove,
  removeTrackingFinalizer,
  replacesOnlyFailed,
} from './pods.ts';
import { isSuspended, type Progress } from './progress.ts';

/** Pods that are created or deleted in one go (MaxPodCreateDeletePerSync). */
const maxPodsPerSync = 500;

export interface PodManagerOptions {
  podControl: PodControl;
  expectations: Expectations;
  /** Looks at the job again. */
  later(key: string, delayMs: number): void;
  clock: Clock;
}

export interface Managed {
  /** Active Pods that are left. */
  active: number;
  error?: unknown;
}

export class PodManager {
  readonly #options: PodManagerOptions;

  constructor(options: PodManagerOptions) {
    this.#options = options;
  }

  /** Creates or deletes, one of both. */
  async manage(progress: Progress): Promise<Managed> {
    const { job, active } = progress;
    const { spec } = job;
    const now = this.#options.clock.now();
    if (isSuspended(spec)) return this.#remove(progress, podsToRemove(active, spec, active.length, now));
    const wanted = wantedActive(progress);
    const surplus = podsToRemove(active, spec, Math.max(0, active.length - wanted), now).slice(0, maxPodsPerSync);
    if (surplus.length > 0) return this.#remove(progress, surplus);
    const terminating = replacesOnlyFailed(spec) ? progress.terminating : 0;
    const missing = Math.min(wanted - terminating - active.length, maxPodsPerSync);
    return missing > 0 ? this.#create(progress, missing) : { active: active.length };
  }

  /** Deletes Pods of a job that has ended, with their finalizers: they are still to be counted. */
  async deleteActive(progress: Progress): Promise<{ deleted: number; error?: unknown }> {
    const { job, active } = progress;
    const failures = await failuresOf(active, async (pod) => {
      if (isPodReady(pod)) progress.ready -= 1;
      try {
        await this.#options.podControl.delete(pod.metadata, job);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    });
    const deleted = active.length - failures.length;
    progress.terminating += deleted;
    return { deleted, error: aggregate(failures) };
  }

  /** Deletes Pods that do not count. */
  async #remove(progress: Progress, pods: readonly Pod[]): Promise<Managed> {
    const { podControl, expectations } = this.#options;
    const { job, active } = progress;
    const key = keyOf(job);
    expectations.expectDeletions(key, pods.map(keyOf));
    const failures = await failuresOf(pods, async (pod) => {
      if (isPodReady(pod)) progress.ready -= 1;
      try {
        if (hasTrackingFinalizer(pod)) await podControl.patch(pod.metadata, removeTrackingFinalizer);
        await podControl.delete(pod.metadata, job);
      } catch (error) {
        expectations.deletionObserved(key, keyOf(pod));
        if (!isNotFound(error)) throw error;
      }
    });
    const removed = pods.length - failures.length;
    progress.terminating += removed;
    return { active: active.length - removed, error: aggregate(failures) };
  }

  async #create(progress: Progress, missing: number): Promise<Managed> {
    const { podControl, expectations, clock, later } = this.#options;
    const { job, active, delayed, backoff } = progress;
    const key = keyOf(job);
    const perIndex = job.spec.backoffLimitPerIndex != null;
    const waitMs = perIndex ? 0 : remainingBackoffMs(backoff, clock.now());
    if (waitMs > 0) {
      later(key, waitMs);
      return { active: 0 };
    }
    const indexes = isIndexed(job.spec) ? this.#indexes(progress, missing) : undefined;
    if (indexes?.waitMs) {
      later(key, indexes.waitMs);
      return { active: 0 };
    }
    const count = indexes?.now.length ?? missing;
    const template = jobTemplate(job.spec);
    expectations.expectCreations(key, count);
    const { successes, error } = await slowStartBatch(count, async (at) => {
      const index = indexes?.now[at];
      try {
        if (index === undefined) await podControl.create(template, job);
        else {
          const name = generateNameOfIndex(job.metadata.name, index);
          await podControl.create(templateOfIndex(template, job, index, delayed.get(index)), job, name);
        }
      } catch (failure) {
        // All further ones would fail too, and the job is about to go.
        if (!isNamespaceTerminating(failure)) throw failure;
      }
    });
    expectations.creationObserved(key, count - successes);
    return { active: active.length + successes, ...(error === undefined ? {} : { error }) };
  }

  /** The indexes that get a Pod now; where none may yet, the time until the first one may. */
  #indexes(progress: Progress, missing: number): { now: number[]; waitMs: number } {
    const { job, active, pods, succeededIndexes, failedIndexes, delayed } = progress;
    let taken = withIndexes(succeededIndexes, indexesOf(active));
    if (replacesOnlyFailed(job.spec)) taken = withIndexes(taken, indexesOf(pods.filter(isPodTerminating)));
    if (failedIndexes !== undefined) taken = mergeIntervals(taken, failedIndexes);
    const free = firstFreeIndexes(taken, missing, job.spec.completions ?? 0);
    if (job.spec.backoffLimitPerIndex == null) return { now: free, waitMs: 0 };
    const nowMs = this.#options.clock.now();
    const waits = free.map((index) => {
      const failed = delayed.get(index);
      if (failed === undefined) return 0;
      const record = { failures: failuresBefore(failed) + 1, lastFailureMs: finishedMs(failed) };
      return remainingBackoffMs(record, nowMs);
    });
    const ready = free.filter((_, at) => waits[at] === 0);
    return { now: ready, waitMs: ready.length > 0 || waits.length === 0 ? 0 : Math.min(...waits) };
  }
}

/** How many Pods are to be active. */
function wantedActive({ job, active, succeeded }: Progress): number {
  const { completions, parallelism = 0 } = job.spec;
  // Whoever succeeds first has done it for all: no more are begun.
  if (completions == null) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}
