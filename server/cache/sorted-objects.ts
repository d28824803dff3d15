// The objects of one resource in (namespace, name) byte order, the order of storage and of LIST.
import type { CachedObject } from './cached-object.ts';

/** Objects of one namespace: by name for GET, sorted for LIST. A change moves one array slot range, never sorts anew. */
export class SortedObjects {
  readonly #byName = new Map<string, CachedObject>();
  readonly #sorted: CachedObject[] = [];

  get size(): number {
    return this.#sorted.length;
  }

  get(name: string): CachedObject | undefined {
    return this.#byName.get(name);
  }

  /** In byte order; the array is live and must not be kept or changed. */
  get sorted(): readonly CachedObject[] {
    return this.#sorted;
  }

  set(object: CachedObject): CachedObject | undefined {
    const old = this.#byName.get(object.name);
    this.#byName.set(object.name, object);
    const at = this.indexAfter(object.name);
    if (old === undefined) this.#sorted.splice(at, 0, object);
    else this.#sorted[at - 1] = object;
    return old;
  }

  delete(name: string): CachedObject | undefined {
    const old = this.#byName.get(name);
    if (old === undefined) return undefined;
    this.#byName.delete(name);
    this.#sorted.splice(this.indexAfter(name) - 1, 1);
    return old;
  }

  /** Index of the first object whose name is greater than `name`. */
  indexAfter(name: string): number {
    let low = 0;
    let high = this.#sorted.length;
    // Appending in order, as a bulk load does, takes one comparison.
    if (high > 0 && this.#sorted[high - 1]!.name <= name) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.name <= name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
