// ResourceQuota (pkg/apis/core/validation ValidateResourceQuota).
import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type Fields, listOf } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { isStandardQuotaResource } from './resource-names.ts';
import { checkQuantityValue, checkResourceName } from './resource-validation.ts';

const scopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
/** Scopes that are there or not; the others have values. */
const existingScopes = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const conflictingScopes = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

const podResources = new Set([
  'pods',
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
]);
const claimResources = new Set(['persistentvolumeclaims', 'requests.storage']);

function isValidFor(scope: string, resource: string): boolean {
  switch (scope) {
    case 'Terminating':
    case 'NotTerminating':
    case 'NotBestEffort':
    case 'PriorityClass':
    case 'CrossNamespacePodAffinity':
      return podResources.has(resource);
    case 'BestEffort':
      return resource === 'pods';
    case 'VolumeAttributesClass':
      return claimResources.has(resource);
    default:
      return true;
  }
}

export function validateResourceQuota(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  checkQuantities(spec['hard'], 'spec.hard', errors);
  checkScopes(spec, (spec['scopes'] ?? []) as string[], errors);
  if (spec['scopeSelector']) checkSelector(spec, errors);
  return errors;
}

export function validateResourceQuotaUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateResourceQuota(object);
  const now = new Set((object['spec']?.scopes ?? []) as string[]);
  const before = new Set((old['spec']?.scopes ?? []) as string[]);
  if (now.symmetricDifference(before).size > 0) {
    errors.push(invalid('spec.scopes', object['spec'].scopes, 'field is immutable'));
  }
  return errors;
}

export function validateResourceQuotaStatusUpdate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  checkQuantities(object['status']?.hard, 'status.hard', errors);
  checkQuantities(object['status']?.used, 'status.used', errors);
  return errors;
}

function checkQuantities(list: Fields | null | undefined, path: string, errors: FieldError[]): void {
  for (const [name, value] of Object.entries(list ?? {})) {
    const at = `${path}[${name}]`;
    checkResourceName(name, at, errors);
    if (!name.includes('/') && !isStandardQuotaResource(name)) {
      errors.push(invalid(at, name, 'must be a standard resource for quota'));
    }
    checkQuantityValue(name, value, at, errors);
  }
}

function checkScopes(spec: Fields, given: readonly string[], errors: FieldError[]): void {
  for (const scope of given) {
    if (!scopes.includes(scope)) errors.push(invalid('spec.scopes', given, 'unsupported scope'));
    for (const resource of Object.keys(spec['hard'] ?? {}).sort()) {
      if (!isStandardQuotaResource(resource) || isValidFor(scope, resource)) continue;
      errors.push(invalid('spec.scopes', given, 'unsupported scope applied to resource'));
    }
  }
  checkConflicts(given, given, 'spec.scopes', errors);
}

function checkConflicts(given: readonly string[], shown: unknown, path: string, errors: FieldError[]): void {
  for (const pair of conflictingScopes) {
    if (pair.every((scope) => given.includes(scope))) errors.push(invalid(path, shown, 'conflicting scopes'));
  }
}

function checkSelector(spec: Fields, errors: FieldError[]): void {
  const path = 'spec.scopeSelector.matchExpressions';
  const expressions = listOf(spec['scopeSelector'].matchExpressions);
  for (const expression of expressions) {
    const scope = (expression['scopeName'] ?? '') as string;
    if (!scopes.includes(scope)) errors.push(invalid(`${path}.scopeName`, scope, 'unsupported scope'));
    for (const resource of Object.keys(spec['hard'] ?? {}).sort()) {
      if (!isStandardQuotaResource(resource) || isValidFor(scope, resource)) continue;
      errors.push(
        invalid(
          path,
          internalForm(spec['scopeSelector'], 'io.k8s.api.core.v1.ScopeSelector'),
          'unsupported scope applied to resource',
        ),
      );
    }
    checkOperator(expression, scope, path, errors);
  }
  const given = expressions.map(({ scopeName }) => scopeName as string);
  checkConflicts(given, spec['scopes'], path, errors);
}

function checkOperator(expression: Fields, scope: string, path: string, errors: FieldError[]): void {
  const operator = (expression['operator'] ?? '') as string;
  const values = (expression['values'] ?? []) as string[];
  if (existingScopes.includes(scope) && operator !== 'Exists') {
    const detail =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(invalid(`${path}.operator`, operator, detail));
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return;
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    errors.push(required(`${path}.values`, detail));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return;
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
    errors.push(invalid(`${path}.values`, values, detail));
  } else {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
}
