// What the scheduler has decided about volumes and claims, until the API server shows it (pkg/scheduler/util/assumecache).
import { type ApiObject, keyOf } from '../../../client/resource.ts';
import type { Lister } from '../../../client/store.ts';

export class AssumeCache<T extends ApiObject> {
  readonly #lister: Lister<T>;
  readonly #assumed = new Map<string, T>();

  constructor(lister: Lister<T>) {
    this.#lister = lister;
  }

  /** As decided, unless the object has changed since. */
  get(key: string): T | undefined {
    const current = this.#lister.getByKey(key);
    const assumed = this.#assumed.get(key);
    if (assumed === undefined) return current;
    if (current !== undefined && current.metadata.resourceVersion === assumed.metadata.resourceVersion) return assumed;
    this.#assumed.delete(key);
    return current;
  }

  /** As the API server has it. */
  served(key: string): T | undefined {
    return this.#lister.getByKey(key);
  }

  /** All, as decided. */
  list(): T[] {
    return this.#lister.list().map((object) => (this.#assumed.size === 0 ? object : this.get(keyOf(object))!));
  }

  /** `object` has the resourceVersion of the one that it stands for. Throws where that has changed. */
  assume(object: T): void {
    const key = keyOf(object);
    const current = this.#lister.getByKey(key);
    if (current === undefined) throw new Error(`${object.kind} ${key} does not exist any more`);
    if (current.metadata.resourceVersion !== object.metadata.resourceVersion)
      throw new Error(`${object.kind} ${key} has changed meanwhile`);
    this.#assumed.set(key, object);
  }

  /** It is not going to be so. */
  restore(key: string): void {
    this.#assumed.delete(key);
  }
}
