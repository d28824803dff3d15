// SetDefaults_Job (pkg/apis/batch/v1/defaults.go).
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import { defaultTo, defaultZero, ensure, type Fields, listOf } from '../fields.ts';

const maxInt32 = 2147483647;

function isMissing(spec: Fields, field: string): boolean {
  return spec[field] === undefined || spec[field] === null;
}

/** The defaults of a Job's spec; a CronJob's job template gets only those below it. In place. */
export function defaultJobSpec(spec: Fields): void {
  if (isMissing(spec, 'completions') && isMissing(spec, 'parallelism')) spec['completions'] = 1;
  defaultTo(spec, 'parallelism', 1);
  defaultTo(spec, 'backoffLimit', isMissing(spec, 'backoffLimitPerIndex') ? 6 : maxInt32);
  defaultTo(spec, 'completionMode', 'NonIndexed');
  defaultTo(spec, 'suspend', false);
  defaultTo(spec, 'podReplacementPolicy', isMissing(spec, 'podFailurePolicy') ? 'TerminatingOrFailed' : 'Failed');
  defaultTo(spec, 'manualSelector', false);
  defaultJobTemplateSpec(spec);
}

/** What is defaulted inside a job's spec wherever it stands. In place. */
export function defaultJobTemplateSpec(spec: Fields): void {
  for (const rule of listOf(spec['podFailurePolicy']?.rules)) {
    for (const pattern of listOf(rule['onPodConditions'])) defaultZero(pattern, 'status', 'True');
  }
  defaultPodTemplate(ensure(spec, 'template'));
}
