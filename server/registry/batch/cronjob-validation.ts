// CronJob (pkg/apis/batch/validation ValidateCronJobCreate).

import { CronError, checkCronSchedule, isTimeZone } from '../../../apimachinery/cron-schedule.ts';
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { checkNonnegative } from '../core/checks.ts';
import type { Fields } from '../fields.ts';
import { checkJobSpec } from './job-validation.ts';

/** The controller adds 11 characters for the names of jobs. */
const maxNameLength = 52;

const policies = ['Allow', 'Forbid', 'Replace'];

export function validateCronJob(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const name = object.metadata.name ?? '';
  checkSpec((object['spec'] ?? {}) as Fields, undefined, errors);
  if (name.length > maxNameLength)
    errors.push(invalid('metadata.name', name, `must be no more than ${maxNameLength} characters`));
  return errors;
}

export function validateCronJobUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  checkSpec((object['spec'] ?? {}) as Fields, (old['spec'] ?? {}) as Fields, errors);
  return errors;
}

function checkSpec(spec: Fields, old: Fields | undefined, errors: FieldError[]): void {
  const schedule = (spec['schedule'] ?? '') as string;
  const timeZone = (spec['timeZone'] ?? undefined) as string | undefined;
  const hadTimeZone = ((old?.['schedule'] ?? '') as string).includes('TZ');
  if (schedule === '') errors.push(required('spec.schedule'));
  else checkSchedule(schedule, timeZone, hadTimeZone, errors);
  checkNonnegative(spec['startingDeadlineSeconds'], 'spec.startingDeadlineSeconds', errors);
  if (timeZone !== undefined && (old === undefined || old['timeZone'] !== timeZone)) checkTimeZone(timeZone, errors);
  checkConcurrency(spec['concurrencyPolicy'], errors);
  checkJobTemplate((spec['jobTemplate'] ?? {}) as Fields, errors);
  for (const field of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'])
    checkNonnegative(spec[field], `spec.${field}`, errors);
}

/** A zone in the schedule itself is only tolerated where it was before. */
function checkSchedule(
  schedule: string,
  timeZone: string | undefined,
  hadTimeZone: boolean,
  errors: FieldError[],
): void {
  const path = 'spec.schedule';
  try {
    checkCronSchedule(schedule);
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    errors.push(invalid(path, schedule, error.message));
  }
  if (!schedule.includes('TZ')) return;
  if (!hadTimeZone)
    errors.push(invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined)
    errors.push(invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
}

function checkTimeZone(timeZone: string, errors: FieldError[]): void {
  const path = 'spec.timeZone';
  if (timeZone === '') {
    errors.push(invalid(path, timeZone, 'timeZone must be nil or non-empty string'));
    return;
  }
  const unknown = `unknown time zone ${timeZone}`;
  const isPart = (part: string) => part !== '.' && part !== '..' && /^(?!-)[A-Za-z.\-_0-9+]{1,14}$/.test(part);
  if (!timeZone.split('/').every(isPart)) {
    errors.push(invalid(path, timeZone, unknown));
    return;
  }
  if (timeZone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    errors.push(invalid(path, timeZone, detail));
  } else if (!isTimeZone(timeZone)) {
    errors.push(invalid(path, timeZone, unknown));
  }
}

function checkConcurrency(policy: string | undefined, errors: FieldError[]): void {
  if (!policy) errors.push(required('spec.concurrencyPolicy'));
  else if (!policies.includes(policy)) errors.push(notSupported('spec.concurrencyPolicy', policy, policies));
}

function checkJobTemplate(template: Fields, errors: FieldError[]): void {
  const spec = (template['spec'] ?? {}) as Fields;
  const path = 'spec.jobTemplate.spec';
  checkJobSpec(spec, path, errors);
  if (spec['selector']) errors.push(invalid(`${path}.selector`, spec['selector'], '`selector` will be auto-generated'));
  if (spec['manualSelector'] === true) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
}
