// Defaults in schemas must be values that the schema takes. This checks what can be told of a value by itself: its type, its
// bounds, its fields; rules in CEL are for the extension server (apiextensions-apiserver pkg/apiserver/schema/defaulting).
import { type FieldError, invalid, notSupported, required, typeInvalid } from '../../../apimachinery/field.ts';
import { byteLength } from '../../../apimachinery/names.ts';
import { type Schema, schemaMap, schemaOf } from './json-schema.ts';

/** The type of a JSON value as the validator calls it. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function fitsType(value: unknown, schema: Schema): boolean {
  const type = (schema['type'] ?? '') as string;
  const actual = typeOf(value);
  if (type === '' || actual === type || (type === 'number' && actual === 'integer')) return true;
  return actual === 'null' && schema['nullable'] === true;
}

function validateNumber(value: number, schema: Schema, field: string): FieldError[] {
  const { minimum, maximum, exclusiveMinimum: above = false, exclusiveMaximum: below = false } = schema;
  const errors: FieldError[] = [];
  if (maximum !== undefined && (below ? value >= maximum : value > maximum))
    errors.push(invalid(field, value, ` in body should be less than ${below ? '' : 'or equal to '}${maximum}`));
  if (minimum !== undefined && (above ? value <= minimum : value < minimum))
    errors.push(invalid(field, value, ` in body should be greater than ${above ? '' : 'or equal to '}${minimum}`));
  return errors;
}

function validateString(value: string, schema: Schema, field: string): FieldError[] {
  const { maxLength, minLength } = schema;
  const length = [...value].length;
  const errors: FieldError[] = [];
  if (maxLength !== undefined && length > maxLength)
    errors.push(invalid(field, value, ` in body should be at most ${maxLength} chars long`));
  if (minLength !== undefined && length < minLength)
    errors.push(invalid(field, value, ` in body should be at least ${minLength} chars long`));
  return errors;
}

function validateObject(value: Record<string, unknown>, schema: Schema, field: string): FieldError[] {
  const missing = ((schema['required'] ?? []) as string[])
    .filter((name) => !(name in value))
    .map((name) => required(`${field}.${name}`));
  const properties = schemaMap(schema['properties']).flatMap(([name, below]) =>
    Object.hasOwn(value, name) ? validateValue(value[name], below, `${field}.${name}`) : [],
  );
  return [...missing, ...properties];
}

function validateValue(value: unknown, schema: Schema, field: string): FieldError[] {
  if (!fitsType(value, schema)) {
    const actual = typeOf(value);
    const wrong = typeInvalid(field, actual, ` in body must be of type ${schema['type']}: ${JSON.stringify(actual)}`);
    const format =
      schema['type'] === 'integer' && actual === 'number'
        ? [invalid(field, '', 'Checked value must be of type integer (default format) in ')]
        : [];
    return [wrong, ...format];
  }
  const allowed = schema['enum'] as unknown[] | undefined;
  const listed = allowed?.some((item) => JSON.stringify(item) === JSON.stringify(value)) ?? true;
  const errors = listed
    ? []
    : [
        notSupported(
          field,
          value,
          (allowed ?? []).map((item) => String(item)),
        ),
      ];
  if (typeof value === 'number') errors.push(...validateNumber(value, schema, field));
  if (typeof value === 'string' && byteLength(value) > 0) errors.push(...validateString(value, schema, field));
  const items = schemaOf(schema['items']);
  if (Array.isArray(value) && items !== undefined)
    value.forEach((item, index) => {
      errors.push(...validateValue(item, items, `${field}[${index}]`));
    });
  if (typeOf(value) === 'object') errors.push(...validateObject(value as Record<string, unknown>, schema, field));
  return errors;
}

/** True where pruning would take a field from the value. */
function hasUnknownFields(value: unknown, schema: Schema): boolean {
  const items = schemaOf(schema['items']);
  if (Array.isArray(value)) return items !== undefined && value.some((item) => hasUnknownFields(item, items));
  if (typeOf(value) !== 'object' || schema['x-kubernetes-preserve-unknown-fields'] === true) return false;
  const properties = schemaOf(schema['properties']) ?? {};
  const others = schema['additionalProperties'];
  return Object.entries(value as object).some(([name, item]) => {
    if (properties[name] !== undefined) return hasUnknownFields(item, properties[name]);
    if (schemaOf(others) !== undefined) return hasUnknownFields(item, others);
    return others !== true;
  });
}

/** ValidateDefaults: of the schema and all below it. */
export function validateDefaults(schema: Schema, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const value = schema['default'];
  const path = `${field}.default`;
  if (value !== undefined) {
    if (hasUnknownFields(value, schema)) errors.push(invalid(path, value, 'must not have unknown fields'));
    errors.push(...validateValue(value, schema, path));
  }
  const items = schemaOf(schema['items']);
  if (items !== undefined) errors.push(...validateDefaults(items, `${field}.items`));
  for (const [name, below] of schemaMap(schema['properties']))
    errors.push(...validateDefaults(below, `${field}.properties[${name}]`));
  return errors;
}
