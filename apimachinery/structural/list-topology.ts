// The items of sets and maps are unique (apiextensions-apiserver pkg/apiserver/schema/listtype).
import { duplicate, type FieldError, invalid, untyped } from '../field.ts';
import { isObject, type SchemaNode } from './schema.ts';

/** The same for values that Go's decoded JSON compares as equal: objects by content, whatever the order of their fields. */
function keyOf(value: unknown): unknown {
  if (typeof value === 'string') return `"${value}`;
  return typeof value === 'object' && value !== null ? canonical(value) : value;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** The indexes at which a value stands for the second time; further ones are not reported. */
function repeated(keys: readonly unknown[]): number[] {
  if (keys.length <= 1) return [];
  const seen = new Map<unknown, number>();
  return keys.flatMap((key, index) => {
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return times === 1 ? [index] : [];
  });
}

function mapKeys(item: unknown, names: readonly string[]): Record<string, unknown> {
  return isObject(item)
    ? Object.fromEntries(names.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]]))
    : {};
}

/** Undefined stands for a key that an item leaves out. */
function itemKey(item: unknown, names: readonly string[]): unknown {
  const value = (name: string): unknown => (isObject(item) && Object.hasOwn(item, name) ? item[name] : undefined);
  if (names.length === 1) return keyOf(value(names[0]!));
  return names.map((name) => (value(name) === undefined ? '' : canonical(value(name)))).join('\u0000');
}

function validateMap(items: readonly unknown[], node: SchemaNode, path: string): FieldError[] {
  if (items.length === 0) return [];
  const wrong = items.findIndex((item) => item !== null && !isObject(item));
  if (wrong >= 0)
    return [invalid(`${path}[${wrong}]`, untyped(items[wrong]), 'must be an object for an array of list-type map')];
  const names = node.listMapKeys;
  const keys = items.map((item) => itemKey(item, names));
  return repeated(keys).map((index) => duplicate(`${path}[${index}]`, untyped(mapKeys(items[index], names))));
}

/** ValidateListSetsAndMaps of an object and all below it, at `path` (empty at the root). */
export function validateListTopology(value: unknown, node: SchemaNode | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (node !== undefined) validate(value, node, path, errors);
  return errors;
}

function validate(value: unknown, node: SchemaNode, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) validateItems(value, node, path, errors);
  else if (isObject(value)) validateFields(value, node, path, errors);
}

function validateItems(items: readonly unknown[], node: SchemaNode, path: string, errors: FieldError[]): void {
  if (node.listType === 'set')
    errors.push(...repeated(items.map(keyOf)).map((index) => duplicate(`${path}[${index}]`, untyped(items[index]))));
  else if (node.listType === 'map') errors.push(...validateMap(items, node, path));
  if (node.items === undefined) return;
  for (let i = 0; i < items.length; i++)
    if (typeof items[i] === 'object') validate(items[i], node.items, `${path}[${i}]`, errors);
}

function validateFields(object: Record<string, unknown>, node: SchemaNode, path: string, errors: FieldError[]): void {
  const { properties, additional } = node;
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (typeof value !== 'object' || value === null) continue;
    const property = properties?.get(name);
    if (property !== undefined) validate(value, property, path === '' ? name : `${path}.${name}`, errors);
    else if (typeof additional === 'object') validate(value, additional, `${path}[${name}]`, errors);
  }
}
