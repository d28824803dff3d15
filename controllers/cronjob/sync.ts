// One CronJob, as it is to be: its finished jobs noted and cleaned up, and the job that is due (pkg/controller/cronjob/cronjob_controllerv2.go).
import { CronError, type CronSchedule, isTimeZone, parseCronSchedule } from '../../apimachinery/cron-schedule.ts';
import { formatInZone } from '../../apimachinery/time-zone.ts';
import type { Client } from '../../client/client.ts';
import { timestamp } from '../../client/clock.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { referenceTo } from '../../client/events/reference.ts';
import { CronJob, Job } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';
import { isJobFinished, trueCondition } from '../job/conditions.ts';
import { messageOf } from '../shared/aggregate.ts';
import { isControlledBy, newControllerRef } from '../shared/controller-ref.ts';
import { dueTime, ScheduleError, untilNextMs } from './schedule.ts';

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export interface CronJobSyncOptions {
  client: Client;
  recorder: EventRecorder;
}

export class CronJobSync {
  readonly #client: Client;
  readonly #recorder: EventRecorder;

  constructor({ client, recorder }: CronJobSyncOptions) {
    this.#client = client;
    this.#recorder = recorder;
  }

  /**
   * `cronJob` is a copy that may be changed, `jobs` those that it controls. Resolves with the milliseconds until it is to be looked at
   * again. Throws to be called again.
   */
  async sync(cronJob: CronJob, jobs: readonly Job[], nowMs: number): Promise<number | undefined> {
    const before = JSON.stringify(cronJob.status);
    let failure: { error: unknown } | undefined;
    let nextMs: number | undefined;
    try {
      nextMs = await this.#run(cronJob, jobs, nowMs);
    } catch (error) {
      failure = { error };
    }
    await this.#cleanUp(cronJob, jobs);
    if (JSON.stringify(cronJob.status) !== before) await this.#client.resource(CronJob).updateStatus(cronJob);
    if (failure !== undefined) throw failure.error;
    return nextMs;
  }

  async #run(cronJob: CronJob, jobs: readonly Job[], nowMs: number): Promise<number | undefined> {
    await this.#noteJobs(cronJob, jobs);
    await this.#noteMissing(cronJob, jobs);
    if (cronJob.metadata.deletionTimestamp !== undefined) return undefined;
    const schedule = this.#schedule(cronJob);
    if (schedule === undefined) return undefined;
    const dueMs = this.#due(cronJob, nowMs, schedule);
    if (dueMs === 'invalid') return undefined;
    const next = () => untilNextMs(cronJob, nowMs, schedule);
    if (dueMs === undefined || !this.#mayStart(cronJob, dueMs, nowMs)) return next();
    if (cronJob.spec?.concurrencyPolicy === 'Replace') await this.#deleteActive(cronJob);
    return (await this.#start(cronJob, dueMs)) ? next() : undefined;
  }

  /** Finished jobs leave the list of active ones. */
  async #noteJobs(cronJob: CronJob, jobs: readonly Job[]): Promise<void> {
    cronJob.status ??= {};
    const { status } = cronJob;
    for (const job of jobs) {
      const active = isActive(cronJob, job.metadata.uid);
      if (!isJobFinished(job)) {
        if (active) continue;
        const fresh = await this.#client.resource(CronJob).get(cronJob.metadata);
        if (isActive(fresh, job.metadata.uid)) {
          Object.assign(cronJob, fresh);
          continue;
        }
        const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
        this.#recorder.event(cronJob, 'Warning', 'UnexpectedJob', message);
        continue;
      }
      const complete = trueCondition(job.status, 'Complete') !== undefined;
      if (active) {
        removeActive(cronJob, job.metadata.uid);
        const message = `Saw completed job: ${job.metadata.name}, condition: ${complete ? 'Complete' : 'Failed'}`;
        this.#recorder.event(cronJob, 'Normal', 'SawCompletedJob', message);
      }
      const { completionTime } = job.status ?? {};
      const last = status.lastSuccessfulTime;
      if (complete && completionTime && (!last || Date.parse(completionTime) > Date.parse(last)))
        status.lastSuccessfulTime = completionTime;
    }
  }

