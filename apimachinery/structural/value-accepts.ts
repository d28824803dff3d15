// Whether a value is as its schema wants it: yes or no, without words. Nearly every object is, and pays for this walk only; what
// is refused is walked again by value-errors.ts, which must come to the same answer.
import { isDeepStrictEqual } from 'node:util';
import { isInt64 } from '../go-print.ts';
import { hasFormat } from './formats.ts';
import { isNearInteger, numberFaults } from './numbers.ts';
import { isObject } from './schema.ts';
import type { ValueSchema } from './value-schema.ts';

/** The number of code points, as far as it takes to tell it from the bounds. */
export function runeCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        count--;
        i++;
      }
    }
  }
  return count;
}

/** The JSON type of a value, as schemas name it. Whole numbers are integers where Go's decoding makes them so. */
export function valueType(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value;
  if (typeof value === 'number') return isInt64(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : 'object';
}

/** What typeValidator finds wrong: `type` (the types are not met) or `format` (a format for other types). */
export function typeFault(value: unknown, schema: ValueSchema): 'format' | 'type' | undefined {
  const { types, format } = schema;
  if (types.length === 0 && format === '') return undefined;
  const numeric = types.includes('number') || types.includes('integer');
  const actual = valueType(value);
  const fits =
    types.includes(actual) ||
    (actual === 'integer' && types.includes('number')) ||
    (actual === 'number' && types.includes('integer') && isNearInteger(value as number));
  const unformatted = actual === 'string' || actual === 'array';
  if (format !== '' && !unformatted && !fits && !(actual === 'integer' && format === 'int64')) return 'format';
  if (format !== '' && unformatted && !numeric) return undefined;
  return fits ? undefined : 'type';
}

/** Go converts the value to the type of each item before it compares: 1.5 is among [1]. */
export function isListed(value: unknown, schema: ValueSchema): boolean {
  const values = schema.enum;
  if (values === undefined) return true;
  if (typeof value === 'string') return schema.enumStrings!.has(value);
  if (value === null) return false;
  if (typeof value === 'number')
    return values.some((one) => one === value || (isInt64Value(one) && Math.trunc(value) === one));
  return values.some((one) => isDeepStrictEqual(one, value));
}

function isInt64Value(value: unknown): boolean {
  return typeof value === 'number' && isInt64(value);
}

/** The same answer as an empty list from value-errors.ts. */
export function accepts(value: unknown, schema: ValueSchema): boolean {
  if (value === null || value === undefined)
    return (schema.types.length === 0 || schema.nullable) && schema.enum === undefined;
  if (typeFault(value, schema) !== undefined) return false;
  if (schema.enum !== undefined && !isListed(value, schema)) return false;
  if (!acceptsCombination(value, schema)) return false;
  if (typeof value === 'string') return acceptsString(value, schema);
  if (typeof value === 'number') return acceptsNumber(value, schema);
  if (Array.isArray(value)) return acceptsItems(value, schema);
  return isObject(value) ? acceptsFields(value, schema) : true;
}

function acceptsCombination(value: unknown, schema: ValueSchema): boolean {
  const { allOf, anyOf, oneOf, not } = schema;
  if (allOf.length > 0 && !allOf.every((one) => accepts(value, one))) return false;
  if (anyOf.length > 0 && !anyOf.some((one) => accepts(value, one))) return false;
  if (oneOf.length > 0 && oneOf.filter((one) => accepts(value, one)).length !== 1) return false;
  return not === undefined || !accepts(value, not);
}

function acceptsString(value: string, schema: ValueSchema): boolean {
  const { maxLength, minLength, pattern, format } = schema;
  if (maxLength !== undefined || minLength !== undefined) {
    const count = runeCount(value);
    if (maxLength !== undefined && count > maxLength) return false;
    if (minLength !== undefined && count < minLength) return false;
  }
  if (pattern !== '' && schema.compiledPattern()?.(value) !== true) return false;
  return format === '' || hasFormat(value, format);
}

function acceptsNumber(value: number, schema: ValueSchema): boolean {
  const plain =
    schema.maximum === undefined &&
    schema.minimum === undefined &&
    schema.multipleOf === undefined &&
    schema.format === '' &&
    isInt64(value);
  return plain || numberFaults(value, schema).length === 0;
}

function acceptsItems(items: readonly unknown[], schema: ValueSchema): boolean {
  const { maxItems, minItems, items: below } = schema;
  if (maxItems !== undefined && items.length > maxItems) return false;
  if (minItems !== undefined && items.length < minItems) return false;
  if (below === undefined) return true;
  for (const item of items) if (!accepts(item, below)) return false;
  return true;
}

function acceptsFields(object: Record<string, unknown>, schema: ValueSchema): boolean {
  const { properties, additional, maxProperties, minProperties } = schema;
  for (const name of schema.required) if (!Object.hasOwn(object, name)) return false;
  const names = Object.keys(object);
  if (maxProperties !== undefined && names.length > maxProperties) return false;
  if (minProperties !== undefined && names.length < minProperties) return false;
  for (const name of names) {
    const property = properties.get(name);
    if (property !== undefined) {
      if (!accepts(object[name], property)) return false;
    } else if (additional === false) {
      return false;
    } else if (typeof additional === 'object' && !accepts(object[name], additional)) {
      return false;
    }
  }
  return true;
}
