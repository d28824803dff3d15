// A device of a ResourceSlice (pkg/apis/resource/validation).
import { type FieldError, invalid, required, tooLong } from '../../../apimachinery/field.ts';
import { byteLength } from '../../../apimachinery/names.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { checkNodeSelector } from '../core/scheduling-validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { validateCapacity } from './capacity-validation.ts';
import { validateMap, validateSet, validateSlice } from './collections.ts';
import {
  maxAttributeKey,
  validateBindingConditions,
  validateLabelForm,
  validateNodeName,
  validateQualifiedName,
  validateTaint,
} from './names.ts';

const maxAttributesAndCapacities = 32;
const maxAttributeValues = 48;
const maxValueBytes = 64;
const maxTaints = 16;
const maxConsumptions = 2;
const maxCounters = 32;
const version =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const valueFields = ['bool', 'int', 'string', 'version', 'bools', 'ints', 'strings', 'versions'];
const listFields = ['bools', 'ints', 'strings', 'versions'];

function validateString(value: string, field: string): FieldError[] {
  return byteLength(value) > maxValueBytes ? [tooLong(field, maxValueBytes)] : [];
}

function validateVersion(value: string, field: string): FieldError[] {
  const form = version.test(value)
    ? []
    : [invalid(field, value, 'must be a string compatible with semver.org spec 2.0.0')];
  return [...form, ...validateString(value, field)];
}

function validateAttribute(attribute: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (attribute['string'] !== undefined) errors.push(...validateString(attribute['string'], `${field}.string`));
  if (attribute['version'] !== undefined) errors.push(...validateVersion(attribute['version'], `${field}.version`));
  for (const [part, validate] of [
    ['strings', validateString],
    ['versions', validateVersion],
  ] as const)
    errors.push(...validateSlice((attribute[part] ?? []) as string[], -1, `${field}.${part}`, validate));
  const given = valueFields.filter((part) => attribute[part] !== undefined);
  if (given.length !== 1)
    errors.push(
      invalid(field, given.length === 0 ? '' : internalAttribute(attribute), 'exactly one value must be specified'),
    );
  return errors;
}

/** As Go prints the internal type. */
function internalAttribute(attribute: Fields): Fields {
  const order = ['int', 'bool', 'string', 'version', 'ints', 'bools', 'strings', 'versions'];
  const goName = (part: string): string =>
    part.replace(
      /^(.)(.*?)(s?)$/,
      (_, first: string, rest: string, s: string) => `${first.toUpperCase()}${rest}Value${s}`,
    );
  return Object.fromEntries(order.map((part) => [goName(part), attribute[part] ?? null]));
}

function countValues(attributes: Readonly<Record<string, Fields>>): number {
  return Object.values(attributes).reduce((count, attribute) => {
    const values = listFields.reduce((sum, part) => sum + ((attribute[part] ?? []) as unknown[]).length, 0);
    return count + Math.max(values, 1);
  }, 0);
}

/** The counters of a counter set, or those a device consumes of one. */
export function validateCounters(counters: Fields | undefined, field: string): FieldError[] {
  const map = (counters ?? {}) as Record<string, Fields>;
  if (Object.keys(map).length === 0) return [required(field)];
  return validateMap(map, maxCounters, 63, field, validateLabelForm, () => []);
}

function validateConsumption({ counterSet = '', counters }: Fields, field: string): FieldError[] {
  const path = `${field}.counterSet`;
  return [
    ...(counterSet === '' ? [required(path)] : validateLabelForm(counterSet, path)),
    ...validateCounters(counters, `${field}.counters`),
  ];
}

/** Where a device can be used, in a slice that leaves it to each device. */
function validateOwnNodes({ nodeName, nodeSelector, allNodes }: Fields, field: string): FieldError[] {
  const rule =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  const errors: FieldError[] = [];
  const given: string[] = [];
  if (nodeName) {
    given.push('`nodeName`');
    errors.push(...validateNodeName(nodeName, `${field}.nodeName`));
  } else if (nodeName === '') {
    errors.push(invalid(`${field}.nodeName`, nodeName, 'must not be empty'));
  }
  if (nodeSelector) {
    given.push('`nodeSelector`');
    checkNodeSelector(nodeSelector, `${field}.nodeSelector`, errors);
  }
  if (allNodes === true) given.push('`allNodes`');
  else if (allNodes === false)
    errors.push(invalid(`${field}.allNodes`, allNodes, 'must be either unset or set to true'));
  if (given.length === 0) errors.push(required(field, rule));
  if (given.length > 1) errors.push(invalid(field, `{${given.join(', ')}}`, rule));
  return errors;
}

function validateNodes(device: Fields, perDevice: boolean, field: string): FieldError[] {
  if (perDevice) return validateOwnNodes(device, field);
  const given = ['nodeName', 'nodeSelector', 'allNodes'].some((part) => device[part] !== undefined);
  const rule =
    '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  return given ? [invalid(field, null, rule)] : [];
}

/** validateDevice; `old` is the device of that name before an update. */
export function validateDevice(
  device: Fields,
  old: Fields | undefined,
  perDevice: boolean,
  field: string,
): FieldError[] {
  const attributes = (device['attributes'] ?? {}) as Record<string, Fields>;
  const capacity = (device['capacity'] ?? {}) as Record<string, Fields>;
  const shared = device['allowMultipleAllocations'] === true;
  const errors = validateLabelForm(device['name'] ?? '', `${field}.name`);
  const entries = Object.keys(attributes).length + Object.keys(capacity).length;
  if (entries > maxAttributesAndCapacities) {
    const rule = `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`;
    errors.push(invalid(field, entries, rule));
  }
  const values = countValues(attributes);
  if (values > maxAttributeValues)
    errors.push(invalid(field, values, `the total number of attribute values must not exceed ${maxAttributeValues}`));
  return [
    ...errors,
    ...validateMap(attributes, -1, maxAttributeKey, `${field}.attributes`, validateQualifiedName, validateAttribute),
    ...validateMap(capacity, -1, maxAttributeKey, `${field}.capacity`, validateQualifiedName, (item, at) =>
      validateCapacity(item, at, shared),
    ),
    ...(old !== undefined && semanticEqual(old['taints'], device['taints'])
      ? []
      : validateSlice(listOf(device['taints']), maxTaints, `${field}.taints`, validateTaint)),
    ...validateSet(
      listOf(device['consumesCounters']),
      maxConsumptions,
      `${field}.consumesCounters`,
      validateConsumption,
      ({ counterSet }) => counterSet,
    ),
    ...validateNodes(device, perDevice, field),
    ...validateBindingConditions(device, field),
  ];
}
