// What a delete does to an object: remove it, or mark it and wait for grace and finalizers
// (k8s.io/apiserver pkg/registry/rest/delete.go and generic/registry/store.go).
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

export type Deletion = { kind: 'remove' } | { kind: 'unchanged' } | { kind: 'mark'; object: KubeObject };

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
  const finalizers = collectionFinalizers(descriptor, object, options);
  const seconds = descriptor.gracePeriodSeconds?.(object, options.gracePeriodSeconds) ?? 0;
  const namespaceFinalizers = object.kind === 'Namespace' && (object['spec']?.finalizers?.length ?? 0) > 0;
  if (finalizers.length === 0 && seconds === 0 && !namespaceFinalizers) return { kind: 'remove' };

  const marked = structuredClone(object);
  const { metadata } = marked;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = later(now, seconds);
    // Namespaces are deleted by a storage of their own, which knows no grace.
    if (object.kind !== 'Namespace') metadata.deletionGracePeriodSeconds = seconds;
    if (metadata.generation !== undefined && metadata.generation > 0) metadata.generation += 1;
    if (object.kind === 'Namespace') marked['status'] = { ...object['status'], phase: 'Terminating' };
    return { kind: 'mark', object: marked };
  }
  return shortenGrace(marked, object, seconds, now);
}

/** A second delete may only shorten the grace that is left. */
function shortenGrace(marked: KubeObject, object: KubeObject, seconds: number, now: string): Deletion {
  const { metadata } = marked;
  const before = object.metadata.deletionGracePeriodSeconds ?? 0;
  const finalizersChanged = String(object.metadata.finalizers ?? []) !== String(metadata.finalizers ?? []);
  if (seconds < before) {
    const started = Date.parse(object.metadata.deletionTimestamp!) - before * 1000;
    const ends = Math.max(started + seconds * 1000, Date.parse(now));
    metadata.deletionTimestamp = `${new Date(seconds === 0 ? Date.parse(now) : ends).toISOString().slice(0, 19)}Z`;
    metadata.deletionGracePeriodSeconds = seconds;
    return { kind: 'mark', object: marked };
  }
  return finalizersChanged ? { kind: 'mark', object: marked } : { kind: 'unchanged' };
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
