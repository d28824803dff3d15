// The server's own writes: the generic stores without HTTP, as user system:apiserver.
import { groupResourceOf, type KubeObject } from '../../apimachinery/object.ts';
import type { UserInfo } from '../auth/types.ts';
import type { ObjectWriter } from './objects.ts';
import type { Store } from './store.ts';
import type { WriteRequest } from './write-request.ts';

/** Upstream's loopback identity. */
export const systemApiserver: UserInfo = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

/** Upstream's loopback client, by its User-Agent. */
const manager = 'kube-apiserver';

/** A write of the server itself. */
export function writeRequestOf({ descriptor }: Store, namespace: string, name: string): WriteRequest {
  const fields = { manager, version: descriptor.version };
  return { user: systemApiserver, namespace, name, dryRun: false, options: {}, fields, warn: () => undefined };
}

export class ServerWriter implements ObjectWriter {
  readonly #stores: ReadonlyMap<string, Store>;

  /** Stores by group resource (`pods`, `clusterroles.rbac.authorization.k8s.io`). */
  constructor(stores: Iterable<Store>) {
    this.#stores = new Map(
      [...stores].map((store) => [groupResourceOf(store.descriptor.group, store.descriptor.resource), store]),
    );
  }

  #store(groupResource: string): Store {
    const store = this.#stores.get(groupResource);
    if (store === undefined) throw new Error(`no store for resource ${groupResource}`);
    return store;
  }

  async create(groupResource: string, namespace: string, object: KubeObject): Promise<KubeObject> {
    const store = this.#store(groupResource);
    const copy = structuredClone(object);
    if (namespace !== '') copy.metadata.namespace = namespace;
    store.descriptor.setDefaults?.(copy);
    return (await store.create(copy, writeRequestOf(store, namespace, ''))).parse();
  }

  async update(groupResource: string, namespace: string, object: KubeObject): Promise<KubeObject> {
    return this.#update(groupResource, namespace, object, undefined);
  }

  async updateStatus(groupResource: string, namespace: string, object: KubeObject): Promise<KubeObject> {
    return this.#update(groupResource, namespace, object, 'status');
  }

  async #update(
    groupResource: string,
    namespace: string,
    object: KubeObject,
    subresourceName: string | undefined,
  ): Promise<KubeObject> {
    const store = this.#store(groupResource);
    const subresource =
      subresourceName === undefined
        ? undefined
        : store.descriptor.subresources.find(({ name }) => name === subresourceName);
    const change = () => {
      const copy = structuredClone(object);
      store.descriptor.setDefaults?.(copy);
      return copy;
    };
    const written = await store.update(writeRequestOf(store, namespace, object.metadata.name!), change, {
      allowUnconditional: true,
      ...(subresource ? { subresource } : {}),
    });
    return written.object.parse();
  }

  async delete(
    groupResource: string,
    namespace: string,
    name: string,
    preconditions?: { uid?: string; resourceVersion?: string },
  ): Promise<void> {
    const store = this.#store(groupResource);
    await store.delete(writeRequestOf(store, namespace, name), preconditions === undefined ? {} : { preconditions });
  }
}
