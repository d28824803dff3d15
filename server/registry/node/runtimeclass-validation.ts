// What a RuntimeClass must be (pkg/apis/node/validation).
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isDNS1123Label, isLabelValue, isQualifiedName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { parseQuantity, quantityMilliValue } from '../../../apimachinery/quantity.ts';
import {
  invalidEach,
  validateImmutableField,
  validateLabelName,
  validateLabels,
} from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';

const standardResources = ['cpu', 'memory', 'ephemeral-storage'];
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateResourceName(name: string, field: string): FieldError[] {
  const errors = invalidEach(field, name, isQualifiedName(name));
  if (errors.length > 0 || name.includes('/')) return errors;
  if (standardResources.includes(name) || name.startsWith('hugepages-')) return [];
  return [
    invalid(field, name, 'must be a standard resource type or fully qualified'),
    invalid(field, name, 'must be a standard resource for containers'),
  ];
}

function isIntegerResource(name: string): boolean {
  return name.startsWith('hugepages-') || (name.includes('/') && !name.includes('kubernetes.io/'));
}

/** The pod overhead is checked as the limits of a container are. */
function validateOverhead(overhead: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(overhead).flatMap(([name, quantity]) => {
    const field = `overhead.limits[${name}]`;
    const errors = validateResourceName(name, field);
    const milli = quantityMilliValue(parseQuantity(quantity));
    if (milli < 0n) errors.push(invalid(field, quantity, 'must be greater than or equal to 0'));
    if (isIntegerResource(name) && milli % 1000n !== 0n) errors.push(invalid(field, quantity, 'must be an integer'));
    return errors;
  });
}

function validateOperator({ operator = '', value = '' }: Fields, field: string): FieldError[] {
  switch (operator) {
    case '':
    case 'Equal': {
      const messages = isLabelValue(value);
      return messages.length === 0 ? [] : [invalid(`${field}.operator`, value, messages.join(';'))];
    }
    case 'Exists':
      return value === ''
        ? []
        : [invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'")];
    case 'Lt':
    case 'Gt':
      return [notSupported(`${field}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(`${field}.operator`, operator, ['Equal', 'Exists'])];
  }
}

function validateToleration(toleration: Fields, field: string): FieldError[] {
  const { key = '', operator = '', effect = '', tolerationSeconds } = toleration;
  const errors = key === '' ? [] : validateLabelName(key, `${field}.key`);
  if (key === '' && operator !== 'Exists') {
    const rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${field}.operator`, operator, rule));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute')
    errors.push(invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  errors.push(...validateOperator(toleration, field));
  if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, effects));
  return errors;
}

function validateTolerations(tolerations: readonly Fields[], field: string): FieldError[] {
  const seen = new Set<string>();
  const repeated = tolerations.flatMap((toleration, index) => {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) return [duplicate(`${field}[${index}]`, toleration)];
    seen.add(identity);
    return [];
  });
  return [
    ...tolerations.flatMap((toleration, index) => validateToleration(toleration, `${field}[${index}]`)),
    ...repeated,
  ];
}

/** ValidateRuntimeClass. */
export function validateRuntimeClass(object: KubeObject): FieldError[] {
  const { handler = '', overhead, scheduling } = object;
  const errors = handler === '' ? [required('handler')] : invalidEach('handler', handler, isDNS1123Label(handler));
  if (overhead) errors.push(...validateOverhead(overhead.podFixed ?? {}));
  if (scheduling)
    errors.push(
      ...validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector'),
      ...validateTolerations(listOf(scheduling.tolerations), 'scheduling.tolerations'),
    );
  return errors;
}

/** ValidateRuntimeClassUpdate: the handler stays. */
export function validateRuntimeClassUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [...validateRuntimeClass(object), ...validateImmutableField(object['handler'], old['handler'], 'handler')];
}