  /** Jobs that are gone leave it too. */
  async #noteMissing(cronJob: CronJob, jobs: readonly Job[]): Promise<void> {
    const known = new Set(jobs.map(({ metadata }) => metadata.uid));
    for (const { uid = '', name = '', namespace } of cronJob.status?.active ?? []) {
      if (known.has(uid)) continue;
      if ((await this.#find({ namespace, name })) !== undefined) continue;
      this.#recorder.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      removeActive(cronJob, uid);
    }
  }

  async #find(key: { namespace?: string | undefined; name: string }): Promise<Job | undefined> {
    try {
      return await this.#client.resource(Job).get(key);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Undefined where nothing is to be started. */
  #schedule(cronJob: CronJob): CronSchedule | undefined {
    const { schedule = '', timeZone, suspend } = cronJob.spec ?? {};
    if (timeZone != null && !isTimeZone(timeZone)) {
      const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
      this.#recorder.event(cronJob, 'Warning', 'UnknownTimeZone', message);
      return undefined;
    }
    if (suspend) return undefined;
    if (schedule.includes('TZ')) {
      const message = `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;
      this.#recorder.event(cronJob, 'Warning', 'UnsupportedSchedule', message);
    }
    try {
      return scheduleOf(cronJob);
    } catch (error) {
      if (!(error instanceof CronError)) throw error;
      const message = `unparseable schedule: ${JSON.stringify(schedule)} : ${error.message}`;
      this.#recorder.event(cronJob, 'Warning', 'UnparseableSchedule', message);
      return undefined;
    }
  }

  #due(cronJob: CronJob, nowMs: number, schedule: CronSchedule): number | 'invalid' | undefined {
    try {
      const { dueMs, many } = dueTime(cronJob, nowMs, schedule);
      if (many && dueMs !== undefined) {
        const message =
          'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
        this.#recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', message);
      }
      return dueMs;
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      const message = `invalid schedule: ${cronJob.spec?.schedule} : ${error.message}`;
      this.#recorder.event(cronJob, 'Warning', 'InvalidSchedule', message);
      return 'invalid';
    }
  }

  /** Neither too late, nor begun already, nor kept back by the concurrency policy. */
  #mayStart(cronJob: CronJob, dueMs: number, nowMs: number): boolean {
    const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec ?? {};
    const { active = [], lastScheduleTime } = cronJob.status ?? {};
    if (startingDeadlineSeconds != null && dueMs + startingDeadlineSeconds * 1000 < nowMs) {
      const message = `Missed scheduled time to start a job: ${rfc1123(dueMs)}`;
      this.#recorder.event(cronJob, 'Warning', 'MissSchedule', message);
      return false;
    }
    const name = jobName(cronJob, dueMs);
    if (active.some((job) => job.name === name) || Date.parse(lastScheduleTime ?? '') === dueMs) return false;
    if (concurrencyPolicy !== 'Forbid' || active.length === 0) return true;
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    this.#recorder.event(cronJob, 'Normal', 'JobAlreadyActive', message);
    return false;
  }

  async #deleteActive(cronJob: CronJob): Promise<void> {
    for (const { namespace, name = '' } of [...(cronJob.status?.active ?? [])]) {
      let job: Job;
      try {
        job = await this.#client.resource(Job).get({ namespace, name });
      } catch (error) {
        this.#recorder.event(cronJob, 'Warning', 'FailedGet', `Get job: ${messageOf(error)}`);
        throw error;
      }
      if (!(await this.#delete(cronJob, job))) throw new Error(`could not replace job ${namespace}/${name}`);
    }
  }

  /** False where the job of this time is there, and is another's or known already. */
  async #start(cronJob: CronJob, dueMs: number): Promise<boolean> {
    const wanted = jobOf(cronJob, dueMs);
    let job: Job;
    try {
      job = await this.#client.resource(Job).create(wanted);
      this.#recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
    } catch (error) {
      if (isNamespaceTerminating(error)) throw error;
      if (!isAlreadyExists(error)) {
        this.#recorder.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
        throw error;
      }
      // It was created before, and the status was not written.
      job = await this.#client.resource(Job).get(wanted.metadata);
      if (!isControlledBy(job, cronJob) || isActive(cronJob, job.metadata.uid)) return false;
    }
    cronJob.status ??= {};
    cronJob.status.active = [...(cronJob.status.active ?? []), referenceTo(job)];
    cronJob.status.lastScheduleTime = timestamp(dueMs);
    return true;
  }

  /** Deletes finished jobs beyond the limits, the oldest first. */
  async #cleanUp(cronJob: CronJob, jobs: readonly Job[]): Promise<void> {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec ?? {};
    const limits = { Complete: successfulJobsHistoryLimit, Failed: failedJobsHistoryLimit };
    for (const [type, limit] of Object.entries(limits)) {
      if (limit == null) continue;
      const finished = jobs.filter(({ status }) => trueCondition(status, type) !== undefined).sort(byStartTime);
      for (const job of finished.slice(0, Math.max(0, finished.length - limit))) await this.#delete(cronJob, job);
    }
  }

  async #delete(cronJob: CronJob, job: Job): Promise<boolean> {
    try {
      await this.#client.resource(Job).delete(job.metadata, { propagationPolicy: 'Background' });
    } catch (error) {
      this.#recorder.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      return false;
    }
    removeActive(cronJob, job.metadata.uid);
    this.#recorder.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
    return true;
  }
}

/** The schedule in its zone. Throws CronError. */
export function scheduleOf({ spec }: CronJob): CronSchedule {
  const { schedule = '', timeZone } = spec ?? {};
  return parseCronSchedule(schedule, timeZone != null && isTimeZone(timeZone) ? timeZone || 'UTC' : undefined);
}

function isActive({ status }: CronJob, uid: string): boolean {
  return status?.active?.some((job) => job.uid === uid) ?? false;
}

function removeActive({ status }: CronJob, uid: string): void {
  if (status?.active === undefined) return;
  status.active = status.active.filter((job) => job.uid !== uid);
  if (status.active.length === 0) delete status.active;
}

/** The same for the same time, so that no time is begun twice: the time in minutes is in it. */
export function jobName({ metadata }: CronJob, dueMs: number): string {
  return `${metadata.name}-${Math.trunc(dueMs / 60_000)}`;
}

function jobOf(cronJob: CronJob, dueMs: number): NewObject<Job> {
  const { metadata = {}, spec } = cronJob.spec!.jobTemplate;
  const zone = cronJob.spec!.timeZone || 'UTC';
  return {
    metadata: {
      namespace: cronJob.metadata.namespace,
      name: jobName(cronJob, dueMs),
      labels: { ...metadata.labels },
      annotations: { ...metadata.annotations, [scheduledAnnotation]: formatInZone(dueMs, zone) },
      ownerReferences: [newControllerRef(cronJob)],
    },
    ...(spec === undefined ? {} : { spec }),
  } as NewObject<Job>;
}

function byStartTime(a: Job, b: Job): number {
  const startOf = ({ status }: Job) => (status?.startTime ? Date.parse(status.startTime) : Number.POSITIVE_INFINITY);
  const [left, right] = [startOf(a), startOf(b)];
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** `Mon, 02 Jan 2006 15:04:05 +0000`. */
function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
