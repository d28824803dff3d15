// Who owns whom, kept up from what informers tell (pkg/controller/garbagecollector/graph_builder.go). It only remembers and says whom to
// look at; the collector asks the server before it does anything.
import type { ObjectMeta, OwnerReference } from '../../apimachinery/object.ts';
import { LruMap } from '../../client/lru-map.ts';
import {
  alternateIdentity,
  foregroundFinalizer,
  type GraphNode,
  type Identity,
  identityOf,
  newNode,
  orphanFinalizer,
  partitionDependents,
  type ReferenceChanges,
  referenceChanges,
  sameCoordinates,
  sameIdentity,
} from './graph-node.ts';

/** What the graph asks for. */
export interface GraphListener {
  /** Look whether this one is to be deleted, or can be let go. */
  attemptToDelete(uid: string): void;
  /** The same, but not at once. */
  attemptToDeleteLater(uid: string): void;
  /** Its dependents are to be orphaned. */
  attemptToOrphan(uid: string): void;
  /** The dependent names an owner that is in another namespace. */
  invalidNamespace(dependent: Identity, owner: Identity): void;
}

/** NewReferenceCache(500) of NewDependencyGraphBuilder. */
const absentOwners = 500;

export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #absent = new LruMap<true>(absentOwners);
  readonly #listener: GraphListener;

  constructor(listener: GraphListener) {
    this.#listener = listener;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** Remembers that the server has no such object. */
  addAbsent(identity: Identity): void {
    this.#absent.set(keyOfIdentity(identity), true);
  }

  isAbsent(identity: Identity): boolean {
    return this.#absent.get(keyOfIdentity(identity)) !== undefined;
  }

  /** An object was seen, for the first time or anew; `old` as it was seen last. */
  observe(identity: Identity, metadata: ObjectMeta, old?: ObjectMeta): void {
    const known = this.#nodes.get(identity.uid);
    if (known?.virtual) this.#becomesReal(known, identity);
    const owners = metadata.ownerReferences ?? [];
    const node = known ?? newNode(identity, { owners });
    if (metadata.deletionTimestamp !== undefined) node.beingDeleted = true;
    if (known === undefined) {
      node.deletingDependents = waitsFor(metadata, foregroundFinalizer);
      this.#nodes.set(identity.uid, node);
      this.#addToOwners(node, owners);
    } else this.#changeOwners(node, owners);
    this.#transitions(node, metadata, old);
  }

  /** An object is gone. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node !== undefined) this.#removeNode(node, node.identity);
  }

  /** The server was asked and has no such object: what would have been seen as a deletion, had it ever been seen. */
  removeVirtual(identity: Identity): void {
    const node = this.#nodes.get(identity.uid);
    if (node === undefined) return;
    if (!node.virtual) {
      if (sameIdentity(node.identity, identity)) this.#removeNode(node, identity);
      else this.#absentFor(partitionDependents(node.dependents, identity).matching, identity);
      return;
    }
    const { matching, nonmatching } = partitionDependents(node.dependents, identity);
    if (nonmatching.length === 0) {
      this.#removeNode(node, identity);
      return;
    }
    // They do not agree on what it is: the others are asked for in turn.
    this.#absentFor(matching, identity);
    if (!sameIdentity(node.identity, identity)) return;
    const alternate = alternateIdentity(nonmatching, identity);
    if (alternate === undefined) return;
    node.identity = alternate;
    this.#listener.attemptToDeleteLater(identity.uid);
  }

  #absentFor(dependents: readonly GraphNode[], owner: Identity): void {
    if (dependents.length === 0) return;
    this.addAbsent(owner);
    for (const { identity } of dependents) this.#listener.attemptToDelete(identity.uid);
  }

  /** What was known from references is seen: those who described it otherwise are looked at. */
  #becomesReal(node: GraphNode, identity: Identity): void {
    node.virtual = false;
    if (sameIdentity(node.identity, identity)) return;
    for (const { identity: dependent } of partitionDependents(node.dependents, identity).nonmatching) {
      if (identity.namespace !== '' && dependent.namespace !== identity.namespace)
        this.#reportNamespace(dependent, identity.uid);
      this.#listener.attemptToDelete(dependent.uid);
    }
    node.identity = identity;
  }

  #changeOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    const changes = referenceChanges(node.owners, owners);
    node.owners = owners;
    if (changes.added.length + changes.removed.length + changes.changed.length === 0) return;
    this.#unblockOwners(changes);
    this.#addToOwners(node, changes.added);
    this.#removeFromOwners(node, changes.removed);
  }

  /** Owners that no longer wait for this object. */
  #unblockOwners({ removed, changed }: ReferenceChanges): void {
    const unblocked = [
      ...removed.filter(({ blockOwnerDeletion }) => blockOwnerDeletion),
      ...changed
        .filter(({ before, after }) => before.blockOwnerDeletion && !after.blockOwnerDeletion)
        .map(({ after }) => after),
    ];
    for (const { uid } of unblocked) if (this.#nodes.has(uid)) this.#listener.attemptToDelete(uid);
  }

  #addToOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    let doubtful = false;
    for (const reference of owners) {
      const owner = this.#nodes.get(reference.uid);
      if (owner !== undefined) {
        owner.dependents.add(node);
        doubtful ||= this.#doubts(node, reference, owner);
        continue;
      }
      const virtual = newNode(identityOf(reference, node.identity.namespace), { virtual: true });
      virtual.dependents.add(node);
      this.#nodes.set(reference.uid, virtual);
      this.#listener.attemptToDelete(reference.uid);
    }
    if (doubtful) this.#listener.attemptToDelete(node.identity.uid);
  }

  /** True where the reference and what is known of the owner do not go together. */
  #doubts({ identity }: GraphNode, reference: OwnerReference, owner: GraphNode): boolean {
    const ofCluster = owner.identity.namespace === '';
    const elsewhere = owner.identity.namespace !== identity.namespace;
    if (!ofCluster && elsewhere) {
      if (!owner.virtual) this.#reportNamespace(identity, reference.uid);
      return true;
    }
    if (!sameCoordinates(reference, owner.identity)) return true;
    // It may be of a namespaced kind that an object of cluster scope refers to by mistake.
    return ofCluster && elsewhere && owner.virtual;
  }

  #reportNamespace(dependent: Identity, ownerUID: string): void {
    const reference = this.#nodes.get(dependent.uid)?.owners.find(({ uid }) => uid === ownerUID);
    if (reference !== undefined) this.#listener.invalidNamespace(dependent, identityOf(reference, dependent.namespace));
  }

  #transitions(node: GraphNode, metadata: ObjectMeta, old: ObjectMeta | undefined): void {
    const { uid } = node.identity;
    const starts = (finalizer: string): boolean =>
      waitsFor(metadata, finalizer) && (old === undefined || !waitsFor(old, finalizer));
    if (starts(orphanFinalizer)) {
      this.#listener.attemptToOrphan(uid);
      return;
    }
    if (!starts(foregroundFinalizer)) return;
    node.deletingDependents = true;
    for (const { identity } of node.dependents) this.#listener.attemptToDelete(identity.uid);
    this.#listener.attemptToDelete(uid);
  }

  #removeFromOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    for (const { uid } of owners) this.#nodes.get(uid)?.dependents.delete(node);
  }

  #removeNode(node: GraphNode, identity: Identity): void {
    this.#nodes.delete(identity.uid);
    this.#removeFromOwners(node, node.owners);
    if (node.dependents.size > 0) this.addAbsent(identity);
    for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent.identity.uid);
    for (const { uid } of node.owners)
      if (this.#nodes.get(uid)?.deletingDependents) this.#listener.attemptToDelete(uid);
  }
}

function waitsFor({ deletionTimestamp, finalizers }: ObjectMeta, finalizer: string): boolean {
  return deletionTimestamp !== undefined && (finalizers?.includes(finalizer) ?? false);
}

function keyOfIdentity({ apiVersion, kind, namespace, name, uid }: Identity): string {
  return [apiVersion, kind, namespace, name, uid].join('\n');
}
