// One job, as it is to be: Pods that run, Pods that are counted, and its end (pkg/controller/job/job_controller.go syncJob).
import { selectorFromObject } from '../../apimachinery/selectors.ts';
import type { Client } from '../../client/client.ts';
import { type Clock, timestamp } from '../../client/clock.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { deepCopy } from '../../client/freeze.ts';
import { Job, type Pod } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { controlledBy } from '../shared/by-controller.ts';
import { claim } from '../shared/controller-ref.ts';
import { Expectations } from '../shared/expectations.ts';
import { PodControl } from '../shared/pod-control.ts';
import { type BackoffRecord, noFailures } from './backoff.ts';
import { ensureCondition, isJobFinished, newCondition } from './conditions.ts';
import { FinalizerExpectations } from './finalizer-expectations.ts';
import { PodManager } from './manage-pods.ts';
import { hasTrackingFinalizer, isManagedElsewhere, trackingFinalizer } from './pods.ts';
import { isSuspended, type Progress, progressOf } from './progress.ts';
import { Tracker } from './tracking.ts';

export interface JobSyncOptions {
  client: Client;
  recorder: EventRecorder;
  jobs: Lister<Job>;
  pods: Lister<Pod>;
  /** Looks at a job again. */
  later(key: string, delayMs: number): void;
  clock: Clock;
}

export class JobSync {
  readonly expectations: Expectations;
  readonly finalizers = new FinalizerExpectations();
  readonly #options: JobSyncOptions;
  readonly #podControl: PodControl;
  readonly #manager: PodManager;
  readonly #tracker: Tracker;
  readonly #backoff = new Map<string, BackoffRecord>();
  /** Uids of jobs that were written as finished, until the cache shows it. */
  readonly #finished = new Set<string>();

  constructor(options: JobSyncOptions) {
    const { client, recorder, clock, later } = options;
    this.#options = options;
    this.expectations = new Expectations(clock);
    this.#podControl = new PodControl(client, recorder);
    const { expectations, finalizers } = this;
    const podControl = this.#podControl;
    this.#manager = new PodManager({ podControl, expectations, later, clock });
    const flushed = ({ job, backoff }: Progress) => void this.#backoff.set(keyOf(job), backoff);
    this.#tracker = new Tracker({ client, podControl, finalizers, clock, flushed });
  }

  /** Forgets a job that is gone. */
  forget(job: Job): void {
    const key = keyOf(job);
    this.#finished.delete(job.metadata.uid);
    this.#backoff.delete(key);
    this.expectations.delete(key);
    this.finalizers.delete(key);
  }

  /** Throws to be called again. */
  async sync(key: string): Promise<void> {
    const shared = this.#options.jobs.getByKey(key);
    if (shared === undefined || isManagedElsewhere(shared)) return;
    const { uid } = shared.metadata;
    if (isJobFinished(shared)) {
      this.#backoff.delete(key);
      this.#finished.delete(uid);
      return;
    }
    if (this.#finished.has(uid)) return;
    if (!['NonIndexed', 'Indexed', undefined].includes(shared.spec?.completionMode)) {
      const message = 'Skipped Job sync because completion mode is unknown';
      this.#options.recorder.event(shared, 'Warning', 'UnknownCompletionMode', message);
      return;
    }
    await this.#sync(key, deepCopy(shared));
  }

  async #sync(key: string, job: Job): Promise<void> {
    const { clock, later } = this.#options;
    // Before the Pods are read, so that none is created in between unseen.
    const satisfied = this.expectations.satisfied(key);
    const pods = await this.#claimedPods(job);
    const expectedRemovals = this.finalizers.expected(key);
    const backoff = this.#backoff.get(key) ?? noFailures;
    const progress = progressOf({ job, pods, expectedRemovals, backoff, nowMs: clock.now() });
    if (progress.deadlineInMs !== undefined) later(key, progress.deadlineInMs);
    const { active, error, suspensionChanged } = await this.#act(progress, satisfied);
    const { status } = progress.job;
    const { ready, terminating } = progress;
    const changed =
      suspensionChanged ||
      active !== (status.active ?? 0) ||
      ready !== status.ready ||
      terminating !== status.terminating;
    if (active === 0) delete status.active;
    else status.active = active;
    Object.assign(status, { ready, terminating });
    if (await this.#tracker.track(progress, changed)) {
      this.#finished.add(job.metadata.uid);
      this.#recordFinished(progress);
    }
    if (error !== undefined) throw error;
  }

