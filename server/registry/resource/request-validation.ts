// Device requests, selectors and configuration: what claims, templates and classes are made of (pkg/apis/resource/validation).
import { type FieldError, invalid, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import { byteLength, isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { validateSet, validateSlice } from './collections.ts';
import {
  validateDeviceToleration,
  validateDriverName,
  validateFullyQualifiedAttribute,
  validateLabelForm,
} from './names.ts';
import { validateSelectorExpression } from './selector-expressions.ts';

const maxRequests = 32;
const maxConstraints = 32;
export const maxConfigurations = 32;
const maxSelectors = 32;
const maxAlternatives = 8;
const maxExpressionBytes = 10 * 1024;
const maxOpaqueBytes = 10 * 1024;

/** Names of requests, each with the names of its alternatives. */
type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

/** gatherRequestNames of a DeviceClaim. */
export function requestNamesOf(devices: Fields | undefined): RequestNames {
  return new Map(
    listOf(devices?.['requests']).map((request) => [
      (request['name'] ?? '') as string,
      new Set(listOf(request['firstAvailable']).map((alternative) => (alternative['name'] ?? '') as string)),
    ]),
  );
}

/** validateRequestNameRef: `request` or `request/alternative`, of the claim. */
export function validateRequestReference(name: string, field: string, names: RequestNames): FieldError[] {
  const rule = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  const [request, alternative, ...rest] = name.split('/');
  if (rest.length > 0) return [invalid(field, name, rule)];
  const errors = name.split('/').flatMap((part) => validateLabelForm(part, field));
  const alternatives = names.get(request!);
  const known = alternatives !== undefined && (alternative === undefined || alternatives.has(alternative));
  return known ? errors : [...errors, invalid(field, name, rule)];
}

/** The request references of a constraint or configuration. */
export function validateRequestReferences(list: unknown, field: string, names: RequestNames): FieldError[] {
  return validateSet(
    (list ?? []) as string[],
    maxRequests,
    field,
    (name, path) => validateRequestReference(name, path, names),
    (name) => name,
  );
}

function validateSelector({ cel }: Fields, field: string): FieldError[] {
  if (!cel) return [required(`${field}.cel`)];
  const expression = (cel.expression ?? '') as string;
  const path = `${field}.cel.expression`;
  if (byteLength(expression) > maxExpressionBytes) return [tooLong(path, maxExpressionBytes)];
  return validateSelectorExpression(expression, path);
}

/** validateSelectorSlice. */
export function validateSelectors(selectors: unknown, field: string): FieldError[] {
  return validateSlice(listOf(selectors), maxSelectors, field, validateSelector);
}

function validateAllocationMode({ allocationMode: mode = '', count = 0 }: Fields, field: string): FieldError[] {
  if (mode === 'All')
    return count === 0 ? [] : [invalid(`${field}.count`, count, "must not be specified when allocationMode is 'All'")];
  if (mode === 'ExactCount') return count > 0 ? [] : [invalid(`${field}.count`, count, 'must be greater than zero')];
  return [notSupported(`${field}.allocationMode`, mode, ['All', 'ExactCount'])];
}

function validateExact(request: Fields, field: string): FieldError[] {
  const name = (request['deviceClassName'] ?? '') as string;
  const path = `${field}.deviceClassName`;
  return [
    ...(name === '' ? [required(path)] : invalidEach(path, name, isDNS1123Subdomain(name))),
    ...validateSelectors(request['selectors'], `${field}.selectors`),
    ...validateAllocationMode(request, field),
    ...listOf(request['tolerations']).flatMap((toleration, i) =>
      validateDeviceToleration(toleration, `${field}.tolerations[${i}]`),
    ),
  ];
}

function validateAlternative(request: Fields, field: string): FieldError[] {
  return [...validateLabelForm(request['name'] ?? '', `${field}.name`), ...validateExact(request, field)];
}

function validateRequest(request: Fields, field: string): FieldError[] {
  const { name = '', exactly } = request;
  const alternatives = listOf(request['firstAvailable']);
  const errors = validateLabelForm(name, `${field}.name`);
  const rule = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly && alternatives.length > 0)
    return [...errors, invalid(field, null, `${rule}, but multiple fields are set`)];
  if (exactly) return [...errors, ...validateExact(exactly, `${field}.exactly`)];
  if (alternatives.length === 0) return [...errors, required(field, rule)];
  const path = `${field}.firstAvailable`;
  const keyOf = (alternative: Fields): unknown => alternative['name'];
  return [...errors, ...validateSet(alternatives, maxAlternatives, path, validateAlternative, keyOf)];
}

function validateConstraint(constraint: Fields, field: string, names: RequestNames): FieldError[] {
  const { matchAttribute, distinctAttribute } = constraint;
  const errors = validateRequestReferences(constraint['requests'], `${field}.requests`, names);
  if (matchAttribute !== undefined)
    return [...errors, ...validateFullyQualifiedAttribute(matchAttribute, `${field}.matchAttribute`)];
  if (distinctAttribute !== undefined)
    return [...errors, ...validateFullyQualifiedAttribute(distinctAttribute, `${field}.distinctAttribute`)];
  const rule = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  return [...errors, required(field, rule)];
}

/** validateRawExtension: a JSON object of at most `maxBytes`. */
export function validateRawObject(value: unknown, maxBytes: number, field: string): FieldError[] {
  if (value === undefined || value === null) return [required(field)];
  if (byteLength(JSON.stringify(value)) > maxBytes) return [tooLong(field, maxBytes)];
  return typeof value === 'object' && !Array.isArray(value)
    ? []
    : [invalid(field, '<value omitted>', 'must be a valid JSON object')];
}

/** validateDeviceConfiguration. */
export function validateConfiguration({ opaque }: Fields, field: string): FieldError[] {
  if (!opaque) return [required(`${field}.opaque`)];
  return [
    ...validateDriverName(opaque.driver ?? '', `${field}.opaque.driver`),
    ...validateRawObject(opaque.parameters, maxOpaqueBytes, `${field}.opaque.parameters`),
  ];
}

/** validateResourceClaimSpec: of a claim, or of the claims a template makes. */
export function validateClaimSpec(spec: Fields, field: string): FieldError[] {
  const devices = (spec['devices'] ?? {}) as Fields;
  const path = `${field}.devices`;
  const names = requestNamesOf(devices);
  return [
    ...validateSet(
      listOf(devices['requests']),
      maxRequests,
      `${path}.requests`,
      validateRequest,
      (request) => request['name'] ?? '',
    ),
    ...validateSlice(listOf(devices['constraints']), maxConstraints, `${path}.constraints`, (constraint, at) =>
      validateConstraint(constraint, at, names),
    ),
    ...validateSlice(listOf(devices['config']), maxConfigurations, `${path}.config`, (config, at) => [
      ...validateRequestReferences(config['requests'], `${at}.requests`, names),
      ...validateConfiguration(config, at),
    ]),
  ];
}
