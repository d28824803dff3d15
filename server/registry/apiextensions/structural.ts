// Structural schemas: every field has a type, and what is nested in allOf, anyOf, oneOf and not adds constraints only
// (apiextensions-apiserver pkg/apiserver/schema validation.go and complete.go).
import { type FieldError, fieldErrorMessage, forbidden, invalid, required } from '../../../apimachinery/field.ts';
import type { PatternCheck } from '../../../apimachinery/patterns.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { type Schema, schemaList, schemaMap, schemaOf } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';

const typeRules: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const intOrString = [{ type: 'integer' }, { type: 'string' }];

/** The one way to write an anyOf with types: that of an int-or-string. */
function isIntOrString(anyOf: unknown): boolean {
  return schemaList(anyOf).length === 2 && semanticEqual(anyOf, intOrString);
}

/** What a nested schema must not have, and the words for it. */
const nestedRules: readonly [part: string, rule: string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

interface Skipped {
  anyOf: boolean;
  firstAllOfAnyOf: boolean;
}

const nothingSkipped: Skipped = { anyOf: false, firstAllOfAnyOf: false };

function validateValues(schema: Schema, field: string, skipped: Skipped, patterns: PatternCheck): FieldError[] {
  const errors: FieldError[] = [];
  const nested = (part: string, skipFirst = false): void => {
    schemaList(schema[part]).forEach((below, index) => {
      const skip = { anyOf: skipFirst && index === 0, firstAllOfAnyOf: false };
      errors.push(...validateNested(below, `${field}.${part}[${index}]`, skip, patterns));
    });
  };
  if (!skipped.anyOf) nested('anyOf');
  nested('allOf', skipped.firstAllOfAnyOf);
  nested('oneOf');
  const not = schemaOf(schema['not']);
  if (not !== undefined) errors.push(...validateNested(not, `${field}.not`, nothingSkipped, patterns));
  const pattern = (schema['pattern'] ?? '') as string;
  const why = pattern === '' ? undefined : patterns.error(pattern);
  if (why !== undefined)
    errors.push(invalid(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${why}`));
  return errors;
}

function validateNested(schema: Schema, field: string, skipped: Skipped, patterns: PatternCheck): FieldError[] {
  const errors = validateValues(schema, field, skipped, patterns);
  const items = schemaOf(schema['items']);
  if (items !== undefined) errors.push(...validateNested(items, `${field}.items`, nothingSkipped, patterns));
  for (const [name, below] of schemaMap(schema['properties']))
    errors.push(...validateNested(below, `${field}.properties[${name}]`, nothingSkipped, patterns));
  for (const [part, rule] of nestedRules) {
    const value = schema[part];
    const empty =
      value === undefined || value === '' || value === false || (Array.isArray(value) && value.length === 0);
    if (!empty) errors.push(forbidden(`${field}.${part}`, rule));
  }
  if (schemaOf(schema['properties'])?.['metadata'] !== undefined)
    errors.push(forbidden(`${field}.properties[metadata]`, 'must not be specified in a nested context'));
  return errors;
}

/** At the root, metadata may only constrain names: the rest is implied. */
function validateMetadata(metadata: Schema, checked: boolean, level: Level, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (checked && metadata['type'] !== 'object')
    errors.push(invalid(`${field}.type`, metadata['type'] ?? '', 'must be object'));
  if (level !== 'root') return errors;
  const { type: _, default: __, properties, ...others } = metadata;
  const names = Object.keys(properties ?? {});
  const plain = names.every((name) => name === 'name' || name === 'generateName');
  if (!plain || Object.keys(others).length > 0) {
    const rule = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(forbidden(field, rule));
  }
  return errors;
}

function validateExtensions(schema: Schema, field: string): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  return ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource']
    .filter((part) => schema[part] === true)
    .map((part) => invalid(`${field}.${part}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

function validateType(schema: Schema, level: Level, field: string): FieldError[] {
  const type = (schema['type'] ?? '') as string;
  const path = `${field}.type`;
  const errors: FieldError[] = [];
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const rule = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(path, rule) : invalid(path, type, rule));
  } else if (
    type === '' &&
    schema['x-kubernetes-int-or-string'] !== true &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  ) {
    errors.push(required(path, typeRules[level]));
  }
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalid(path, type, 'must be object at the root'));
  return errors;
}

/** Type and metadata of an object that is a resource of its own: the root, and embedded resources. */
function validateResourceFields(schema: Schema, level: Level, field: string): FieldError[] {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const isResource = level === 'root' || embedded;
  const properties = schemaOf(schema['properties']) ?? {};
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion'])
    if (isResource && properties[name] !== undefined && properties[name]?.type !== 'string')
      errors.push(invalid(`${field}.properties[${name}].type`, properties[name]?.type ?? '', 'must be string'));
  if (properties['metadata'] !== undefined)
    errors.push(...validateMetadata(properties['metadata'] ?? {}, isResource, level, `${field}.properties[metadata]`));
  if (embedded && schema['additionalProperties'] !== undefined) {
    const rule = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbidden(`${field}.additionalProperties`, rule));
  }
  if (embedded && schema['x-kubernetes-preserve-unknown-fields'] !== true && Object.keys(properties).length === 0) {
    const rule =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${field}.properties`, rule));
  }
  return errors;
}

function validateInvariants(schema: Schema, level: Level, field: string, patterns: PatternCheck): FieldError[] {
  const errors: FieldError[] = [];
  const items = schemaOf(schema['items']);
  if (schema['type'] === 'array' && items === undefined) errors.push(required(`${field}.items`, 'must be specified'));
  if (items !== undefined) errors.push(...validateInvariants(items, 'item', `${field}.items`, patterns));
  for (const [name, below] of schemaMap(schema['properties']))
    errors.push(...validateInvariants(below, 'field', `${field}.properties[${name}]`, patterns));
  if (schema['additionalProperties'] !== undefined) {
    const path = `${field}.additionalProperties`;
    if (level === 'root') errors.push(forbidden(path, 'must not be used at the root'));
    const below = schemaOf(schema['additionalProperties']);
    if (below !== undefined) errors.push(...validateInvariants(below, 'field', path, patterns));
  }
  const allOf = schemaList(schema['allOf']);
  const skipped = {
    anyOf: isIntOrString(schema['anyOf']),
    firstAllOfAnyOf: allOf.length > 0 && isIntOrString(allOf[0]!['anyOf']),
  };
  return [
    ...errors,
    ...validateExtensions(schema, field),
    ...validateValues(schema, field, skipped, patterns),
    ...validateType(schema, level, field),
    ...validateResourceFields(schema, level, field),
  ];
}

/** Each field that a nested schema constrains must be specified outside of it. */
function validateCompleteness(nested: Schema, schema: Schema | undefined, field: string, at: string): FieldError[] {
  if (schema === undefined) return [required(field, `because it is defined in ${at}`)];
  const errors = validateValuesCompleteness(nested, schema, field, at);
  const items = schemaOf(nested['items']);
  if (items !== undefined)
    errors.push(...validateCompleteness(items, schemaOf(schema['items']), `${field}.items`, `${at}.items`));
  for (const [name, below] of schemaMap(nested['properties'])) {
    const property = `.properties[${name}]`;
    const specified = schemaOf(schema['properties'])?.[name] as Schema | undefined;
    errors.push(...validateCompleteness(below, specified, `${field}${property}`, `${at}${property}`));
  }
  return errors;
}

function validateValuesCompleteness(values: Schema, schema: Schema, field: string, at: string): FieldError[] {
  const not = schemaOf(values['not']);
  return [
    ...(not === undefined ? [] : validateCompleteness(not, schema, field, `${at}.not`)),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((part) =>
      schemaList(values[part]).flatMap((nested, index) =>
        validateCompleteness(nested, schema, field, `${at}.${part}[${index}]`),
      ),
    ),
  ];
}

/** ValidateStructural: the errors in the order of their text. */
export function validateStructural(schema: Schema, field: string, patterns: PatternCheck): FieldError[] {
  const errors = [
    ...validateInvariants(schema, 'root', field, patterns),
    ...validateValuesCompleteness(schema, schema, field, field),
  ];
  const keyed = errors.map((error) => [fieldErrorMessage(error), error] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, error]) => error);
}
