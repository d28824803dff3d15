// How the server's own parts (authentication, authorization, admission, bootstrap, allocators) read and write
// objects without HTTP: reads come from the watch cache, writes go through the generic store.
import type { KubeObject } from '../../apimachinery/object.ts';

export interface ObjectChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For DELETED, the last state. */
  object: KubeObject;
  old?: KubeObject;
}

/** The present objects of one resource, as the watch cache knows them. Objects are shared: never change them. */
export interface ResourceReader {
  get(namespace: string, name: string): KubeObject | undefined;
  /** All objects, or those of one namespace, in (namespace, name) order. */
  list(namespace?: string): KubeObject[];
  /** Calls back after each change, in revision order. Returns the function that stops it. */
  onChange(callback: (change: ObjectChange) => void): () => void;
}

export interface ObjectReader {
  /** `groupResource` is `pods`, `clusterroles.rbac.authorization.k8s.io`, … */
  resource(groupResource: string): ResourceReader;
}

/**
 * Writes as the API server itself (user system:apiserver, no authorization), with defaulting, validation and the
 * resource's hooks. `namespace` is '' for cluster scope. Failures are StatusErrors.
 */
export interface ObjectWriter {
  create(groupResource: string, namespace: string, object: KubeObject): Promise<KubeObject>;
  /** metadata.resourceVersion, where set, is a precondition. */
  update(groupResource: string, namespace: string, object: KubeObject): Promise<KubeObject>;
  updateStatus(groupResource: string, namespace: string, object: KubeObject): Promise<KubeObject>;
  delete(
    groupResource: string,
    namespace: string,
    name: string,
    preconditions?: { uid?: string; resourceVersion?: string },
  ): Promise<void>;
}
