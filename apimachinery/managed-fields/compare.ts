// What one object has, and another has not or has differently, as sets of fields
// (sigs.k8s.io/structured-merge-diff typed/compare.go). Linear in the size of the objects; parts that are the same cost no set.
import type { Json, JsonObject } from '../object.ts';
import { deepEqual, ownField } from '../patch/json-values.ts';
import { emptySet, type FieldSet, nodeOf, self, union } from './field-set.ts';
import { elementOfItem, sameElement } from './list-element.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { asList, asMap, isEmptyList, isEmptyMap, partOf } from './shape.ts';

export interface Comparison {
  /** Fields that the second object has, and the first has not or has with another value. */
  changed: FieldSet;
  /** Fields that only the first object has. */
  removed: FieldSet;
}

/** What differs in one node; a side without difference is undefined. */
interface Difference {
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
}

/** Compares two objects of `type`. Throws ListElementError for a list that has elements without identity. */
export function compare(before: JsonObject, after: JsonObject, type: MergeType): Comparison {
  const found = compareValues(before, after, type);
  return { changed: found?.changed ?? emptySet, removed: found?.removed ?? emptySet };
}

const changedLeaf: Difference = { changed: emptySet, removed: undefined };

function compareValues(before: Json, after: Json, type: MergeType): Difference | undefined {
  const part = partOf(type, after);
  const other = partOf(type, before);
  if (part === other) return compareParts(before, after, type, part);
  return join(compareParts(before, after, type, other), compareParts(before, after, type, part));
}

function join(a: Difference | undefined, b: Difference | undefined): Difference | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { changed: joinNodes(a.changed, b.changed), removed: joinNodes(a.removed, b.removed) };
}

function joinNodes(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return union({ node: a }, { node: b })['node'];
}

function compareParts(before: Json, after: Json, type: MergeType, part: 'list' | 'map' | 'scalar') {
  switch (part) {
    case 'map':
      return compareMaps(before, after, type.map!);
    case 'list':
      return compareLists(before, after, type.list!);
    default:
      return deepEqual(before, after) ? undefined : changedLeaf;
  }
}

