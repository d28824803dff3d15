// What the garbage collector asks of the server and tells it, by an object's identity (pkg/controller/garbagecollector/operations.go, patch.go).
import { isDeepStrictEqual } from 'node:util';
import type { OwnerReference } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import type { DiscoveredResource, RestMapper } from '../../client/discovery.ts';
import { hasReason, isConflict, isNotFound, retryOnConflict } from '../../client/errors.ts';
import type { ApiObject, ObjectKey } from '../../client/resource.ts';
import type { DeleteOptions } from '../../client/resource-client.ts';
import type { Identity } from './graph-node.ts';

/** The server knows no such kind, for now. */
export class RestMappingError extends Error {
  constructor({ apiVersion, kind }: { apiVersion: string; kind: string }) {
    super(`unable to get REST mapping for ${apiVersion}/${kind}.`);
  }
}

/** An object of cluster scope names an owner of a kind that lives in namespaces: that will not change by trying again. */
export class NamespacedOwnerError extends Error {
  constructor() {
    super('cluster-scoped objects cannot refer to namespaced owners');
  }
}

type PropagationPolicy = NonNullable<DeleteOptions['propagationPolicy']>;

export class Operations {
  readonly #client: Client;
  readonly #mapper: RestMapper;

  constructor(client: Client, mapper: RestMapper) {
    this.#client = client;
    this.#mapper = mapper;
  }

  /** Throws RestMappingError. */
  async resource(identity: { apiVersion: string; kind: string }): Promise<DiscoveredResource> {
    const resource = await this.#mapper.find(identity.apiVersion, identity.kind);
    if (resource === undefined) throw new RestMappingError(identity);
    return resource;
  }

  /** The object's metadata; undefined where there is none of this name. Throws RestMappingError and NamespacedOwnerError. */
  async get(identity: Identity): Promise<ApiObject | undefined> {
    const resource = await this.resource(identity);
    if (resource.namespaced && identity.namespace === '') throw new NamespacedOwnerError();
    try {
      return await this.#client.resource(resource).metadata().get(keyIn(resource, identity));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Deletes the object as it was read, or as it has become where its owners are the same. False where it is gone already. */
  async delete(identity: Identity, latest: ApiObject, propagationPolicy: PropagationPolicy): Promise<boolean> {
    const resource = await this.resource(identity);
    const api = this.#client.resource(resource);
    const key = keyIn(resource, identity);
    const { uid } = identity;
    const { resourceVersion, ownerReferences } = latest.metadata;
    const once = async (preconditions: NonNullable<DeleteOptions['preconditions']>): Promise<boolean> => {
      try {
        await api.delete(key, { preconditions, propagationPolicy });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    };
    try {
      return await once({ uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const live = await this.get(identity);
      if (live === undefined) return false;
      const { metadata } = live;
      const changedOtherwise =
        metadata.uid === uid &&
        metadata.resourceVersion !== resourceVersion &&
        isDeepStrictEqual(metadata.ownerReferences, ownerReferences);
      if (!changedOtherwise) throw error;
      return once({ uid });
    }
  }

  /** Takes owners from the object. One that is gone, or has another uid meanwhile, is an error of the server's. */
  async removeOwners(identity: Identity, uids: readonly string[]): Promise<void> {
    const directives = uids.map((uid) => ({ $patch: 'delete', uid }));
    await this.#patchOwners(identity, directives, (owners) => owners.filter(({ uid }) => !uids.includes(uid)));
  }

  /** No owner waits for this object any more. */
  async unblockOwners(identity: Identity, owners: readonly OwnerReference[]): Promise<void> {
    const unblocked = owners
      .filter(({ blockOwnerDeletion }) => blockOwnerDeletion)
      .map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    await this.#patchOwners(identity, unblocked, () =>
      owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
    );
  }

  /** A strategic merge patch; for custom resources, which know none, a merge patch of what is there. */
  async #patchOwners(
    identity: Identity,
    strategic: readonly object[],
    change: (owners: OwnerReference[]) => OwnerReference[],
  ): Promise<void> {
    const resource = await this.resource(identity);
    const api = this.#client.resource(resource);
    const key = keyIn(resource, identity);
    const { uid } = identity;
    try {
      await api.patch(key, 'strategic', { metadata: { ownerReferences: strategic, uid } });
    } catch (error) {
      if (!hasReason(error, 'UnsupportedMediaType')) throw error;
      const { metadata } = await api.metadata().get(key);
      const { resourceVersion } = metadata;
      const owners = change(metadata.ownerReferences ?? []);
      const ownerReferences = owners.length === 0 ? null : owners;
      await api.patch(key, 'merge', { metadata: { resourceVersion, ownerReferences } });
    }
  }

  /** Takes a finalizer from the object, where it and the object are there. */
  async removeFinalizer(identity: Identity, finalizer: string): Promise<void> {
    const resource = await this.resource(identity);
    const key = keyIn(resource, identity);
    await retryOnConflict(async () => {
      const found = await this.get(identity);
      if (found === undefined || !found.metadata.finalizers?.includes(finalizer)) return;
      const { resourceVersion, finalizers } = found.metadata;
      const rest = finalizers.filter((name) => name !== finalizer);
      const patch = { metadata: { resourceVersion, finalizers: rest.length === 0 ? null : rest } };
      await this.#client.resource(resource).patch(key, 'merge', patch);
    });
  }
}

function keyIn({ namespaced }: DiscoveredResource, { namespace, name }: Identity): ObjectKey {
  return namespaced ? { namespace, name } : { name };
}
