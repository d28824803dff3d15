// What one object has, and another has not or has differently, as sets of fields
// (sigs.k8s.io/structured-merge-diff typed/compare.go). Linear in the size of the objects; parts that are the same cost no set.
import type { Json, JsonObject } from '../object.ts';
import { deepEqual, ownField } from '../patch/json-values.ts';
import { emptySet, type FieldSet, self, union } from './field-set.ts';
import { elementOfItem, sameElement } from './list-element.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { asList, asMap, fieldType, isEmptyList, isEmptyMap, partOf } from './shape.ts';

export interface Comparison {
  /** Fields that the second object has, and the first has not or has with another value. */
  changed: FieldSet;
  /** Fields that only the first object has. */
  removed: FieldSet;
}

/**
 * What an empty list or map is in a field from which Go leaves it out: in an object that has been decoded into its kind it is as good as
 * missing (`omitted`), in one that somebody has applied it is there (`present`).
 */
export type EmptyFields = 'omitted' | 'present';

/** Compares two objects of `type`. Throws ListElementError for a list that has elements without identity. */
export function compare(before: JsonObject, after: JsonObject, type: MergeType, empty: EmptyFields): Comparison {
  const found = new Walk(empty).values(before, after, type);
  return { changed: found?.changed ?? emptySet, removed: found?.removed ?? emptySet };
}

/** What differs in one node; a side without difference is undefined. */
interface Difference {
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
}

const changedLeaf: Difference = { changed: emptySet, removed: undefined };

function join(a: Difference | undefined, b: Difference | undefined): Difference | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { changed: joinNodes(a.changed, b.changed), removed: joinNodes(a.removed, b.removed) };
}

function joinNodes(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return union({ node: a }, { node: b })['node'];
}

/** Collects what differs below one node. */
class Gathered {
  #changed: FieldSet | undefined;
  #removed: FieldSet | undefined;

  change(element: string, node: FieldSet): void {
    this.#changed ??= {};
    this.#changed[element] = node;
  }

  remove(element: string, node: FieldSet): void {
    this.#removed ??= {};
    this.#removed[element] = node;
  }

  add(element: string, found: Difference | undefined): void {
    if (found?.changed !== undefined) this.change(element, found.changed);
    if (found?.removed !== undefined) this.remove(element, found.removed);
  }

