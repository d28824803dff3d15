// An applied configuration merged into the object as it stands (sigs.k8s.io/structured-merge-diff typed/merge.go). Nothing is taken
// away by it: what an applier gave up is removed afterwards (remove.ts). Linear in the size of both.
import type { Json, JsonObject } from '../object.ts';
import { ownField, setField } from '../patch/json-values.ts';
import { elementOfItem } from './list-element.ts';
import type { ListShape, MapShape, MergeType } from './merge-type.ts';
import { asList, asMap, isEmptyList, isEmptyMap, partOf } from './shape.ts';

/** A new object that shares unchanged parts with both; neither is changed. Both must fit `type`. */
export function merge(live: JsonObject, applied: JsonObject, type: MergeType): JsonObject {
  return (mergeValues(live, applied, type) ?? {}) as JsonObject;
}

/** Undefined where nothing is left of a list or an object whose parts were merged. */
function mergeValues(live: Json | undefined, applied: Json | undefined, type: MergeType): Json | undefined {
  if (applied === undefined) return live;
  switch (partOf(type, applied)) {
    case 'map':
      return mergeMaps(live, applied, type.map!);
    case 'list':
      return mergeLists(live, applied, type.list!);
    default:
      return applied;
  }
}

function mergeMaps(live: Json | undefined, applied: Json, shape: MapShape): Json | undefined {
  if (shape.atomic || (isEmptyMap(live) && isEmptyMap(applied))) return applied;
  const left = asMap(live) ?? {};
  const right = asMap(applied) ?? {};
  const merged: JsonObject = {};
  for (const key of Object.keys(left)) put(merged, key, ownField(left, key), ownField(right, key), shape);
  for (const key of Object.keys(right)) {
    if (!Object.hasOwn(left, key)) put(merged, key, undefined, ownField(right, key), shape);
  }
  return isEmptyMap(merged) ? undefined : merged;
}

function put(into: JsonObject, key: string, live: Json | undefined, applied: Json | undefined, shape: MapShape): void {
  const type = shape.fields.get(key)?.type ?? shape.element;
  const value = type === undefined ? (applied ?? live) : mergeValues(live, applied, type);
  if (value !== undefined) setField(into, key, value);
}

function mergeLists(live: Json | undefined, applied: Json, shape: ListShape): Json | undefined {
  if (shape.relationship === 'atomic' || (isEmptyList(live) && isEmptyList(applied))) return applied;
  const merged = new ListMerge(asList(live) ?? [], asList(applied) ?? [], shape).run();
  return merged.length === 0 ? undefined : merged;
}

/**
 * Elements that only the live list has keep their place between their neighbours; all others come in the order in which they are
 * applied.
 */
class ListMerge {
  readonly #shape: ListShape;
  readonly #live: Json[];
  readonly #applied: Json[];
  readonly #liveElements: string[];
  readonly #appliedElements: string[];
  /** By element; null for one that repeats, which is not merged with anything. */
  readonly #liveItems = new Map<string, Json>();
  readonly #appliedItems = new Map<string, Json>();
  readonly #taken = new Set<string>();
  readonly #merged: Json[] = [];

  constructor(live: Json[], applied: Json[], shape: ListShape) {
    this.#shape = shape;
    this.#live = live;
    this.#applied = applied;
    this.#liveElements = live.map((item) => elementOfItem(shape, item));
    this.#appliedElements = applied.map((item) => elementOfItem(shape, item));
    for (const [i, element] of this.#liveElements.entries())
      this.#liveItems.set(element, this.#liveItems.has(element) ? null : live[i]!);
    for (const [i, element] of this.#appliedElements.entries()) this.#appliedItems.set(element, applied[i]!);
  }

  run(): Json[] {
    const shared = this.#appliedElements.filter((element) => this.#liveItems.has(element));
    let next = 0;
    let l = 0;
    let r = 0;
    while (l < this.#live.length || r < this.#applied.length) {
      const element = this.#liveElements[l];
      if (element !== undefined && r < this.#applied.length) {
        if (element === this.#appliedElements[r]) {
          this.#takeApplied(r);
          l++;
          r++;
          next++;
          continue;
        }
        // A shared element that is applied later: it will come in its turn.
        if (this.#appliedItems.has(element) && next < shared.length && shared[next] !== element) {
          l++;
          continue;
        }
      }
      if (element !== undefined) {
        if (!this.#appliedItems.has(element)) {
          this.#merged.push(this.#live[l]!);
          l++;
          continue;
        }
        if (this.#taken.has(element)) l++;
      }
      if (r < this.#applied.length) {
        const took = this.#appliedElements[r];
        this.#takeApplied(r);
        r++;
        if (next < shared.length && shared[next] === took) next++;
      }
    }
    return this.#merged;
  }

  #takeApplied(r: number): void {
    const element = this.#appliedElements[r]!;
    this.#taken.add(element);
    const value = mergeValues(this.#liveItems.get(element), this.#applied[r]!, this.#shape.element);
    if (value !== undefined) this.#merged.push(value);
  }
}
