// Whether two objects give the same set of fields: the same names, keys and elements, whatever their values. Most creates of a kind
// come from one template; then the set, and its text, are those of the create before.
import type { Json, JsonObject } from '../object.ts';
import type { FieldSet } from './field-set.ts';
import { sameElement } from './list-element.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { sharedSet } from './set-texts.ts';
import { asList, asMap, fieldType, isEmptyMap, partOf } from './shape.ts';

/** `base` is what both are compared with: where it has a scalar, both must differ from it, or neither. */
export function sameStructure(a: Json, b: Json, base: Json | undefined, type: MergeType): boolean {
  const part = partOf(type, a);
  if (part !== partOf(type, b) || (a === null) !== (b === null)) return false;
  if (part === 'map') return sameMaps(asMap(a), asMap(b), asMap(base), type.map!);
  if (part === 'list') return sameLists(asList(a), asList(b), type.list!);
  return base === undefined || (a === base) === (b === base);
}

function sameMaps(
  a: JsonObject | undefined,
  b: JsonObject | undefined,
  base: JsonObject | undefined,
  shape: MapShape,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (shape.atomic && base === undefined) return isEmptyMap(a) === isEmptyMap(b);
  const names = Object.keys(a);
  const others = Object.keys(b);
  if (names.length !== others.length) return false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (name !== others[i]) return false;
    const [value, other] = [a[name], b[name]];
    if (value === undefined || other === undefined) {
      if (value !== other) return false;
    } else if (typeof value === 'object' || typeof other === 'object' || base?.[name] !== undefined) {
      if (!sameStructure(value, other, base?.[name], fieldType(shape, name))) return false;
    }
  }
  return true;
}

function sameLists(a: Json[] | undefined, b: Json[] | undefined, shape: ListShape): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (shape.relationship === 'atomic') return (a.length === 0) === (b.length === 0);
  if (a.length !== b.length) return false;
  return a.every((item, i) => {
    const other = b[i]!;
    return (
      sameElement(shape, item, other) &&
      (shape.relationship === 'set' || sameStructure(item, other, undefined, shape.element))
    );
  });
}

/** The last objects that were created, and their sets. */
export class CreatedSets {
  readonly #type: MergeType;
  readonly #base: JsonObject;
  #known: { object: JsonObject; set: FieldSet }[] = [];

  constructor(type: MergeType, base: JsonObject) {
    this.#type = type;
    this.#base = base;
  }

  /** The set of an object; `make` finds it for one of a structure that has not been seen lately. */
  setOf(object: JsonObject, make: () => FieldSet): FieldSet {
    const same = this.#known.find((known) => sameStructure(object, known.object, this.#base, this.#type));
    if (same !== undefined) return same.set;
    const set = sharedSet(make());
    this.#known = [{ object: structuredClone(object), set }, ...this.#known].slice(0, maxKnown);
    return set;
  }
}

/** Structures remembered for each kind. */
const maxKnown = 4;
