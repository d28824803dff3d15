// What a delete does to an object: remove it, or mark it and wait for grace and finalizers
// (k8s.io/apiserver pkg/registry/rest/delete.go and generic/registry/store.go).
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import type { GroupResource } from '../../apimachinery/status.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** metav1.DeleteOptions. */
export interface DeleteOptions {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  /** Deprecated form of propagationPolicy. */
  orphanDependents?: boolean;
}

/** `done`: the object is gone; otherwise it waits for its finalizers or its grace. */
export interface Finished {
  object: CachedObject;
  done: boolean;
}

const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

export class PreconditionFailure extends Error {}

/**
 * `remove`: nothing holds it, and `object` is its last state; `mark`: `object` is to be stored, and waits; `markAndRemove`: both, one
 * after the other, so that who watches a Pod sees that its grace is over before it is gone; `unchanged`: it waits already.
 */
export type Deletion = { kind: 'remove' | 'mark' | 'markAndRemove'; object: KubeObject } | { kind: 'unchanged' };

/** Namespaces word it differently from everything else (pkg/registry/core/namespace/storage). */
function uidMismatch(object: KubeObject, wanted: string): string {
  const { uid } = object.metadata;
  if (object.kind === 'Namespace')
    return `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
  return `the UID in the precondition (${wanted}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
}

function checkPreconditions(object: KubeObject, preconditions: DeleteOptions['preconditions']): void {
  const { uid, resourceVersion } = object.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw new PreconditionFailure(uidMismatch(object, preconditions.uid));
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw new PreconditionFailure(
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}

/** Finalizers with which garbage collection learns what to do with dependents (store.go deletionFinalizersForGarbageCollection). */
function collectionFinalizers(descriptor: ResourceDescriptor, object: KubeObject, options: DeleteOptions): string[] {
  const before = object.metadata.finalizers ?? [];
  const kept = before.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  const orphan = shouldOrphan(descriptor, before, options);
  const foreground = shouldWaitForDependents(descriptor, before, options);
  if (orphan) kept.push(orphanFinalizer);
  if (foreground) kept.push(foregroundFinalizer);
  return kept;
}

function shouldOrphan(descriptor: ResourceDescriptor, finalizers: readonly string[], options: DeleteOptions): boolean {
  if (descriptor.defaultGarbageCollectionPolicy === 'Unsupported') return false;
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Orphan';
  if (finalizers.includes(orphanFinalizer)) return true;
  if (finalizers.includes(foregroundFinalizer)) return false;
  return descriptor.defaultGarbageCollectionPolicy === 'OrphanDependents';
}

function shouldWaitForDependents(
  descriptor: ResourceDescriptor,
  finalizers: readonly string[],
  options: DeleteOptions,
): boolean {
  if (descriptor.defaultGarbageCollectionPolicy === 'Unsupported') return false;
  if (options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === 'Foreground';
  return finalizers.includes(foregroundFinalizer) && !finalizers.includes(orphanFinalizer);
}

/**
 * Decides on a copy of `object`. Throws PreconditionFailure where uid or resourceVersion are not those asked for.
 * `now` is the present as metav1.Time prints it.
 */
export function decideDeletion(
  descriptor: ResourceDescriptor,
  object: KubeObject,
  options: DeleteOptions,
  now: string,
): Deletion {
  checkPreconditions(object, options.preconditions);
  const marked = structuredClone(object);
  if (object.metadata.deletionTimestamp === undefined && descriptor.markForDelete !== undefined) {
    descriptor.markForDelete(marked, now);
    return { kind: 'mark', object: marked };
  }
  const graceful = markGraceful(descriptor, marked, options, now);
  if (graceful === 'pending') return { kind: 'unchanged' };
  const finalizers = collectionFinalizers(descriptor, object, options);
  if (finalizers.length > 0) marked.metadata.finalizers = finalizers;
  else delete marked.metadata.finalizers;
  const waits = finalizers.length > 0 || (object.kind === 'Namespace' && (object['spec']?.finalizers?.length ?? 0) > 0);
  if (!waits && graceful > 0) return { kind: 'mark', object: marked };
  if (!waits) return { kind: graceEnds(object, marked) ? 'markAndRemove' : 'remove', object: marked };
  if (marked.metadata.deletionTimestamp === undefined || graceful === 0) markAsDeleting(marked, now);
  return isDeepStrictEqual(marked, object) ? { kind: 'unchanged' } : { kind: 'mark', object: marked };
}

/**
 * Marks `object` for a graceful delete, in place (rest.BeforeDelete). Returns the seconds of grace that are left to it, 0 where
 * it gets none, or `pending` when the delete that was asked for before goes on as it is: grace can only be shortened.
 */
function markGraceful(
  descriptor: ResourceDescriptor,
  object: KubeObject,
  options: DeleteOptions,
  now: string,
): number | 'pending' {
  const { metadata } = object;
  if (descriptor.gracePeriodSeconds === undefined) return 0;
  if (metadata.deletionTimestamp !== undefined) return shortenGrace(object, options.gracePeriodSeconds, now);
  const seconds = descriptor.gracePeriodSeconds(object, options.gracePeriodSeconds);
  if (seconds === undefined) return 0;
  metadata.deletionTimestamp = later(now, seconds);
  metadata.deletionGracePeriodSeconds = seconds;
  bumpGeneration(object);
  return seconds;
}

/** Whether this delete is what brings the grace of a kind that has some to 0. */
function graceEnds(object: KubeObject, marked: KubeObject): boolean {
  const { deletionGracePeriodSeconds } = marked.metadata;
  return deletionGracePeriodSeconds === 0 && object.metadata.deletionGracePeriodSeconds !== 0;
}

/** A second delete: the period counts from the first one, and what has run out already leaves one second. */
function shortenGrace(object: KubeObject, wanted: number | undefined, now: string): number | 'pending' {
  const { metadata } = object;
  const before = metadata.deletionGracePeriodSeconds ?? 0;
  if (before === 0) return 0;
  if (wanted === undefined || wanted >= before) return 'pending';
  const ends = later(metadata.deletionTimestamp!, wanted - before);
  const past = Date.parse(ends) < Date.parse(now);
  const seconds = past && wanted !== 0 ? 1 : wanted;
  metadata.deletionTimestamp = past ? now : ends;
  metadata.deletionGracePeriodSeconds = seconds;
  return seconds;
}

/** What has finalizers but no grace is marked and waits for them (store.go markAsDeleting). */
function markAsDeleting(object: KubeObject, now: string): void {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined || Date.parse(metadata.deletionTimestamp) > Date.parse(now)) {
    if (metadata.deletionTimestamp === undefined) bumpGeneration(object);
    metadata.deletionTimestamp = now;
  }
  // Namespaces are deleted by a storage of their own, which knows no grace.
  if (object.kind === 'Namespace') object['status'] = { ...object['status'], phase: 'Terminating' };
  else metadata.deletionGracePeriodSeconds = 0;
}

/** Being deleted is a change that controllers act on. */
function bumpGeneration({ metadata }: KubeObject): void {
  if (metadata.generation !== undefined && metadata.generation > 0) metadata.generation += 1;
}

function later(now: string, seconds: number): string {
  return `${new Date(Date.parse(now) + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** metav1.Status of a delete that removed the object. */
export function deletionStatus(of: GroupResource, object: CachedObject): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: object.name, ...(of.group === '' ? {} : { group: of.group }), kind: of.resource, uid: object.uid },
  };
}
