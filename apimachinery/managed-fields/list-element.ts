// How the elements of sets and keyed lists are told apart (sigs.k8s.io/structured-merge-diff typed/helpers.go).
import type { Json, JsonObject } from '../object.ts';
import { isObject } from '../patch/json-values.ts';
import type { ListShape } from './merge-type.ts';
import { keyElement, valueElement } from './path-element.ts';

/** An element that cannot be told apart from others: it has no keys, or is not what the list's type asks for. */
export class ListElementError extends Error {}

/** The path element of `item` in a list that is not atomic. Throws ListElementError. */
export function elementOfItem(list: ListShape, item: Json): string {
  return list.relationship === 'map' ? keyOf(list, item) : valueItem(item);
}

const sortedKeys = new WeakMap<ListShape, readonly string[]>();

function keysInOrder(list: ListShape): readonly string[] {
  if (list.keys.length < 2) return list.keys;
  let keys = sortedKeys.get(list);
  if (keys === undefined) {
    keys = list.keys.toSorted();
    sortedKeys.set(list, keys);
  }
  return keys;
}

function keyOf(list: ListShape, item: Json): string {
  if (item === null) throw new ListElementError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new ListElementError('associative list with keys may not have non-map elements');
  const names = keysInOrder(list);
  const values = names.map((name) => keyValue(list, item, name));
  if (values.every((value) => value === undefined)) {
    const keys = `[${list.keys.map((key) => JSON.stringify(key)).join(' ')}]`;
    throw new ListElementError(
      `associative list with keys has an element that omits all key fields ${keys} (and doesn't have default values for any key fields)`,
    );
  }
  return keyElement(names, values);
}

/** A key that is left out has its default; without one it is no part of the element's identity. */
function keyValue(list: ListShape, item: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(item, name) ? item[name] : list.element.map?.fields.get(name)?.default;
}

function valueItem(item: Json): string {
  if (isObject(item)) throw new ListElementError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new ListElementError('not supported: associative list with lists as elements');
  if (item === null) throw new ListElementError("associative list without keys has an element that's an explicit null");
  return valueElement(item);
}

/** Whether two items of a list have the same identity. Never throws: what has none is not the same as anything. */
export function sameElement(list: ListShape, a: Json, b: Json): boolean {
  if (list.relationship === 'set') return a === b;
  if (!isObject(a) || !isObject(b)) return false;
  let any = false;
  for (const name of list.keys) {
    const value = keyValue(list, a, name);
    const other = keyValue(list, b, name);
    if (value !== other) return false;
    if (value !== undefined) any = true;
  }
  return any;
}
