// When a CronJob is due, and what has been missed (pkg/controller/cronjob/utils.go).
import type { CronSchedule } from '../../apimachinery/cron-schedule.ts';
import type { CronJob } from '../../client/kinds.ts';

/** Looked at a little after it is due (nextScheduleDelta). */
const deltaMs = 100;
/** Missed times that are worth a warning. */
const manyMissed = 100;

type Scheduled = Pick<CronJob, 'metadata' | 'spec' | 'status'>;

interface Missed {
  earliestMs: number;
  /** The last time that was due. */
  dueMs?: number;
  count: 'none' | 'few' | 'many';
}

export class ScheduleError extends Error {}

/** The last time that was due since the last run, or since `startingDeadlineSeconds` ago. Throws ScheduleError. */
function missed(
  { metadata, spec, status }: Scheduled,
  nowMs: number,
  schedule: CronSchedule,
  withDeadline: boolean,
): Missed {
  let earliestMs = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '');
  const deadline = spec?.startingDeadlineSeconds;
  if (withDeadline && deadline != null) earliestMs = Math.max(earliestMs, nowMs - deadline * 1000);
  const first = schedule.next(earliestMs);
  const second = first === undefined ? undefined : schedule.next(first);
  if (first === undefined || nowMs < first) return { earliestMs, count: 'none' };
  if (second === undefined || nowMs < second) return { earliestMs, dueMs: first, count: 'none' };
  const periodSeconds = Math.round((second - first) / 1000);
  if (periodSeconds < 1) throw new ScheduleError('time difference between two schedules is less than 1 second');
  const times = Math.trunc(Math.trunc((nowMs - first) / 1000) / periodSeconds) + 1;
  // Periods differ, so the last one is looked for from one before where it should be.
  let dueMs: number | undefined;
  const from = first + (times - 2) * periodSeconds * 1000;
  for (let at = schedule.next(from); at !== undefined && at <= nowMs; at = schedule.next(at)) dueMs = at;
  return { earliestMs, ...(dueMs === undefined ? {} : { dueMs }), count: times > manyMissed ? 'many' : 'few' };
}

/** The time that is due now; `many` where more than a hundred were missed. Throws ScheduleError. */
export function dueTime(job: Scheduled, nowMs: number, schedule: CronSchedule): { dueMs?: number; many: boolean } {
  const { dueMs, count } = missed(job, nowMs, schedule, true);
  return { ...(dueMs === undefined || dueMs > nowMs ? {} : { dueMs }), many: count === 'many' };
}

/** Milliseconds until the job is to be looked at again; undefined where it is never due. */
export function untilNextMs(job: Scheduled, nowMs: number, schedule: CronSchedule): number | undefined {
  const next = schedule.next(lastKnownMs(job, nowMs, schedule));
  return next === undefined ? undefined : next + deltaMs - nowMs;
}

function lastKnownMs(job: Scheduled, nowMs: number, schedule: CronSchedule): number {
  try {
    const { earliestMs, dueMs, count } = missed(job, nowMs, schedule, false);
    return dueMs ?? (count === 'none' ? earliestMs : nowMs);
  } catch (error) {
    if (error instanceof ScheduleError) return nowMs;
    throw error;
  }
}
