// Between what is stored and the version that a store speaks. Built-in resources need none: they are stored in the version that their
// hooks see, and others are converted at the edge. A custom resource has a store for each version, as upstream
// (apiextensions-apiserver pkg/apiserver customresource_handler.go, crdConversionRESTOptionsGetter), and objects may be stored in any
// version that once was the storage version, or under a schema that has changed since.
import type { KubeObject } from '../../apimachinery/object.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { EventSource } from '../cache/resource-cache.ts';

export interface VersionCodec {
  /** True where the object is stored as it would be stored now: an update that changes nothing else need not write it anew. */
  isCurrent(object: CachedObject): boolean;
  /** The object in the store's version: itself where it is that already. Throws a StatusError 500 where a webhook fails, as upstream. */
  decode(object: CachedObject): CachedObject | Promise<CachedObject>;
  /** All of them, in order; a webhook is asked once for many. */
  decodeAll(objects: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]>;
  /** The object in the version that is stored now; may be the same. It is not changed. */
  encode(object: KubeObject): KubeObject | Promise<KubeObject>;
  /** True where a conversion may change what selectors look at: then objects are decoded before they are selected. */
  readonly decodesBeforeSelection: boolean;
  /** Where watches in this version get their events from. */
  source(): EventSource;
}