  /** Deletes what runs of a job that is to end; otherwise makes as many run as are wanted. */
  async #act(progress: Progress, satisfied: boolean) {
    const { job, active } = progress;
    if (progress.finished !== undefined) {
      const { deleted, error } = await this.#manager.deleteActive(progress);
      // Not yet: there may be Pods that the cache does not show.
      if (deleted !== active.length || !satisfied) progress.finished = undefined;
      return { active: active.length - deleted, error, suspensionChanged: false };
    }
    const manages = satisfied && job.metadata.deletionTimestamp === undefined;
    const managed = manages ? await this.#manager.manage(progress) : { active: active.length, error: undefined };
    let suspensionChanged = false;
    if (isComplete(progress, managed.active)) {
      const message = 'Reached expected number of succeeded pods';
      const now = this.#options.clock.now();
      progress.finished = newCondition('SuccessCriteriaMet', 'True', 'CompletionsReached', message, now);
    } else if (manages) suspensionChanged = this.#writeSuspension(progress);
    return { active: managed.active, error: managed.error, suspensionChanged };
  }

  /** Says that a job has been suspended or resumed. True when that is news. */
  #writeSuspension({ job }: Progress): boolean {
    const { clock, recorder } = this.#options;
    const { spec, status } = job;
    const now = clock.now();
    if (isSuspended(spec)) {
      if (!ensureCondition(status, newCondition('Suspended', 'True', 'JobSuspended', 'Job suspended', now)))
        return false;
      recorder.event(job, 'Normal', 'Suspended', 'Job suspended');
      delete status.startTime;
      return true;
    }
    if (!ensureCondition(status, newCondition('Suspended', 'False', 'JobResumed', 'Job resumed', now))) return false;
    recorder.event(job, 'Normal', 'Resumed', 'Job resumed');
    // The deadline counts from here.
    status.startTime = timestamp(now);
    return true;
  }

  #recordFinished({ job, finished }: Progress): void {
    const { recorder } = this.#options;
    if (finished?.type !== 'Complete') {
      recorder.event(job, 'Warning', finished?.reason ?? '', finished?.message ?? '');
      return;
    }
    if (job.spec.completions != null && (job.status.succeeded ?? 0) > job.spec.completions) {
      const message = 'Too many succeeded pods running after completion count reached';
      recorder.event(job, 'Warning', 'TooManySucceededPods', message);
    }
    recorder.event(job, 'Normal', 'Completed', 'Job completed');
  }

  /** The job's Pods; those that it has just adopted have their finalizer. */
  async #claimedPods(job: Job): Promise<Pod[]> {
    const { client, pods } = this.#options;
    const claimed = await claim(controlledBy(pods, job, { orphans: true }), {
      owner: job,
      selector: selectorFromObject(job.spec?.selector),
      client: this.#podControl.pods,
      fresh: () => client.resource(Job).get(job.metadata),
      finalizers: [trackingFinalizer],
    });
    return claimed.map((pod) => {
      const adopted = !(pod.metadata.ownerReferences ?? []).some(({ uid }) => uid === job.metadata.uid);
      if (!adopted || hasTrackingFinalizer(pod)) return pod;
      const finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
      return { ...pod, metadata: { ...pod.metadata, finalizers } };
    });
  }
}

/** Without a number of completions the first success is enough, once everything else has ended too. */
function isComplete({ job: { spec }, succeeded }: Progress, active: number): boolean {
  return active === 0 && (spec.completions == null ? succeeded > 0 : succeeded >= spec.completions);
}
