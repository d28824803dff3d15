// Objects by key and by indexes (client-go tools/cache/thread_safe_store.go), and the reading side of it, the lister.
import type { LabelSelector } from '../apimachinery/selectors.ts';
import { type ApiObject, keyOf } from './resource.ts';

/** The values under which an object is found; a pure function of the object. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** What is cached of a resource. The objects are everybody's: copy (`deepCopy`) what you want to change. */
export interface Lister<T extends ApiObject> {
  /** `namespace` is undefined for cluster scope. */
  get(namespace: string | undefined, name: string): T | undefined;
  /** By `namespace/name` or `name`. */
  getByKey(key: string): T | undefined;
  list(selection?: { namespace?: string; selector?: LabelSelector }): T[];
  /** Throws for an index that was not added. */
  byIndex(index: string, value: string): T[];
  /** The values that an index has objects for. */
  indexValues(index: string): string[];
  readonly size: number;
}

const namespaceIndex = 'namespace';

interface Index<T> {
  valuesOf: IndexFunction<T>;
  entries: Map<string, Map<string, T>>;
}

export class Store<T extends ApiObject> implements Lister<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor() {
    this.addIndex(namespaceIndex, ({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace]));
  }

  /** Adds an index over what is there and what comes. One that is there under this name is kept: name an index after what it does. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { valuesOf, entries: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, object);
  }

  get size(): number {
    return this.#objects.size;
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name);
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list({ namespace, selector }: { namespace?: string; selector?: LabelSelector } = {}): T[] {
    const objects = namespace === undefined ? this.#objects : this.#indexes.get(namespaceIndex)!.entries.get(namespace);
    if (objects === undefined) return [];
    const all = [...objects.values()];
    return selector === undefined || selector.empty
      ? all
      : all.filter(({ metadata }) => selector.matches(metadata.labels));
  }

  byIndex(name: string, value: string): T[] {
    const found = this.#index(name).entries.get(value);
    return found === undefined ? [] : [...found.values()];
  }

  indexValues(name: string): string[] {
    return [...this.#index(name).entries.keys()];
  }

  #index(name: string): Index<T> {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`there is no index ${JSON.stringify(name)}`);
    return index;
  }

  /** Puts an object in place of the one with its key, which is given back. */
  put(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old !== undefined) remove(index, key, old);
      insert(index, key, object);
    }
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) remove(index, key, old);
    return old;
  }
}

function insert<T>({ valuesOf, entries }: Index<T>, key: string, object: T): void {
  for (const value of valuesOf(object)) {
    const found = entries.get(value);
    if (found === undefined) entries.set(value, new Map([[key, object]]));
    else found.set(key, object);
  }
}

function remove<T>({ valuesOf, entries }: Index<T>, key: string, object: T): void {
  for (const value of valuesOf(object)) {
    const found = entries.get(value);
    if (found === undefined) continue;
    found.delete(key);
    if (found.size === 0) entries.delete(value);
  }
}