function compareMaps(before: Json, after: Json, shape: MapShape): Difference | undefined {
  if (shape.atomic || (isEmptyMap(before) && isEmptyMap(after)))
    return deepEqual(before, after) ? undefined : changedLeaf;
  const left = asMap(before) ?? {};
  const right = asMap(after) ?? {};
  const gathered = new Gathered();
  for (const key in left) {
    const value = left[key];
    const now = ownField(right, key);
    if (value === now || value === undefined) continue;
    const type = fieldType(shape, key);
    if (now === undefined) gathered.remove(`f:${key}`, presentFields(value, type));
    else gathered.add(`f:${key}`, compareValues(value, now, type));
  }
  for (const key in right) {
    const value = right[key];
    if (value !== undefined && ownField(left, key) === undefined)
      gathered.change(`f:${key}`, presentFields(value, fieldType(shape, key)));
  }
  return gathered.difference();
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

const unknownField: MergeType = { scalar: 'untyped' };

function fieldType(shape: MapShape, key: string): MergeType {
  return shape.fields.get(key)?.type ?? shape.element ?? unknownField;
}

function compareLists(before: Json, after: Json, shape: ListShape): Difference | undefined {
  if (shape.relationship === 'atomic' || (isEmptyList(before) && isEmptyList(after)))
    return deepEqual(before, after) ? undefined : changedLeaf;
  const left = asList(before) ?? [];
  const right = asList(after) ?? [];
  if (samePairs(left, right, shape)) return comparePairs(left, right, shape);
  const [were, are] = [itemsByElement(left, shape), itemsByElement(right, shape)];
  const gathered = new Gathered();
  for (const [element, items] of were) compareItems(gathered, element, items, are.get(element) ?? [], shape.element);
  for (const [element, items] of are) {
    if (!were.has(element)) compareItems(gathered, element, [], items, shape.element);
  }
  return gathered.difference();
}

/** Whether the lists have the same elements in the same order, which is the usual case. */
function samePairs(left: Json[], right: Json[], shape: ListShape): boolean {
  return left.length === right.length && left.every((item, i) => sameElement(shape, item, right[i]!));
}

/** Compares items pair by pair; elements get names only where something differs. */
function comparePairs(left: Json[], right: Json[], shape: ListShape): Difference | undefined {
  if (shape.relationship === 'set') return undefined;
  const found = left.map((item, i) => compareValues(item, right[i]!, shape.element));
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

/** Items by their path element; more than one where keys repeat. */
export function itemsByElement(list: Json[], shape: ListShape): Map<string, Json[]> {
  const items = new Map<string, Json[]>();
  for (const item of list) {
    const element = elementOfItem(shape, item);
    const known = items.get(element);
    if (known === undefined) items.set(element, [item]);
    else known.push(item);
  }
  return items;
}

/** Items that repeat a key have one owner together: the element itself. */
function compareItems(gathered: Gathered, element: string, were: Json[], are: Json[], type: MergeType): void {
  if (were.length <= 1 && are.length <= 1) {
    if (are.length === 0) gathered.remove(element, presentFields(were[0]!, type));
    else if (were.length === 0) gathered.change(element, presentFields(are[0]!, type));
    else gathered.add(element, compareValues(were[0]!, are[0]!, type));
  } else if (were.length > 1 && are.length > 1) {
    if (!deepEqual(were, are)) gathered.change(element, emptySet);
  } else if (were.length > 1) {
    if (are.length === 1) gathered.change(element, presentFields(are[0]!, type));
    gathered.remove(element, emptySet);
  } else {
    if (were.length === 1) gathered.remove(element, presentFields(were[0]!, type));
    gathered.change(element, emptySet);
  }
}

/** All that a value which only one side has brings along: itself, and its fields where they have owners of their own. */
export function presentFields(value: Json, type: MergeType): FieldSet {
  switch (partOf(type, value)) {
    case 'map':
      return presentInMap(value, type.map!);
    case 'list':
      return presentInList(value, type.list!);
    default:
      return emptySet;
  }
}

function presentInMap(value: Json, shape: MapShape): FieldSet {
  const map = asMap(value);
  if (shape.atomic || map === undefined || isEmptyMap(map)) return emptySet;
  const node: FieldSet = { [self]: emptySet };
  for (const key in map) {
    const field = map[key];
    if (field !== undefined) node[`f:${key}`] = presentFields(field, fieldType(shape, key));
  }
  return node;
}

function presentInList(value: Json, shape: ListShape): FieldSet {
  const list = asList(value);
  if (shape.relationship === 'atomic' || list === undefined || list.length === 0) return emptySet;
  const node: FieldSet = { [self]: emptySet };
  for (const item of list) {
    const element = elementOfItem(shape, item);
    node[element] = element in node ? emptySet : presentFields(item, shape.element);
  }
  return node;
}

/**
 * The fields that an applied object sets (typed/tofieldset.go): as `presentFields`, but structs, lists and maps that the schema
 * declares are not members themselves, unless they are empty.
 */
export function appliedFields(object: JsonObject, type: MergeType): FieldSet {
  return appliedNode(object, type).below;
}

interface AppliedNode {
  member: boolean;
  below: FieldSet;
}

function appliedNode(value: Json, type: MergeType): AppliedNode {
  const part = partOf(type, value);
  if (part === 'map' && !type.map!.atomic) return { member: false, below: appliedInMap(value, type.map!) };
  if (part === 'list' && type.list!.relationship !== 'atomic')
    return { member: false, below: appliedInList(value, type.list!) };
  return { member: true, below: emptySet };
}

function appliedInMap(value: Json, shape: MapShape): FieldSet {
  const below: FieldSet = {};
  const map = asMap(value) ?? {};
  for (const key in map) {
    const field = map[key];
    if (field === undefined) continue;
    const child = appliedNode(field, fieldType(shape, key));
    const empty = field === null || (typeof field === 'object' && !Array.isArray(field) && isEmptyMap(field));
    const node = nodeOf(child.member || empty || !shape.fields.has(key), child.below);
    if (node !== undefined) below[`f:${key}`] = node;
  }
  return below;
}

function appliedInList(value: Json, shape: ListShape): FieldSet {
  const below: FieldSet = {};
  for (const item of asList(value) ?? []) {
    const element = elementOfItem(shape, item);
    if (element in below) below[element] = emptySet;
    else below[element] = nodeOf(true, appliedNode(item, shape.element).below)!;
  }
  return below;
}
