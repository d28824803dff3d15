// StatefulSet (pkg/apis/apps/validation ValidateStatefulSetSpec and ValidateStatefulSetStatus).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { validateAnnotations, validateLabels } from '../../../apimachinery/validation.ts';
import { checkDNS1123Label, checkNonnegative } from '../core/checks.ts';
import { checkClaimSpec } from '../core/claim-spec-validation.ts';
import { checkAtMostWhole, checkPositiveIntOrPercent, intOrPercentValue } from '../core/int-or-percent.ts';
import { internalForm, sorted } from '../core/internal-form.ts';
import { checkPodAnnotations, validatePodTemplateSpec } from '../core/podspec-validation.ts';
import {
  checkAlwaysRestarts,
  checkCounts,
  checkNotDecremented,
  checkNotMoreThan,
  checkSelector,
  selectorMismatch,
  selectsTemplate,
} from '../core/workload-validation.ts';
import { type Fields, listOf } from '../fields.ts';

export function validateStatefulSet(object: KubeObject): FieldError[] {
  return checkSpec((object['spec'] ?? {}) as Fields, {});
}

/** What an update tolerates of an object that was stored when the rules were others. */
interface Tolerance {
  updating?: boolean;
  /** The pod template was wrong already. */
  brokenTemplate?: boolean;
}

const mutable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
];

export function validateStatefulSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  const brokenTemplate = checkSpec(oldSpec, { updating: true }).length > 0;
  const errors = checkSpec(spec, { updating: true, brokenTemplate });
  const comparable = { ...spec };
  for (const field of mutable) comparable[field] = oldSpec[field];
  if (!semanticEqual(comparable, oldSpec)) {
    const fields =
      "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";
    errors.push(forbidden('spec', `updates to statefulset spec for fields other than ${fields} are forbidden`));
  }
  return errors;
}

function checkSpec(spec: Fields, tolerance: Tolerance): FieldError[] {
  const errors: FieldError[] = [];
  checkManagementPolicy(spec['podManagementPolicy'], errors);
  checkUpdateStrategy((spec['updateStrategy'] ?? {}) as Fields, errors);
  checkRetention(spec['persistentVolumeClaimRetentionPolicy'], errors);
  if (!tolerance.updating) {
    listOf(spec['volumeClaimTemplates']).forEach((claim, index) => {
      checkClaimSpec((claim['spec'] ?? {}) as Fields, `spec.volumeClaimTemplates[${index}].spec`, errors);
    });
  }
  checkCounts(spec, ['replicas', 'minReadySeconds'], 'spec', errors);
  checkNonnegative(spec['ordinals']?.start, 'spec.ordinals.start', errors);
  if (!tolerance.updating && spec['serviceName']) checkDNS1123Label(spec['serviceName'], 'spec.serviceName', errors);
  checkSelector(spec, 'statefulset', errors);
  checkTemplate(spec, tolerance, errors);
  checkAlwaysRestarts((spec['template'] ?? {}) as Fields, 'StatefulSet', 'spec.template', errors);
  return errors;
}

function checkManagementPolicy(policy: string | undefined, errors: FieldError[]): void {
  const path = 'spec.podManagementPolicy';
  if (!policy) errors.push(required(path));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.push(invalid(path, policy, "must be 'OrderedReady' or 'Parallel'"));
}

const rollingUpdateZeros = { partition: 0, maxUnavailable: null };

function checkUpdateStrategy(strategy: Fields, errors: FieldError[]): void {
  const path = 'spec.updateStrategy';
  const rollingUpdate = strategy['rollingUpdate'] as Fields | null | undefined;
  if (!strategy['type']) {
    errors.push(required(path));
  } else if (strategy['type'] === 'OnDelete') {
    if (!rollingUpdate) return;
    const value = internalForm(rollingUpdate, rollingUpdateZeros);
    errors.push(invalid(`${path}.rollingUpdate`, value, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (strategy['type'] === 'RollingUpdate') {
    if (rollingUpdate) checkRollingUpdate(rollingUpdate, `${path}.rollingUpdate`, errors);
  } else {
    const value = internalForm(strategy, { type: '', rollingUpdate: null });
    if (rollingUpdate) value['RollingUpdate'] = internalForm(rollingUpdate, rollingUpdateZeros);
    errors.push(invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

function checkRollingUpdate({ partition, maxUnavailable }: Fields, path: string, errors: FieldError[]): void {
  checkNonnegative(partition, `${path}.partition`, errors);
  if (maxUnavailable === undefined || maxUnavailable === null) return;
  const field = `${path}.maxUnavailable`;
  checkPositiveIntOrPercent(maxUnavailable, field, errors);
  if (intOrPercentValue(maxUnavailable) === 0) errors.push(invalid(field, maxUnavailable, 'cannot be 0'));
  checkAtMostWhole(maxUnavailable, field, errors);
}

const retentions = ['Retain', 'Delete'];

function checkRetention(policy: Fields | null | undefined, errors: FieldError[]): void {
  if (!policy) return;
  for (const field of ['whenDeleted', 'whenScaled']) {
    const value = policy[field] ?? '';
    const path = `spec.persistentVolumeClaimRetentionPolicy.${field}`;
    if (!retentions.includes(value)) errors.push(notSupported(path, value, retentions));
  }
}

function checkTemplate(spec: Fields, tolerance: Tolerance, errors: FieldError[]): void {
  const template = (spec['template'] ?? {}) as Fields;
  const metadata = (template['metadata'] ?? {}) as Fields;
  const selected = selectsTemplate(spec['selector'], template);
  if (selected === undefined) {
    errors.push(invalid('spec.selector', spec['selector'], ''));
    return;
  }
  if (!selected) errors.push(invalid('spec.template.metadata.labels', sorted(metadata['labels']), selectorMismatch));
  if (!tolerance.brokenTemplate) errors.push(...validatePodTemplateSpec(templateToCheck(spec), 'spec.template'));
  errors.push(...validateLabels(metadata['labels'], 'spec.template.labels'));
  errors.push(...validateAnnotations(metadata['annotations'], 'spec.template.annotations'));
  const podSpec = (template['spec'] ?? {}) as Fields;
  if (metadata['annotations'])
    checkPodAnnotations(metadata['annotations'], podSpec, errors, 'spec.template.annotations');
}

/** The template without what the controller writes over: host name and subdomain, and with the claims' volumes in place. */
function templateToCheck(spec: Fields): Fields {
  const template = (spec['template'] ?? {}) as Fields;
  const podSpec = (template['spec'] ?? {}) as Fields;
  const claims = listOf(spec['volumeClaimTemplates']).map((claim) => (claim['metadata']?.name ?? '') as string);
  if (!podSpec['subdomain'] && !podSpec['hostname'] && claims.length === 0) return template;
  const { subdomain: _subdomain, hostname: _hostname, ...rest } = podSpec;
  if (claims.length > 0) {
    rest['volumes'] = [
      ...[...new Set(claims)].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
      ...listOf(podSpec['volumes']).filter((volume) => !claims.includes(volume['name'])),
    ];
  }
  return { ...template, spec: rest };
}

const counts = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
];

export function validateStatefulSetStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (object['status'] ?? {}) as Fields;
  checkCounts(status, counts, 'status', errors);
  const counted = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  const ready = 'cannot be greater than status.readyReplicas';
  checkNotMoreThan(status, counted, 'replicas', 'cannot be greater than status.replicas', errors);
  checkNotMoreThan(status, ['availableReplicas'], 'readyReplicas', ready, errors);
  checkNotDecremented(status, (old['status'] ?? {}) as Fields, errors);
  return errors;
}
