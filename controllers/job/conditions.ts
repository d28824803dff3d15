// The conditions of a Job (pkg/controller/job/job_controller.go newCondition, ensureJobConditionStatus; util/utils.go).
import { timestamp } from '../../client/clock.ts';
import type { Job } from '../../client/kinds.ts';

export type JobStatus = NonNullable<Job['status']>;
export type JobCondition = NonNullable<JobStatus['conditions']>[number];

export function newCondition(
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  nowMs: number,
): JobCondition {
  const now = timestamp(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/** The condition of this type where it holds. */
export function trueCondition(status: JobStatus | undefined, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

/** Complete or Failed. */
export function isJobFinished({ status }: Pick<Job, 'status'>): boolean {
  return trueCondition(status, 'Complete') !== undefined || trueCondition(status, 'Failed') !== undefined;
}

/** Puts the condition in the place of the one of its type, in place; a first one only where it is true. True when that changed anything. */
export function ensureCondition(status: JobStatus, condition: JobCondition): boolean {
  status.conditions ??= [];
  const { conditions } = status;
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[index];
  if (old === undefined) {
    if (condition.status === 'False') return false;
    conditions.push(condition);
    return true;
  }
  const same = old.status === condition.status && old.reason === condition.reason && old.message === condition.message;
  if (!same) conditions[index] = condition;
  return !same;
}
