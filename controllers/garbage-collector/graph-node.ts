// What the garbage collector knows of one object, and how references to it compare (pkg/controller/garbagecollector/graph.go and the
// helpers of graph_builder.go).
import { isDeepStrictEqual } from 'node:util';
import type { OwnerReference } from '../../apimachinery/object.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

/** An object's coordinates; never changed, a node gets another one instead. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  /** '' for cluster scope. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface GraphNode {
  identity: Identity;
  /** Those who name this one as an owner. */
  readonly dependents: Set<GraphNode>;
  owners: readonly OwnerReference[];
  beingDeleted: boolean;
  /** Is being deleted, and waits for its dependents to go first. */
  deletingDependents: boolean;
  /** Known from a reference only, never seen. */
  virtual: boolean;
}

export function newNode(identity: Identity, more: Partial<GraphNode> = {}): GraphNode {
  return {
    identity,
    dependents: new Set(),
    owners: [],
    beingDeleted: false,
    deletingDependents: false,
    virtual: false,
    ...more,
  };
}

/** As upstream prints an objectReference in events. */
export function printIdentity({ apiVersion, kind, namespace, name, uid }: Identity): string {
  return `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
}

/** The identity that a reference gives its owner, in this namespace. */
export function identityOf({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): Identity {
  return { apiVersion, kind, namespace, name, uid };
}

export function sameIdentity(a: Identity, b: Identity): boolean {
  return a.namespace === b.namespace && sameCoordinates(a, b);
}

/** All but the namespace. */
export function sameCoordinates(
  a: Omit<Identity, 'namespace'> | OwnerReference,
  b: Omit<Identity, 'namespace'> | OwnerReference,
): boolean {
  return a.uid === b.uid && a.name === b.name && a.kind === b.kind && a.apiVersion === b.apiVersion;
}

/** Those whose reference keeps their owner from going first; one that refers to it twice is there once. */
export function blockingDependents(node: GraphNode): GraphNode[] {
  return [...node.dependents].filter(({ owners }) =>
    owners.some((owner) => owner.uid === node.identity.uid && owner.blockOwnerDeletion === true),
  );
}

export interface ReferenceChanges {
  added: OwnerReference[];
  removed: OwnerReference[];
  changed: { before: OwnerReference; after: OwnerReference }[];
}

/** What has happened to an object's references, by uid. */
export function referenceChanges(
  before: readonly OwnerReference[],
  after: readonly OwnerReference[],
): ReferenceChanges {
  const changes: ReferenceChanges = { added: [], removed: [], changed: [] };
  if (before === after) return changes;
  const old = new Map(before.map((reference) => [reference.uid, reference]));
  for (const reference of after) {
    const known = old.get(reference.uid);
    if (known === undefined) changes.added.push(reference);
    else if (!isDeepStrictEqual(known, reference)) changes.changed.push({ before: known, after: reference });
    old.delete(reference.uid);
  }
  changes.removed.push(...old.values());
  return changes;
}

/** Those who refer to the owner as `owner`, and those who refer to its uid otherwise; who has several references may be in both. */
export function partitionDependents(
  dependents: Iterable<GraphNode>,
  owner: Identity,
): { matching: GraphNode[]; nonmatching: GraphNode[] } {
  const matching: GraphNode[] = [];
  const nonmatching: GraphNode[] = [];
  for (const dependent of dependents) {
    if (owner.namespace !== '' && owner.namespace !== dependent.identity.namespace) {
      nonmatching.push(dependent);
      continue;
    }
    const references = dependent.owners.filter(({ uid }) => uid === owner.uid);
    const matches = references.filter((reference) => sameCoordinates(reference, owner));
    if (matches.length > 0) matching.push(dependent);
    if (matches.length < references.length) nonmatching.push(dependent);
  }
  return { matching, nonmatching };
}

const identityOrder = ['kind', 'apiVersion', 'namespace', 'name', 'uid'] as const;

export function identityLess(a: Identity, b: Identity): boolean {
  const field = identityOrder.find((name) => a[name] !== b[name]);
  return field !== undefined && a[field] < b[field];
}

/**
 * Another identity under which the dependents know the owner that is absent as `absent`: the first one after it, else the first of all,
 * so that all are tried in turn. Undefined where there is no other.
 */
export function alternateIdentity(dependents: Iterable<GraphNode>, absent: Identity): Identity | undefined {
  let first: Identity | undefined;
  let following: Identity | undefined;
  for (const { owners, identity } of dependents) {
    for (const reference of owners) {
      if (reference.uid !== absent.uid) continue;
      // A kind that is known to be of cluster scope has no namespace.
      const ofCluster =
        absent.namespace === '' && reference.apiVersion === absent.apiVersion && reference.kind === absent.kind;
      const candidate = identityOf(reference, ofCluster ? '' : identity.namespace);
      if (sameIdentity(candidate, absent)) continue;
      if (first === undefined || identityLess(candidate, first)) first = candidate;
      if (!identityLess(absent, candidate)) continue;
      if (following === undefined || identityLess(candidate, following)) following = candidate;
    }
  }
  return following ?? first;
}
