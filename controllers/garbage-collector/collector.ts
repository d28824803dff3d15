// What becomes of an object whose owners are gone, are going, or are there (pkg/controller/garbagecollector/garbagecollector.go).
import type { ObjectMeta, OwnerReference } from '../../apimachinery/object.ts';
import { isNotFound } from '../../client/errors.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { Graph } from './graph.ts';
import {
  blockingDependents,
  foregroundFinalizer,
  type GraphNode,
  type Identity,
  identityOf,
  orphanFinalizer,
} from './graph-node.ts';
import { NamespacedOwnerError, type Operations } from './operations.ts';

/** An object's owners by what they mean for it. */
interface Owners {
  /** Are there. */
  solid: OwnerReference[];
  dangling: OwnerReference[];
  /** Are there, but wait for their dependents to go. */
  waiting: OwnerReference[];
}

export class Collector {
  readonly #graph: Graph;
  readonly #operations: Operations;
  readonly #attemptToDelete: (uid: string) => void;

  constructor(graph: Graph, operations: Operations, attemptToDelete: (uid: string) => void) {
    this.#graph = graph;
    this.#operations = operations;
    this.#attemptToDelete = attemptToDelete;
  }

  /**
   * Deletes the object where no owner of it is left, and lets it go where all have gone that it waited for. Gives `again` where it is known
   * from references only and its informer has still to tell of it. Throws to be called again.
   */
  async attemptToDelete(uid: string): Promise<'again' | 'done'> {
    const node = this.#graph.get(uid);
    if (node === undefined) return 'done';
    if (node.beingDeleted && !node.deletingDependents) return 'done';
    const { identity } = node;
    let latest: ApiObject | undefined;
    try {
      latest = await this.#operations.get(identity);
    } catch (error) {
      if (error instanceof NamespacedOwnerError) return 'done';
      throw error;
    }
    if (latest === undefined || latest.metadata.uid !== uid) {
      this.#graph.removeVirtual(identity);
      return 'done';
    }
    if (node.deletingDependents) await this.#letGo(node);
    else await this.#collect(node, identity, latest);
    return node.virtual && this.#graph.get(uid) === node ? 'again' : 'done';
  }

  /** Takes the object from its dependents' owners, then lets it go. Throws to be called again. */
  async attemptToOrphan(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined) return;
    const orphan = async ({ identity }: GraphNode): Promise<void> => {
      try {
        await this.#operations.removeOwners(identity, [uid]);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };
    const results = await Promise.allSettled([...node.dependents].map(orphan));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await this.#operations.removeFinalizer(node.identity, orphanFinalizer);
  }

  async #letGo(node: GraphNode): Promise<void> {
    const blocking = blockingDependents(node);
    if (blocking.length === 0) return this.#operations.removeFinalizer(node.identity, foregroundFinalizer);
    for (const { identity, deletingDependents } of blocking)
      if (!deletingDependents) this.#attemptToDelete(identity.uid);
  }

  async #collect(node: GraphNode, identity: Identity, latest: ApiObject): Promise<void> {
    const { ownerReferences = [] } = latest.metadata;
    if (ownerReferences.length === 0) return;
    let owners: Owners;
    try {
      owners = await this.#classify(identity, ownerReferences);
    } catch (error) {
      if (error instanceof NamespacedOwnerError) return;
      throw error;
    }
    const { solid, dangling, waiting } = owners;
    if (solid.length > 0) {
      const gone = [...dangling, ...waiting].map(({ uid }) => uid);
      // Those who wait would otherwise wait for this one, which stays.
      if (gone.length > 0) await this.#operations.removeOwners(identity, gone);
      return;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // A circle of such would wait for each other.
      if ([...node.dependents].some(({ deletingDependents }) => deletingDependents))
        await this.#operations.unblockOwners(identity, node.owners);
      await this.#delete(identity, latest, 'Foreground');
      return;
    }
    await this.#delete(identity, latest, policyOf(latest.metadata));
  }

  async #delete(identity: Identity, latest: ApiObject, policy: 'Orphan' | 'Background' | 'Foreground'): Promise<void> {
    const found = await this.#operations.delete(identity, latest, policy);
    if (!found) this.#graph.removeVirtual(identity);
  }

  async #classify(item: Identity, references: readonly OwnerReference[]): Promise<Owners> {
    const owners: Owners = { solid: [], dangling: [], waiting: [] };
    for (const reference of references) {
      const owner = await this.#find(item, reference);
      if (owner === undefined) owners.dangling.push(reference);
      else if (isWaiting(owner.metadata)) owners.waiting.push(reference);
      else owners.solid.push(reference);
    }
    return owners;
  }

  /** The owner; undefined where there is none. */
  async #find({ namespace }: Identity, reference: OwnerReference): Promise<ApiObject | undefined> {
    const inCluster = identityOf(reference, '');
    const inNamespace = identityOf(reference, namespace);
    if (this.#graph.isAbsent(inCluster) || this.#graph.isAbsent(inNamespace)) return undefined;
    const { namespaced } = await this.#operations.resource(reference);
    const identity = namespaced ? inNamespace : inCluster;
    const owner = await this.#operations.get(identity);
    if (owner !== undefined && owner.metadata.uid === reference.uid) return owner;
    this.#graph.addAbsent(identity);
    return undefined;
  }
}

function isWaiting({ deletionTimestamp, finalizers = [] }: ObjectMeta): boolean {
  return deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer);
}

/** What was asked for before is honoured. */
function policyOf({ finalizers = [] }: ObjectMeta): 'Orphan' | 'Background' | 'Foreground' {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan';
  return finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
}
