// Which old value stands for a new one, and whether it is the same: what ratcheting asks (apiserver pkg/cel/common equality.go
// and maplist.go). Fields correlate by name, items of map lists by their keys, items of other lists not at all.
import { isDeepStrictEqual } from 'node:util';
import { fieldSchema, isObject, type SchemaNode } from './schema.ts';

/** The keys of a map list's item as one string; undefined where one is missing or not a scalar. */
function compositeKey(item: unknown, names: readonly string[]): string | undefined {
  if (!isObject(item)) return undefined;
  const parts: string[] = [];
  for (const name of names) {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    if (!['boolean', 'number', 'string'].includes(typeof value)) return undefined;
    parts.push(JSON.stringify(value));
  }
  return parts.join('\u0000');
}

/** MakeMapList: finds the item of a list that has the same keys as another. */
export class MapList {
  readonly #names: readonly string[];
  readonly #items = new Map<string, unknown>();

  constructor(items: readonly unknown[], names: readonly string[]) {
    this.#names = names;
    for (const item of items) {
      const key = compositeKey(item, names);
      if (key !== undefined && !this.#items.has(key)) this.#items.set(key, item);
    }
  }

  /** Undefined where there is none. */
  get(item: unknown): unknown {
    const key = compositeKey(item, this.#names);
    return key === undefined ? undefined : this.#items.get(key);
  }
}

/** A new value and the old one that it stands for. Comparisons are made once, and children kept for them. */
export class CorrelatedObject {
  readonly value: unknown;
  readonly #old: unknown;
  readonly #node: SchemaNode;
  #same: boolean | undefined;
  #mapList: MapList | undefined;
  readonly #children = new Map<string | number, CorrelatedObject | undefined>();

  constructor(value: unknown, old: unknown, node: SchemaNode) {
    this.value = value;
    this.#old = old;
    this.#node = node;
  }

  /** The field's counterpart; undefined where either is missing, or the schema says nothing of the field. */
  key(name: string): CorrelatedObject | undefined {
    if (!this.#children.has(name)) this.#children.set(name, this.#makeKey(name));
    return this.#children.get(name);
  }

  #makeKey(name: string): CorrelatedObject | undefined {
    const [value, old] = [this.value, this.#old];
    const node = fieldSchema(this.#node, name);
    if (node === undefined || !isObject(value) || !isObject(old)) return undefined;
    if (!Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined;
    return new CorrelatedObject(value[name], old[name], node);
  }

  /** The counterpart of an item of a map list; undefined for those of other lists. */
  index(i: number): CorrelatedObject | undefined {
    if (!this.#children.has(i)) this.#children.set(i, this.#makeIndex(i));
    return this.#children.get(i);
  }

  #makeIndex(i: number): CorrelatedObject | undefined {
    const node = this.#node.items;
    if (node === undefined || this.#node.listType !== 'map') return undefined;
    if (!Array.isArray(this.value) || !Array.isArray(this.#old)) return undefined;
    this.#mapList ??= new MapList(this.#old, this.#node.listMapKeys);
    const old = this.#mapList.get(this.value[i]);
    return old === undefined ? undefined : new CorrelatedObject(this.value[i], old, node);
  }

  /** CachedDeepEqual: whether the value is what it was. What has no counterpart below is not. */
  isUnchanged(): boolean {
    this.#same ??= this.#compare();
    return this.#same;
  }

  #compare(): boolean {
    const [value, old] = [this.value, this.#old];
    if (Array.isArray(value) && Array.isArray(old)) {
      if (value.length !== old.length) return false;
      if (this.#node.listType !== 'map') return isDeepStrictEqual(value, old);
      return value.every((_, i) => this.index(i)?.isUnchanged() ?? false);
    }
    if (isObject(value) && isObject(old)) {
      const names = Object.keys(value);
      if (names.length !== Object.keys(old).length) return false;
      return names.every((name) => this.key(name)?.isUnchanged() ?? false);
    }
    return value === old;
  }
}
