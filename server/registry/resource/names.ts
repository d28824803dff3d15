// Names of pools, devices and attributes, and the checks of taints, tolerations and binding conditions that requests and devices
// share (pkg/apis/resource/validation).
import { duplicate, type FieldError, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import {
  byteLength,
  isCIdentifier,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
} from '../../../apimachinery/names.ts';
import { invalidEach, validateLabelName } from '../../../apimachinery/validation.ts';
import type { Fields } from '../fields.ts';
import { validateCSIDriverName } from '../storage/validation.ts';
import { validateSlice } from './collections.ts';

const maxPoolNameBytes = 253;
const maxIdBytes = 32;
const maxBindingConditions = 4;
const taintEffects = ['NoExecute', 'NoSchedule', 'None'];
/** Domain, slash and name of an attribute or capacity. */
export const maxAttributeKey = 63 + 1 + maxIdBytes;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const validateDriverName = validateCSIDriverName;

/** A DNS label: names of requests, devices and counters. */
export function validateLabelForm(name: string, field: string): FieldError[] {
  return invalidEach(field, name, isDNS1123Label(name));
}

/** Subdomains joined by slashes. */
export function validatePoolName(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const long = byteLength(name) > maxPoolNameBytes ? [tooLong(field, maxPoolNameBytes)] : [];
  return [...long, ...name.split('/').flatMap((part) => invalidEach(field, part, isDNS1123Subdomain(part)))];
}

/** The name of a node. */
export function validateNodeName(name: string, field: string): FieldError[] {
  return invalidEach(field, name, isDNS1123Subdomain(name));
}

/** A UUID in its normal form. */
export function validateUID(uid: string, field: string): FieldError[] {
  if (uuid.test(uid)) return [];
  if (uuid.test(uid.toLowerCase()))
    return [
      invalid(
        field,
        uid,
        'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
      ),
    ];
  const why = uid.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${uid.length}`;
  return [invalid(field, uid, `error validating uid: ${why}`)];
}

function validateIdentifier(id: string, field: string): FieldError[] {
  return [
    ...(byteLength(id) > maxIdBytes ? [tooLong(field, maxIdBytes)] : []),
    ...invalidEach(field, id, isCIdentifier(id)),
  ];
}

/** `[domain/]identifier`, the name of an attribute or capacity. */
export function validateQualifiedName(name: string, field: string): FieldError[] {
  const parts = name.split('/');
  if (parts.length === 1) return validateIdentifier(name, field);
  if (parts.length > 2) return [];
  const [domain, id] = parts as [string, string];
  return [
    ...(domain === '' ? [invalid(field, '', 'the domain must not be empty')] : validateDriverName(domain, field)),
    ...(id === '' ? [invalid(field, '', 'the name must not be empty')] : validateIdentifier(id, field)),
  ];
}

/** `domain/identifier`. */
export function validateFullyQualifiedAttribute(name: string, field: string): FieldError[] {
  const errors = validateQualifiedName(name, field);
  if (!name.includes('/'))
    errors.push(invalid(field, name, 'a fully qualified name must be a domain and a name separated by a slash'));
  return errors;
}

function validateLabelValue(value: string, field: string): FieldError[] {
  return invalidEach(field, value, isLabelValue(value));
}

/** validateDeviceTaint. */
export function validateTaint({ key = '', value = '', effect = '' }: Fields, field: string): FieldError[] {
  const errors = validateLabelName(key, `${field}.key`);
  if (value !== '') errors.push(...validateLabelValue(value, `${field}.value`));
  if (effect === '') errors.push(required(`${field}.effect`));
  else if (!taintEffects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, taintEffects));
  return errors;
}

/** validateDeviceToleration. */
export function validateDeviceToleration(toleration: Fields, field: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  const errors = key === '' ? [] : validateLabelName(key, `${field}.key`);
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(`${field}.value`, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') {
    errors.push(...validateLabelValue(value, `${field}.value`));
  } else if (operator === '') {
    errors.push(required(`${field}.operator`));
  } else {
    errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
  }
  if (effect !== '' && !taintEffects.includes(effect))
    errors.push(notSupported(`${field}.effect`, effect, taintEffects));
  return errors;
}

function repeated(list: readonly string[], field: string): FieldError[] {
  return list.flatMap((item, index) => (list.indexOf(item) < index ? [duplicate(`${field}[${index}]`, item)] : []));
}

/** validateDeviceBindingParameters: conditions and failure conditions come together and do not overlap. */
export function validateBindingConditions(device: Fields, field: string): FieldError[] {
  const conditions = (device['bindingConditions'] ?? []) as string[];
  const failures = (device['bindingFailureConditions'] ?? []) as string[];
  const [path, failurePath] = [`${field}.bindingConditions`, `${field}.bindingFailureConditions`];
  const errors = [
    ...validateSlice(conditions, maxBindingConditions, path, validateLabelName),
    ...validateSlice(failures, maxBindingConditions, failurePath, validateLabelName),
    ...repeated(conditions, path),
  ];
  failures.forEach((failure, index) => {
    if (failures.indexOf(failure) < index) errors.push(duplicate(`${failurePath}[${index}]`, failure));
    if (conditions.includes(failure)) {
      const rule = 'bindingFailureConditions must not overlap with bindingConditions';
      errors.push(invalid(`${failurePath}[${index}]`, failure, rule));
    }
  });
  if (conditions.length === 0 && failures.length > 0)
    errors.push(invalid(path, null, 'bindingConditions are required to use bindingFailureConditions'));
  if (failures.length === 0 && conditions.length > 0)
    errors.push(invalid(failurePath, null, 'bindingFailureConditions are required to use bindingConditions'));
  return errors;
}