  difference(): Difference | undefined {
    if (this.#changed === undefined && this.#removed === undefined) return undefined;
    return { changed: this.#changed, removed: this.#removed };
  }
}

/** Items by their path element; more than one where keys repeat. */
function itemsByElement(list: Json[], shape: ListShape): Map<string, Json[]> {
  const items = new Map<string, Json[]>();
  for (const item of list) {
    const element = elementOfItem(shape, item);
    const known = items.get(element);
    if (known === undefined) items.set(element, [item]);
    else known.push(item);
  }
  return items;
}

/** Whether the lists have the same elements in the same order, which is the usual case. */
function samePairs(left: Json[], right: Json[], shape: ListShape): boolean {
  return left.length === right.length && left.every((item, i) => sameElement(shape, item, right[i]!));
}

class Walk {
  readonly #empty: EmptyFields;

  constructor(empty: EmptyFields) {
    this.#empty = empty;
  }

  /** Compares two values that are there; null is a value. */
  values(before: Json, after: Json, type: MergeType): Difference | undefined {
    const part = partOf(type, after);
    const other = partOf(type, before);
    const found = this.#parts(before, after, type, part);
    return part === other ? found : join(this.#parts(before, after, type, other), found);
  }

  #parts(before: Json, after: Json, type: MergeType, part: 'list' | 'map' | 'scalar'): Difference | undefined {
    switch (part) {
      case 'map':
        return this.#maps(before, after, type.map!);
      case 'list':
        return this.#lists(before, after, type.list!);
      default:
        return deepEqual(before, after) ? undefined : changedLeaf;
    }
  }

  /** The value of a field; undefined where it is missing, or as good as. */
  #field(map: JsonObject, key: string, shape: MapShape): Json | undefined {
    const value = ownField(map, key);
    if (this.#empty === 'present' || typeof value !== 'object' || value === null) return value;
    if (!shape.fields.get(key)?.omitEmpty) return value;
    return (Array.isArray(value) ? value.length === 0 : isEmptyMap(value)) ? undefined : value;
  }

  /** Null, no object at all, or without fields that count. */
  #hasNoFields(value: Json, shape: MapShape): boolean {
    const map = asMap(value);
    for (const key in map) if (this.#field(map, key, shape) !== undefined) return false;
    return true;
  }

  #maps(before: Json, after: Json, shape: MapShape): Difference | undefined {
    if (shape.atomic || (this.#hasNoFields(before, shape) && this.#hasNoFields(after, shape)))
      return this.#sameMap(before, after, shape) ? undefined : changedLeaf;
    const left = asMap(before) ?? {};
    const right = asMap(after) ?? {};
    const gathered = new Gathered();
    for (const key in left) {
      if (left[key] === ownField(right, key)) continue;
      const value = this.#field(left, key, shape);
      const now = this.#field(right, key, shape);
      if (value === undefined) continue;
      const type = fieldType(shape, key);
      if (now === undefined) gathered.remove(`f:${key}`, this.present(value, type));
      else gathered.add(`f:${key}`, this.values(value, now, type));
    }
    for (const key in right) {
      const value = this.#field(right, key, shape);
      if (value !== undefined && this.#field(left, key, shape) === undefined)
        gathered.change(`f:${key}`, this.present(value, fieldType(shape, key)));
    }
    return gathered.difference();
  }

  #lists(before: Json, after: Json, shape: ListShape): Difference | undefined {
    if (shape.relationship === 'atomic' || (isEmptyList(before) && isEmptyList(after)))
      return this.#sameList(before, after, shape) ? undefined : changedLeaf;
    const left = asList(before) ?? [];
    const right = asList(after) ?? [];
    if (samePairs(left, right, shape)) return this.#pairs(left, right, shape);
    const [were, are] = [itemsByElement(left, shape), itemsByElement(right, shape)];
    const gathered = new Gathered();
    for (const [element, items] of were) this.#items(gathered, element, items, are.get(element) ?? [], shape.element);
    for (const [element, items] of are) {
      if (!were.has(element)) this.#items(gathered, element, [], items, shape.element);
    }
    return gathered.difference();
  }

  /** Compares items pair by pair; elements get names only where something differs. */
  #pairs(left: Json[], right: Json[], shape: ListShape): Difference | undefined {
    if (shape.relationship === 'set') return undefined;
    const found = left.map((item, i) => this.values(item, right[i]!, shape.element));
    if (found.every((difference) => difference === undefined)) return undefined;
    const pairs = new Map<string, { difference: Difference | undefined; repeated: boolean }>();
    for (const [i, item] of left.entries()) {
      const element = elementOfItem(shape, item);
      const known = pairs.get(element);
      if (known === undefined) pairs.set(element, { difference: found[i], repeated: false });
      else pairs.set(element, { difference: known.difference ?? found[i], repeated: true });
    }
    const gathered = new Gathered();
    for (const [element, { difference, repeated }] of pairs) {
      if (!repeated) gathered.add(element, difference);
      else if (difference !== undefined) gathered.change(element, emptySet);
    }
    return gathered.difference();
  }

  /** Items that repeat a key have one owner together: the element itself. */
  #items(gathered: Gathered, element: string, were: Json[], are: Json[], type: MergeType): void {
    if (were.length <= 1 && are.length <= 1) {
      if (are.length === 0) gathered.remove(element, this.present(were[0]!, type));
      else if (were.length === 0) gathered.change(element, this.present(are[0]!, type));
      else gathered.add(element, this.values(were[0]!, are[0]!, type));
    } else if (were.length > 1 && are.length > 1) {
      if (!deepEqual(were, are)) gathered.change(element, emptySet);
    } else if (were.length > 1) {
      if (are.length === 1) gathered.change(element, this.present(are[0]!, type));
      gathered.remove(element, emptySet);
    } else {
      if (were.length === 1) gathered.remove(element, this.present(were[0]!, type));
      gathered.change(element, emptySet);
    }
  }

  /** All that a value which only one side has brings along: itself, and its fields where they have owners of their own. */
  present(value: Json, type: MergeType): FieldSet {
    switch (partOf(type, value)) {
      case 'map':
        return this.#presentInMap(value, type.map!);
      case 'list':
        return this.#presentInList(value, type.list!);
      default:
        return emptySet;
    }
  }

  #presentInMap(value: Json, shape: MapShape): FieldSet {
    const map = asMap(value);
    if (shape.atomic || map === undefined || this.#hasNoFields(map, shape)) return emptySet;
    const node: FieldSet = { [self]: emptySet };
    for (const key in map) {
      const field = this.#field(map, key, shape);
      if (field !== undefined) node[`f:${key}`] = this.present(field, fieldType(shape, key));
    }
    return node;
  }

  #presentInList(value: Json, shape: ListShape): FieldSet {
    const list = asList(value);
    if (shape.relationship === 'atomic' || list === undefined || list.length === 0) return emptySet;
    const node: FieldSet = { [self]: emptySet };
    for (const item of list) {
      const element = elementOfItem(shape, item);
      node[element] = element in node ? emptySet : this.present(item, shape.element);
    }
    return node;
  }

  /** Whether two values with one owner are the same. */
  #same(a: Json, b: Json, type: MergeType): boolean {
    if (a === b) return true;
    if (Array.isArray(a)) return type.list === undefined ? deepEqual(a, b) : this.#sameList(a, b, type.list);
    return type.map === undefined ? deepEqual(a, b) : this.#sameMap(a, b, type.map);
  }

  #sameList(a: Json, b: Json, shape: ListShape): boolean {
    if (!Array.isArray(a) || !Array.isArray(b)) return deepEqual(a, b);
    return a.length === b.length && a.every((item, i) => this.#same(item, b[i]!, shape.element));
  }

  #sameMap(a: Json, b: Json, shape: MapShape): boolean {
    const [left, right] = [asMap(a), asMap(b)];
    if (left === undefined || right === undefined) return a === b;
    for (const key in left) {
      const [value, other] = [this.#field(left, key, shape), this.#field(right, key, shape)];
      if (value === other) continue;
      if (value === undefined || other === undefined || !this.#same(value, other, fieldType(shape, key))) return false;
    }
    for (const key in right) {
      if (this.#field(left, key, shape) === undefined && this.#field(right, key, shape) !== undefined) return false;
    }
    return true;
  }
}
