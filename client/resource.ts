// What a client asks for: a resource by group, version and name, with the type of its objects; and those types as JSON has them.
import type { KubeObject, ObjectMeta } from '../apimachinery/object.ts';

/** What every object has, whatever its kind. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A resource of the API. `T` is the type of its objects; custom resources have `KubeObject`. */
export interface Resource<T extends ApiObject = KubeObject> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: `pods`. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: it carries the type. */
  readonly objectType?: T;
}

/** Names an object. `metadata` of any object is one. */
export interface ObjectKey {
  /** Undefined for cluster scope. */
  namespace?: string | undefined;
  name?: string | undefined;
}

/** An object to be created or applied: the client fills in kind and apiVersion. */
export type NewObject<T extends ApiObject> = Omit<T, keyof ApiObject> & {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
};

/** The models escape words that are reserved somewhere: `_from`, `_continue`. */
type WireName<K> = K extends `_${infer Name}` ? Name : K;

/** A model of @kubernetes/client-node as JSON has it: times are strings. */
export type Wire<T> = 0 extends 1 & T
  ? T
  : T extends Date
    ? string
    : T extends (infer Element)[]
      ? Wire<Element>[]
      : T extends object
        ? { [K in keyof T as WireName<K>]: K extends 'metadata' ? ObjectMeta : Wire<T[K]> }
        : T;

/** A model's object as the server gives it. */
type Served<T, Meta> = Omit<Wire<T>, keyof ApiObject> & {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & Meta;
};

export type Namespaced<T> = Served<T, { name: string; namespace: string; uid: string }>;
export type ClusterScoped<T> = Served<T, { name: string; uid: string }>;

/** `namespace/name`, or the name alone: what caches and queues call an object (cache.MetaNamespaceKeyFunc). */
export function keyOf({ metadata: { namespace, name } }: { metadata: ObjectMeta }): string {
  return namespace ? `${namespace}/${name}` : name!;
}

/** The reverse of `keyOf`. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
