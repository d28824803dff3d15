// Whether the caches show what a controller wrote itself (pkg/controller/util/consistency): one that looks at its objects before they do would
// do again what it has done.
import type { Informer } from '../../client/informer.ts';
import type { ApiObject } from '../../client/resource.ts';

type AnyInformer = Pick<Informer<ApiObject>, 'revision'>;

export class WrittenRevisions {
  readonly #written = new Map<string, Map<AnyInformer, bigint>>();

  /** For the owner of this key an object was written, which `informer` is to show. */
  wrote(key: string, informer: AnyInformer, { metadata }: Pick<ApiObject, 'metadata'>): void {
    const revision = BigInt(metadata.resourceVersion ?? 0);
    const of = this.#written.get(key) ?? new Map<AnyInformer, bigint>();
    this.#written.set(key, of);
    if (revision > (of.get(informer) ?? 0n)) of.set(informer, revision);
  }

  /** True when the caches show everything that was written for this key. */
  shown(key: string): boolean {
    const written = this.#written.get(key);
    if (written === undefined) return true;
    for (const [informer, revision] of written) if (BigInt(informer.revision ?? 0) < revision) return false;
    this.#written.delete(key);
    return true;
  }

  /** The owner is gone. */
  delete(key: string): void {
    this.#written.delete(key);
  }
}
