// What an OpenAPI v3 schema in a CustomResourceDefinition may say (ValidateCustomResourceDefinitionOpenAPISchema). That rules in
// CEL compile, and what they cost, is not checked here.
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { findField } from '../../../apimachinery/structural/field-path.ts';
import { type SchemaNode, schemaNode } from '../../../apimachinery/structural/schema.ts';
import { listOf } from '../fields.ts';
import { type Schema, schemaList, schemaMap, schemaOf } from './json-schema.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const metaFields = ['metadata', 'kind', 'apiVersion'];

/** Where in a schema we are. */
interface Context {
  root: boolean;
  insideMetadata: boolean;
  /** Why defaults are not allowed here; undefined where they are. */
  noDefaults: string | undefined;
}

const unsupported: readonly [part: string, name: string][] = [
  ['id', 'id'],
  ['additionalItems', 'additionalItems'],
  ['patternProperties', 'patternProperties'],
  ['definitions', 'definitions'],
  ['dependencies', 'dependencies'],
  ['$ref', '$ref'],
];

function validateKeywords(schema: Schema, field: string, context: Context): FieldError[] {
  const type = (schema['type'] ?? '') as string;
  const errors: FieldError[] = [];
  if (type !== '' && !types.includes(type)) errors.push(notSupported(`${field}.type`, type, types));
  if (schema['default'] !== undefined && context.noDefaults !== undefined)
    errors.push(forbidden(`${field}.default`, `must not be set ${context.noDefaults}`));
  for (const [part, name] of unsupported) {
    const value = schema[part];
    const given = typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
    if (given) errors.push(forbidden(`${field}.${part}`, `${name} is not supported`));
  }
  if (type === 'null')
    errors.push(forbidden(`${field}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (schemaList(schema['items']).length > 0)
    errors.push(forbidden(`${field}.items`, 'items must be a schema object and not an array'));
  if (context.insideMetadata && schema['x-kubernetes-embedded-resource'] === true)
    errors.push(forbidden(`${field}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  return errors;
}

/** A list or map type that is one of those there are, on a schema of the right type. */
function validateTopologyType(
  schema: Schema,
  part: string,
  type: string,
  values: string[],
  field: string,
): FieldError[] {
  const value = schema[part] as string | undefined;
  const actual = (schema['type'] ?? '') as string;
  if (value === undefined) return [];
  const rule = `must be ${type} if ${part} is specified`;
  const errors: FieldError[] = [];
  if (actual !== type)
    errors.push(actual === '' ? required(`${field}.type`, rule) : invalid(`${field}.type`, actual, rule));
  if (!values.includes(value)) errors.push(notSupported(`${field}.${part}`, value, values));
  return errors;
}

/** The items of a set are compared whole. */
function validateSetItems(items: Schema, field: string): FieldError[] {
  const rule = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'] as string | undefined;
  if (items['type'] === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalid(`${field}.items.x-kubernetes-list-type`, listType, rule)];
  if (items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalid(`${field}.items.x-kubernetes-map-type`, listType, rule)];
  return [];
}

/** Each key of a map list names a scalar that every item has. */
function validateMapKey(key: string, items: Schema, keys: readonly string[], field: string): FieldError[] {
  const path = 'x-kubernetes-list-map-keys';
  const property = schemaOf(items['properties'])?.[key] as Schema | undefined;
  if (property === undefined)
    return [invalid(`${field}.${path}`, keys, 'entries must all be names of item properties')];
  if (property['type'] !== 'array' && property['type'] !== 'object') return [];
  const rule = "must be a scalar type if parent array's x-kubernetes-list-type is map";
  return [invalid(`${field}.items.properties[${key}].type`, items['type'], rule)];
}

function validateMapList(schema: Schema, keys: readonly string[], field: string): FieldError[] {
  const items = schemaOf(schema['items']);
  const path = `${field}.x-kubernetes-list-map-keys`;
  const errors: FieldError[] = [];
  if (keys.length === 0) errors.push(required(path, 'must not be empty if x-kubernetes-list-type is map'));
  if (items === undefined) {
    const many = schemaList(schema['items']).length > 0;
    const single = 'must only have a single schema if x-kubernetes-list-type is map';
    const some = 'must have a schema if x-kubernetes-list-type is map';
    errors.push(many ? invalid(`${field}.items`, schema['items'], single) : required(`${field}.items`, some));
  } else if (items['type'] !== 'object') {
    const rule = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${field}.items.type`, items['type'] ?? '', rule));
  } else {
    keys.forEach((key, index) => {
      errors.push(...validateMapKey(key, items, keys, field));
      if (keys.indexOf(key) < index) errors.push(invalid(path, keys, 'must not contain duplicate entries'));
    });
  }
  return errors;
}

/** Items of sets and maps, and the keys of maps, are there: not null, required or defaulted (validateMapListKeysMapSet). */
function validateListItems(schema: Schema, listType: string, keys: readonly string[], field: string): FieldError[] {
  const items = schemaOf(schema['items']);
  if (items === undefined) return [];
  const errors: FieldError[] = [];
  if (items['nullable'] === true)
    errors.push(forbidden(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  if (listType !== 'map') return errors;
  const requiredNames = (items['required'] ?? []) as string[];
  for (const key of keys) {
    const property = schemaOf(items['properties'])?.[key] as Schema | undefined;
    if (property === undefined) continue;
    const path = `${field}.items.properties[${key}]`;
    const because = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!requiredNames.includes(key) && property['default'] === undefined)
      errors.push(required(`${path}.default`, `${because} must have a default or be a required property`));
    if (property['nullable'] === true) errors.push(forbidden(`${path}.nullable`, `${because} cannot be nullable`));
  }
  return errors;
}

function validateTopology(schema: Schema, field: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'] as string | undefined;
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []) as string[];
  const items = schemaOf(schema['items']);
  const path = `${field}.x-kubernetes-list-type`;
  const errors = [
    ...validateTopologyType(schema, 'x-kubernetes-map-type', 'object', ['atomic', 'granular'], field),
    ...validateTopologyType(schema, 'x-kubernetes-list-type', 'array', ['atomic', 'set', 'map'], field),
  ];
  if (listType === 'set' && schema['type'] === 'array' && items !== undefined)
    errors.push(...validateSetItems(items, field));
  if (keys.length > 0 && listType !== 'map') {
    const rule = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(path, rule) : invalid(path, listType, rule));
  }
  if (listType === 'map') errors.push(...validateMapList(schema, keys, field));
  if (listType === 'map' || listType === 'set') errors.push(...validateListItems(schema, listType, keys, field));
  return errors;
}

function hasNewlines(text: string): boolean {
  return /[\n\r]/.test(text);
}

function validateMessage(rule: string, message: string, field: string): FieldError[] {
  const path = `${field}.message`;
  if (message !== '' && message.trim() === '') return [invalid(path, message, 'must be non-empty if specified')];
  if (hasNewlines(message.trim())) return [invalid(path, message, 'must not contain line breaks')];
  return hasNewlines(rule.trim()) && message === ''
    ? [required(path, 'message must be specified if rule contains line breaks')]
    : [];
}

function validateRules(schema: Schema, field: string): FieldError[] {
  let node: SchemaNode | undefined;
  return listOf(schema['x-kubernetes-validations']).flatMap((validation, index) => {
    const { rule = '', message = '', messageExpression = '', reason, fieldPath = '' } = validation;
    const path = `${field}.x-kubernetes-validations[${index}]`;
    const errors =
      rule.trim() === '' ? [required(`${path}.rule`, 'rule is not specified')] : validateMessage(rule, message, path);
    if (messageExpression !== '' && messageExpression.trim() === '')
      errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
    if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons));
    if (fieldPath !== '' && fieldPath.trim() === '')
      errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must be non-empty if specified'));
    if (hasNewlines(fieldPath)) errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must not contain line breaks'));
    if (fieldPath !== '') node ??= schemaNode(schema);
    if (node && fieldPath !== '' && 'error' in findField(fieldPath, node, { allowArrayNotation: true }))
      errors.push(invalid(`${path}.fieldPath`, fieldPath, 'must be a valid path'));
    return errors;
  });
}

function validateProperties(schema: Schema, field: string, context: Context): FieldError[] {
  const resource = context.root || schema['x-kubernetes-embedded-resource'] === true;
  return schemaMap(schema['properties']).flatMap(([name, below]) => {
    const meta = resource && metaFields.includes(name);
    const noDefaults = meta && context.root ? `in top-level ${name}` : context.noDefaults;
    const inside = { root: false, insideMetadata: context.insideMetadata || meta, noDefaults };
    return validateSchema(below, `${field}.properties[${name}]`, inside);
  });
}

function validateBelow(schema: Schema, field: string, context: Context): FieldError[] {
  const below = { ...context, root: false };
  const additional = schemaOf(schema['additionalProperties']);
  const errors: FieldError[] = [];
  if (additional !== undefined) {
    const noDefaults = context.insideMetadata
      ? 'inside additionalProperties applying to object metadata'
      : context.noDefaults;
    errors.push(...validateSchema(additional, `${field}.additionalProperties`, { ...below, noDefaults }));
  }
  errors.push(...validateProperties(schema, field, context));
  for (const part of ['not', 'items']) {
    const one = schemaOf(schema[part]);
    if (one !== undefined) errors.push(...validateSchema(one, `${field}.${part}`, below));
  }
  for (const part of ['allOf', 'oneOf', 'anyOf'])
    schemaList(schema[part]).forEach((one, index) => {
      errors.push(...validateSchema(one, `${field}.${part}[${index}]`, below));
    });
  return errors;
}

function validateSchema(schema: Schema, field: string, context: Context): FieldError[] {
  const errors = validateKeywords(schema, field, context);
  if (schema['uniqueItems'] === true) {
    const rule = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${field}.uniqueItems`, rule));
  }
  const additional = schema['additionalProperties'];
  if (additional !== undefined && additional !== true && Object.keys(schema['properties'] ?? {}).length > 0)
    errors.push(forbidden(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  errors.push(...validateBelow(schema, field, context));
  const preserve = schema['x-kubernetes-preserve-unknown-fields'];
  if (preserve === false)
    errors.push(invalid(`${field}.x-kubernetes-preserve-unknown-fields`, preserve, 'must be true or undefined'));
  return [...errors, ...validateTopology(schema, field), ...validateRules(schema, field)];
}

/** Checks the root schema of a version, at `field`. */
export function validateOpenAPISchema(schema: Schema, field: string): FieldError[] {
  return validateSchema(schema, field, { root: true, insideMetadata: false, noDefaults: undefined });
}
