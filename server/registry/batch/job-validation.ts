// Job (pkg/apis/batch/validation ValidateJob, ValidateJobUpdate; pkg/registry/batch/job validationOptionsForJob).
import { type FieldError, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import { isDNS1123Label } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import {
  validateDomainPrefixedPath,
  validateImmutableField,
  validateLabelSelector,
} from '../../../apimachinery/validation.ts';
import { asInternal, sorted } from '../core/internal-form.ts';
import { validatePodTemplateSpec } from '../core/podspec-validation.ts';
import { checkCounts, selectorMismatch, selectsTemplate } from '../core/workload-validation.ts';
import type { Fields } from '../fields.ts';
import { hasCondition } from './job-conditions.ts';
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './job-labels.ts';
import { checkPodFailurePolicy, checkSuccessPolicy } from './job-policy-validation.ts';

const maxIndexedParallelism = 100_000;
const maxFailedIndexes = 100_000;
const manyCompletions = 100_000;
const maxParallelismForMany = 10_000;
const maxFailedIndexesForMany = 10_000;
const maxManagedByLength = 63;

export function validateJob(object: KubeObject): FieldError[] {
  return checkJob(object, true);
}

/** Everything that a new job is checked for, and then what may not change. */
export function validateJobUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const oldLabels = (old['spec']?.template?.metadata?.labels ?? {}) as Record<string, string>;
  const errors = checkJob(object, jobNameLabel in oldLabels && controllerUidLabel in oldLabels);
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  checkSelectedJobSpec(spec, errors);
  checkCompletionsUpdate(spec, oldSpec, errors);
  errors.push(...validateImmutableField(spec['selector'] ?? null, oldSpec['selector'] ?? null, 'spec.selector'));
  checkTemplateUpdate(spec, old, errors);
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'])
    checkUnchanged(spec, oldSpec, field, errors);
  return errors;
}

const internalTypes: Record<string, string> = { podFailurePolicy: 'PodFailurePolicy', successPolicy: 'SuccessPolicy' };

function checkUnchanged(spec: Fields, old: Fields, field: string, errors: FieldError[]): void {
  if (semanticEqual(spec[field], old[field])) return;
  const type = internalTypes[field];
  const value = type === undefined ? spec[field] : asInternal(type, spec[field]);
  errors.push(invalid(`spec.${field}`, value, 'field is immutable'));
}

function checkJob(object: KubeObject, requirePrefixedLabels: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  checkGeneratedSelector(object, requirePrefixedLabels, errors);
  checkSelectedJobSpec(spec, errors);
  if (spec['completionMode'] === 'Indexed' && spec['completions'] > 0) {
    const { name = '' } = object.metadata;
    const host = `${name}-${spec['completions'] - 1}`;
    const detail = `will not able to create pod with invalid DNS label: ${host}`;
    if (isDNS1123Label(host).length > 0) errors.push(invalid('metadata.name', name, detail));
  }
  return errors;
}

