// What a write changes of an object: the questions that the generic store asks of the new state and the old
// (k8s.io/apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest/update.go).
import { sameButTimes } from '../../apimachinery/managed-fields/managers.ts';
import type { JsonObject, KubeObject } from '../../apimachinery/object.ts';
import { deepCopy, deepEqual } from '../../apimachinery/patch/json-values.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** Whether something holds the object back from being removed: its own finalizers, or a namespace's. */
export function hasFinalizers(object: KubeObject): boolean {
  return (
    (object.metadata.finalizers?.length ?? 0) > 0 ||
    (object.kind === 'Namespace' && (object['spec']?.finalizers?.length ?? 0) > 0)
  );
}

/** A copy that may be changed, but for the entries of managedFields. */
export function copyOf(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata;
  const copy = deepCopy({ ...object, metadata } as unknown as JsonObject) as unknown as KubeObject;
  if (managedFields !== undefined) copy.metadata.managedFields = [...managedFields];
  return copy;
}

/** By default every change outside metadata and status counts. */
export function generationChanged(descriptor: ResourceDescriptor, object: KubeObject, old: KubeObject): boolean {
  if (descriptor.generationChanged) return descriptor.generationChanged(object, old);
  return !equalBut(object, old, ['metadata', 'status']);
}

/** Whether `object` is what is stored, but perhaps for the times of its managers. */
export function isUnchanged(object: KubeObject, old: KubeObject): boolean {
  const { managedFields, ...metadata } = object.metadata;
  const { managedFields: before, ...oldMetadata } = old.metadata;
  return (
    deepEqual(metadata as JsonObject, oldMetadata as JsonObject) &&
    sameButTimes(managedFields, before) &&
    equalBut(object, old, ['metadata'])
  );
}

/** Whether two objects are the same, these fields aside. */
function equalBut(a: KubeObject, b: KubeObject, except: readonly string[]): boolean {
  for (const field in a) if (!except.includes(field) && !deepEqual(a[field], b[field])) return false;
  for (const field in b) if (!(field in a) && !except.includes(field)) return false;
  return true;
}
