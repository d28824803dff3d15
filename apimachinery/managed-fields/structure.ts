// Whether an object gives the same set of fields as another: the same names, keys and elements, whatever their values. Most creates of
// a kind come from one template; then the set, and its text, are those of the create before. What is remembered of an object is
// its structure alone, laid out so that the next object is checked in one pass without a look at the schema.
import type { Json, JsonObject } from '../object.ts';
import { isObject } from '../patch/json-values.ts';
import type { FieldSet } from './field-set.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { sharedSet } from './set-texts.ts';
import { asMap, fieldType, isEmptyMap, partOf } from './shape.ts';

export type Structure =
  | { kind: 'fields'; names: readonly string[]; fields: readonly Structure[] }
  | { kind: 'items'; items: readonly Item[] }
  | { kind: 'values'; values: readonly Json[] }
  /** One owner for all of it. */
  | { kind: 'whole'; list: boolean; empty: boolean }
  /** Where the object was compared with a scalar: whether it was the same. */
  | { kind: 'scalar'; base: Json | undefined; isBase: boolean }
  | { kind: 'exactly'; value: null | undefined }
  /** Without identity: not the same as anything. */
  | { kind: 'nothing' };

/** An element of a keyed list: what its keys are, and what stands in for one that is left out. */
interface Item {
  keys: readonly { name: string; value: Json | undefined; default: Json | undefined }[];
  structure: Structure;
}

/** The structure of a value. `base` is what it was compared with: where that has a scalar, it matters whether they are the same. */
export function structureOf(value: Json | undefined, base: Json | undefined, type: MergeType): Structure {
  if (value === undefined || value === null) return { kind: 'exactly', value };
  const part = partOf(type, value);
  if (typeof value !== 'object') return { kind: 'scalar', base, isBase: value === base };
  if (Array.isArray(value))
    return part === 'list'
      ? structureOfList(value, type.list!)
      : { kind: 'whole', list: true, empty: value.length === 0 };
  if (part === 'map') return structureOfMap(value, asMap(base), type.map!);
  return { kind: 'whole', list: false, empty: isEmptyMap(value) };
}

function structureOfMap(map: JsonObject, base: JsonObject | undefined, shape: MapShape): Structure {
  if (shape.atomic && base === undefined) return { kind: 'whole', list: false, empty: isEmptyMap(map) };
  const names = Object.keys(map);
  return {
    kind: 'fields',
    names,
    fields: names.map((name) => structureOf(map[name], base?.[name], fieldType(shape, name))),
  };
}

function structureOfList(list: readonly Json[], shape: ListShape): Structure {
  if (shape.relationship === 'atomic') return { kind: 'whole', list: true, empty: list.length === 0 };
  if (shape.relationship === 'set') return { kind: 'values', values: list.slice() };
  const items = list.map((item) => itemOf(item, shape));
  return items.includes(undefined) ? { kind: 'nothing' } : { kind: 'items', items: items as Item[] };
}

function itemOf(item: Json, shape: ListShape): Item | undefined {
  if (!isObject(item)) return undefined;
  const keys = shape.keys.map((name) => {
    const missing = shape.element.map?.fields.get(name)?.default;
    return { name, value: Object.hasOwn(item, name) ? item[name] : missing, default: missing };
  });
  if (keys.every(({ value }) => value === undefined)) return undefined;
  return { keys, structure: structureOf(item, undefined, shape.element) };
}

/** Whether `value` has this structure. */
export function hasStructure(value: Json | undefined, structure: Structure): boolean {
  switch (structure.kind) {
    case 'scalar':
      if (typeof value === 'object' || value === undefined) return false;
      return structure.base === undefined || (value === structure.base) === structure.isBase;
    case 'fields':
      return isObject(value) && hasFields(value, structure.names, structure.fields);
    case 'items':
      return Array.isArray(value) && hasItems(value, structure.items);
    case 'values':
      return Array.isArray(value) && sameValues(value, structure.values);
    case 'whole':
      if (structure.list) return Array.isArray(value) && (value.length === 0) === structure.empty;
      return isObject(value) && isEmptyMap(value) === structure.empty;
    case 'exactly':
      return value === structure.value;
    default:
      return false;
  }
}

function hasFields(map: JsonObject, names: readonly string[], fields: readonly Structure[]): boolean {
  let i = 0;
  for (const name in map) {
    if (name !== names[i] || !hasStructure(map[name], fields[i]!)) return false;
    i++;
  }
  return i === names.length;
}

function hasItems(list: readonly Json[], items: readonly Item[]): boolean {
  if (list.length !== items.length) return false;
  for (let i = 0; i < items.length; i++) {
    const item = list[i]!;
    const { keys, structure } = items[i]!;
    if (!isObject(item)) return false;
    for (const key of keys)
      if ((Object.hasOwn(item, key.name) ? item[key.name] : key.default) !== key.value) return false;
    if (!hasStructure(item, structure)) return false;
  }
  return true;
}

function sameValues(list: readonly Json[], values: readonly Json[]): boolean {
  return list.length === values.length && values.every((value, i) => value === list[i]);
}

/** The structures of the last objects that were created, and their sets. */
export class CreatedSets {
  readonly #type: MergeType;
  readonly #base: JsonObject;
  #known: { structure: Structure; set: FieldSet }[] = [];

  constructor(type: MergeType, base: JsonObject) {
    this.#type = type;
    this.#base = base;
  }

  /** The set of an object; `make` finds it for one of a structure that has not been seen lately. */
  setOf(object: JsonObject, make: () => FieldSet): FieldSet {
    for (const { structure, set } of this.#known) if (hasStructure(object, structure)) return set;
    const set = sharedSet(make());
    this.#known = [{ structure: structureOf(object, this.#base, this.#type), set }, ...this.#known].slice(0, maxKnown);
    return set;
  }
}

/** Structures remembered for each kind. */
const maxKnown = 4;
