// CronJob (pkg/registry/batch/cronjob).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { podNameWarning } from '../core/pod-name-warning.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, defaultZero, ensure, type Fields, listOf } from '../fields.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  fieldColumn,
  formatLabelSelector,
  imagesColumn,
  nameColumn,
  timeSince,
} from '../print.ts';
import { validateCronJob, validateCronJobUpdate } from './cronjob-validation.ts';
import { defaultJobTemplateSpec } from './job-defaults.ts';
import { jobSpecWarnings } from './job-warnings.ts';

const specFields = 'io.k8s.api.batch.v1.CronJobSpec';
const statusFields = 'io.k8s.api.batch.v1.CronJobStatus';

export const cronJob: ResourceDescriptor = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  resource: 'cronjobs',
  singular: 'cronjob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'sd5LIXh4Fjs=',
  stored: true,
  subresources: [statusSubresource()],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Schedule', specFields, 'schedule'),
      fieldColumn('Timezone', specFields, 'timeZone'),
      fieldColumn('Suspend', specFields, 'suspend', { type: 'boolean' }),
      fieldColumn('Active', statusFields, 'active', { type: 'integer' }),
      fieldColumn('Last Schedule', statusFields, 'lastScheduleTime'),
      ageColumn,
      containersColumn,
      imagesColumn,
      fieldColumn('Selector', 'io.k8s.api.batch.v1.JobSpec', 'selector', { wide: true }),
    ],
    cells(object, { now }) {
      const spec = (object['spec'] ?? {}) as Fields;
      const lastSchedule = object['status']?.lastScheduleTime as string | undefined;
      return [
        object.metadata.name ?? '',
        spec['schedule'] ?? '',
        spec['timeZone'] ?? '<none>',
        formatBoolean(spec['suspend']),
        listOf(object['status']?.active).length,
        lastSchedule ? timeSince(lastSchedule, now) : '<none>',
        age(object, now),
        ...containerCells(spec['jobTemplate']?.spec?.template?.spec?.containers),
        formatLabelSelector(spec['jobTemplate']?.spec?.selector),
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = ensure(object, 'spec');
    defaultZero(spec, 'concurrencyPolicy', 'Allow');
    defaultTo(spec, 'suspend', false);
    defaultTo(spec, 'successfulJobsHistoryLimit', 3);
    defaultTo(spec, 'failedJobsHistoryLimit', 1);
    const template = ensure(spec, 'jobTemplate');
    ensure(template, 'metadata');
    defaultJobTemplateSpec(ensure(template, 'spec'));
    ensure(object, 'status');
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings(object, old) {
    const spec = object['spec']?.jobTemplate?.spec;
    const warnings = jobSpecWarnings(spec, old?.['spec']?.jobTemplate?.spec, 'spec.jobTemplate.spec');
    if (old === undefined) return [...podNameWarning(object.metadata.name), ...warnings];
    if (!String(object['spec']?.schedule ?? '').includes('TZ')) return warnings;
    return [
      ...warnings,
      'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
    ];
  },
};

/** printBoolPtr: a cell of type boolean that holds the text. */
function formatBoolean(value: boolean | null | undefined): string {
  if (value === undefined || value === null) return '<unset>';
  return value ? 'True' : 'False';
}
