// The metrics that a HorizontalPodAutoscaler scales by (pkg/apis/autoscaling/validation validateMetrics).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isPathSegmentName } from '../../../apimachinery/names.ts';
import { quantityOf } from '../../../apimachinery/quantity.ts';
import { checkDNS1123Label, checkRequired, pushInvalid } from '../core/checks.ts';
import { checkContainerResourceName } from '../core/resource-validation.ts';
import { type Fields, listOf } from '../fields.ts';

/** What is tolerated of the apiVersion of a reference to another object. */
export interface ReferenceRules {
  allowEmptyGroup: boolean;
  allowInvalid: boolean;
}

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

/** In the order in which upstream looks at them. */
const sources = ['object', 'external', 'pods', 'resource', 'containerResource'];

export function checkMetrics(spec: Fields, rules: ReferenceRules, errors: FieldError[]): void {
  const metrics = listOf(spec['metrics']);
  metrics.forEach((metric, index) => {
    checkMetric(metric, rules, `spec.metrics[${index}]`, errors);
  });
  const isExternal = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (spec['minReplicas'] === 0 && !isExternal) {
    const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbidden('spec.metrics', detail));
  }
}

function checkMetric(metric: Fields, rules: ReferenceRules, path: string, errors: FieldError[]): void {
  const type = (metric['type'] ?? '') as string;
  const isKnown = metricTypes.includes(type);
  const unknown = notSupported(`${path}.type`, type, metricTypes);
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (!isKnown) errors.push(unknown);
  const present = sources.filter((source) => metric[source]);
  // Only the first one is looked at: the others should not be there.
  if (present.length > 0) checkSource(present[0]!, metric[present[0]!], rules, `${path}.${present[0]}`, errors);
  const expected = type.charAt(0).toLowerCase() + type.slice(1);
  if (!isKnown) errors.push(unknown);
  else if (!metric[expected])
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (present.length === 1) return;
  for (const source of present) {
    if (source !== expected || !isKnown)
      errors.push(forbidden(`${path}.${source}`, 'must populate the given metric source only'));
  }
}

function checkSource(kind: string, source: Fields, rules: ReferenceRules, path: string, errors: FieldError[]): void {
  const target = (source['target'] ?? {}) as Fields;
  if (kind === 'object') checkReference(source['describedObject'] ?? {}, rules, `${path}.describedObject`, errors);
  if (kind === 'containerResource') checkContainerResource(source, path, errors);
  else if (kind === 'resource')
    checkRequiredWith(source['name'], `${path}.name`, 'must specify a resource name', errors);
  else checkIdentifier(source['metric'] ?? {}, `${path}.metric`, errors);
  checkTarget(target, `${path}.target`, errors);
  if (kind === 'resource' || kind === 'containerResource') checkUtilization(target, `${path}.target`, errors);
  else checkValues(kind, target, `${path}.target`, errors);
}

function checkRequiredWith(value: unknown, path: string, detail: string, errors: FieldError[]): boolean {
  if (value) return true;
  errors.push(required(path, detail));
  return false;
}

function checkContainerResource(source: Fields, path: string, errors: FieldError[]): void {
  if (checkRequiredWith(source['name'], `${path}.name`, 'must specify a resource name', errors))
    checkContainerResourceName(source['name'], `${path}.name`, errors);
  if (checkRequiredWith(source['container'], `${path}.container`, 'must specify a container', errors))
    checkDNS1123Label(source['container'], `${path}.container`, errors);
}

/** ValidateCrossVersionObjectReference. */
export function checkReference(reference: Fields, rules: ReferenceRules, path: string, errors: FieldError[]): void {
  for (const field of ['kind', 'name']) {
    const value = (reference[field] ?? '') as string;
    if (checkRequired(value, `${path}.${field}`, errors))
      pushInvalid(errors, `${path}.${field}`, value, isPathSegmentName(value));
  }
  const apiVersion = (reference['apiVersion'] ?? '') as string;
  const problem = apiVersionProblem(apiVersion, rules);
  if (problem !== undefined) errors.push(invalid(`${path}.apiVersion`, apiVersion, problem));
}

/** What is wrong with a reference's apiVersion (ValidateAPIVersion). */
export function apiVersionProblem(apiVersion: string, rules: ReferenceRules): string | undefined {
  const parts = apiVersion.split('/');
  if (rules.allowInvalid) return undefined;
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const group = parts.length === 2 ? parts[0] : '';
  return group === '' && !rules.allowEmptyGroup ? 'apiVersion must specify API group' : undefined;
}

function checkIdentifier(metric: Fields, path: string, errors: FieldError[]): void {
  if (checkRequiredWith(metric['name'], `${path}.name`, 'must specify a metric name', errors))
    pushInvalid(errors, `${path}.name`, metric['name'], isPathSegmentName(metric['name']));
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function checkTarget(target: Fields, path: string, errors: FieldError[]): void {
  const type = (target['type'] ?? '') as string;
  checkRequiredWith(type, `${path}.type`, 'must specify a metric target type', errors);
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue']) {
    if (isSet(target[field]) && quantityOf(target[field]).nanos <= 0n)
      errors.push(invalid(`${path}.${field}`, target[field], 'must be positive'));
  }
  if (target['averageUtilization'] < 1)
    errors.push(invalid(`${path}.averageUtilization`, target['averageUtilization'], 'must be greater than 0'));
}

function checkUtilization(target: Fields, path: string, errors: FieldError[]): void {
  const hasUtilization = isSet(target['averageUtilization']);
  const hasValue = isSet(target['averageValue']);
  if (!hasUtilization && !hasValue) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.push(required(`${path}.averageUtilization`, detail));
  }
  if (hasUtilization && hasValue)
    errors.push(forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization'));
}

function checkValues(kind: string, target: Fields, path: string, errors: FieldError[]): void {
  const hasValue = isSet(target['value']);
  const hasAverage = isSet(target['averageValue']);
  const averagePath = `${path}.averageValue`;
  if (kind === 'pods') {
    if (!hasAverage) errors.push(required(averagePath, 'must specify a positive target averageValue'));
    return;
  }
  if (!hasValue && !hasAverage) {
    const what = kind === 'object' ? 'value or averageValue' : 'value for metric or a per-pod target';
    errors.push(required(averagePath, `must set either a target ${what}`));
  }
  if (kind === 'external' && hasValue && hasAverage)
    errors.push(forbidden(`${path}.value`, 'may not set both a target value for metric and a per-pod target'));
}
