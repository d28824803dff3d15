// Job (pkg/registry/batch/job).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { podNameWarning } from '../core/pod-name-warning.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { ensure, type Fields, listOf } from '../fields.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  containersColumn,
  fieldColumn,
  formatLabelSelector,
  humanDuration,
  imagesColumn,
  nameColumn,
} from '../print.ts';
import { defaultJobSpec } from './job-defaults.ts';
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './job-labels.ts';
import { validateJobStatusUpdate } from './job-status-validation.ts';
import { validateJob, validateJobUpdate } from './job-validation.ts';
import { jobSpecWarnings } from './job-warnings.ts';

export const job: ResourceDescriptor = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  resource: 'jobs',
  singular: 'job',
  namespaced: true,
  categories: ['all'],
  verbs: allVerbs,
  storageVersionHash: 'mudhfqk/qZY=',
  stored: true,
  subresources: [statusSubresource({ validateUpdate: validateJobStatusUpdate })],
  selectableFields: { 'status.successful': (object) => String(object['status']?.succeeded ?? 0) },
  printer: {
    columns: [
      nameColumn,
      column('Status', 'Status of the job.'),
      fieldColumn('Completions', 'io.k8s.api.batch.v1.JobStatus', 'succeeded'),
      column('Duration', 'Time required to complete the job.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      fieldColumn('Selector', 'io.k8s.api.batch.v1.JobSpec', 'selector', { wide: true }),
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      formatStatus(object),
      formatCompletions(object),
      formatDuration(object['status'] ?? {}, now),
      age(object, now),
      ...containerCells(object['spec']?.template?.spec?.containers),
      formatLabelSelector(object['spec']?.selector),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = ensure(object, 'spec');
    defaultJobSpec(spec);
    copyTemplateLabels(object, spec);
    ensure(object, 'status');
  },
  prepareForCreate(object) {
    if (object['spec'].manualSelector !== true) generateSelector(object);
    object['status'] = {};
  },
  // A job without labels takes over its template's when it is next read.
  canonicalize: (object) => copyTemplateLabels(object, object['spec']),
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  warnings(object, old) {
    const warnings = jobSpecWarnings(object['spec'], old?.['spec'], 'spec');
    return old === undefined ? [...podNameWarning(object.metadata.name), ...warnings] : warnings;
  },
  // Upstream keeps batch/v1 as it was: the pods of a deleted job stay unless the client says otherwise.
  deleteWarnings(propagationPolicy) {
    if (propagationPolicy !== undefined) return [];
    return [
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    ];
  },
  defaultGarbageCollectionPolicy: 'OrphanDependents',
};

function copyTemplateLabels(object: KubeObject, spec: Fields): void {
  const labels = spec['template'].metadata.labels as Record<string, string> | undefined;
  if (!labels || Object.keys(labels).length === 0 || Object.keys(object.metadata.labels ?? {}).length > 0) return;
  object.metadata.labels = { ...labels };
}

/** Marks the template's pods as this job's, under the old and the new names, and selects them by the job's uid. */
function generateSelector(object: KubeObject): void {
  const spec = object['spec'] as Fields;
  const labels = ensure(ensure(ensure(spec, 'template'), 'metadata'), 'labels');
  for (const label of [legacyJobNameLabel, jobNameLabel]) labels[label] ??= object.metadata.name ?? '';
  for (const label of [legacyControllerUidLabel, controllerUidLabel]) labels[label] ??= object.metadata.uid ?? '';
  const matchLabels = ensure(ensure(spec, 'selector'), 'matchLabels');
  matchLabels[controllerUidLabel] ??= object.metadata.uid ?? '';
}

/** The status cell: what ended it, else what goes on. */
function formatStatus(object: KubeObject): string {
  const conditions = listOf(object['status']?.conditions);
  const has = (type: string): boolean => conditions.find((c) => c['type'] === type)?.['status'] === 'True';
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function formatCompletions(object: KubeObject): string {
  const spec = (object['spec'] ?? {}) as Fields;
  const succeeded = object['status']?.succeeded ?? 0;
  if (spec['completions'] !== undefined && spec['completions'] !== null) return `${succeeded}/${spec['completions']}`;
  return spec['parallelism'] > 1 ? `${succeeded}/1 of ${spec['parallelism']}` : `${succeeded}/1`;
}

function formatDuration(status: Fields, now: number): string {
  if (!status['startTime']) return '';
  const end = status['completionTime'] ? Date.parse(status['completionTime']) : now;
  return humanDuration(end - Date.parse(status['startTime']));
}