/** The template's labels are the generated ones, and the selector picks them. */
function checkGeneratedSelector(object: KubeObject, requirePrefixedLabels: boolean, errors: FieldError[]): void {
  const spec = (object['spec'] ?? {}) as Fields;
  if (spec['manualSelector'] === true || !spec['selector']) return;
  const { uid = '', name = '' } = object.metadata;
  if (uid === '') errors.push(required('metadata.uid'));
  const expected: Record<string, string> = { [legacyControllerUidLabel]: uid, [legacyJobNameLabel]: name };
  if (requirePrefixedLabels) Object.assign(expected, { [controllerUidLabel]: uid, [jobNameLabel]: name });
  const labels = (spec['template']?.metadata?.labels ?? {}) as Record<string, string>;
  for (const [label, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${label}]`;
    if (!(label in labels)) errors.push(required(path, `must be '${value}'`));
    else if (labels[label] !== value) errors.push(invalid(path, labels, `must be '${value}'`));
  }
  if (selectsTemplate(spec['selector'], { metadata: { labels: expected } }) === false)
    errors.push(invalid('spec.selector', spec['selector'], '`selector` not auto-generated'));
}

/** ValidateJobSpec. */
function checkSelectedJobSpec(spec: Fields, errors: FieldError[]): void {
  const template = (spec['template'] ?? {}) as Fields;
  checkJobSpec(spec, 'spec', errors);
  if (spec['selector']) errors.push(...validateLabelSelector(spec['selector'], 'spec.selector'));
  else errors.push(required('spec.selector'));
  if (selectsTemplate(spec['selector'], template) === false)
    errors.push(invalid('spec.template.metadata.labels', sorted(template['metadata']?.labels), selectorMismatch));
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** validateJobSpec: of a job, or of a cron job's template. `path` is the spec's. */
export function checkJobSpec(spec: Fields, path: string, errors: FieldError[]): void {
  checkCounts(spec, counts, path, errors);
  if (isSet(spec['maxFailedIndexes']) && !isSet(spec['backoffLimitPerIndex']))
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (typeof spec['managedBy'] === 'string') {
    errors.push(...validateDomainPrefixedPath(`${path}.managedBy`, spec['managedBy']));
    if (spec['managedBy'].length > maxManagedByLength) errors.push(tooLong(`${path}.managedBy`, maxManagedByLength));
  }
  checkCompletionMode(spec, path, errors);
  if (spec['podFailurePolicy']) checkPodFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  if (spec['successPolicy']) {
    const policy = `${path}.successPolicy`;
    const value = asInternal('SuccessPolicy', spec['successPolicy']);
    if (spec['completionMode'] === 'Indexed') checkSuccessPolicy(spec, policy, errors);
    else errors.push(invalid(policy, value, 'requires indexed completion mode'));
  }
  checkReplacementPolicy(spec, `${path}.podReplacementPolicy`, errors);
  errors.push(...validatePodTemplateSpec(spec['template'], `${path}.template`));
  checkRestartPolicy(spec, `${path}.template.spec.restartPolicy`, errors);
}

function checkCompletionMode(spec: Fields, path: string, errors: FieldError[]): void {
  const mode = (spec['completionMode'] ?? undefined) as string | undefined;
  if (mode === 'Indexed') checkIndexed(spec, path, errors);
  else if (mode !== undefined && mode !== 'NonIndexed')
    errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode !== undefined && mode !== 'NonIndexed') return;
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes']) {
    if (isSet(spec[field])) errors.push(invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode'));
  }
}

/** Limits that keep the lists of indexes in the status small. */
function checkIndexed(spec: Fields, path: string, errors: FieldError[]): void {
  const { completions, parallelism, maxFailedIndexes: failed } = spec;
  const parallelismPath = `${path}.parallelism`;
  const failedPath = `${path}.maxFailedIndexes`;
  if (!isSet(completions)) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism > maxIndexedParallelism) {
    const detail = `must be less than or equal to ${maxIndexedParallelism} when completion mode is Indexed`;
    errors.push(invalid(parallelismPath, parallelism, detail));
  }
  if (isSet(completions) && failed > completions)
    errors.push(invalid(failedPath, failed, 'must be less than or equal to completions'));
  if (failed > maxFailedIndexes)
    errors.push(invalid(failedPath, failed, `must be less than or equal to ${maxFailedIndexes}`));
  if (!(completions > manyCompletions) || !isSet(spec['backoffLimitPerIndex'])) return;
  const suffix = `when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (!isSet(failed))
    errors.push(required(failedPath, `must be specified when completions is above ${manyCompletions}`));
  if (parallelism > maxParallelismForMany)
    errors.push(
      invalid(parallelismPath, parallelism, `must be less than or equal to ${maxParallelismForMany} ${suffix}`),
    );
  if (failed > maxFailedIndexesForMany)
    errors.push(invalid(failedPath, failed, `must be less than or equal to ${maxFailedIndexesForMany} ${suffix}`));
}

function checkReplacementPolicy(spec: Fields, path: string, errors: FieldError[]): void {
  const policy = (spec['podReplacementPolicy'] ?? undefined) as string | undefined;
  const supported = spec['podFailurePolicy'] ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  if (policy !== undefined && !supported.includes(policy)) errors.push(notSupported(path, policy, supported));
}

function checkRestartPolicy(spec: Fields, path: string, errors: FieldError[]): void {
  const policy = (spec['template']?.spec?.restartPolicy ?? '') as string;
  if (policy === 'Always' || policy === '') errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never')
    errors.push(notSupported(path, policy, ['OnFailure', 'Never']));
  else if (spec['podFailurePolicy'] && policy !== 'Never')
    errors.push(invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified'));
}

/** Only an indexed job scales, and then completions and parallelism go together. */
function checkCompletionsUpdate(spec: Fields, old: Fields, errors: FieldError[]): void {
  const path = 'spec.completions';
  const completions = spec['completions'] ?? null;
  if (spec['completionMode'] !== 'Indexed') {
    errors.push(...validateImmutableField(completions, old['completions'] ?? null, path));
  } else if (completions !== null && completions !== (old['completions'] ?? null)) {
    if (completions !== spec['parallelism'])
      errors.push(invalid(path, completions, 'can only be modified in tandem with spec.parallelism'));
  }
}

/** The template of a suspended job that has no pods may change where its pods run and what they ask for. */
function checkTemplateUpdate(spec: Fields, oldJob: KubeObject, errors: FieldError[]): void {
  const template = (spec['template'] ?? {}) as Fields;
  const oldTemplate = (oldJob['spec']?.template ?? {}) as Fields;
  if (!mayChangeTemplate(oldJob)) {
    if (!semanticEqual(template, oldTemplate))
      errors.push(invalid('spec.template', asInternal('PodTemplateSpec', template), 'field is immutable'));
    return;
  }
  const podSpec = (template['spec'] ?? {}) as Fields;
  const expected = withScheduling((oldTemplate['spec'] ?? {}) as Fields, podSpec);
  for (const list of ['containers', 'initContainers']) expected[list] = withResources(expected[list], podSpec[list]);
  if (!semanticEqual(podSpec, expected))
    errors.push(invalid('spec.template.spec', asInternal('PodSpec', podSpec), 'field is immutable'));
}

function mayChangeTemplate(job: KubeObject): boolean {
  const status = (job['status'] ?? {}) as Fields;
  if (job['spec']?.suspend !== true || (status['active'] ?? 0) !== 0) return false;
  return !status['startTime'] || hasCondition(status, 'Suspended');
}

function withScheduling(old: Fields, spec: Fields): Fields {
  const expected: Fields = { ...old };
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates']) expected[field] = spec[field];
  if (old['affinity'] || spec['affinity'])
    expected['affinity'] = { ...old['affinity'], nodeAffinity: spec['affinity']?.nodeAffinity };
  return expected;
}

function withResources(old: Fields[] | undefined, containers: Fields[] | undefined): Fields[] | undefined {
  if (!old || old.length !== containers?.length) return old;
  return old.map((container, index) =>
    container['name'] === containers[index]!['name']
      ? { ...container, resources: containers[index]!['resources'] }
      : container,
  );
}
