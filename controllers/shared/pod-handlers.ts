// Which owner a change of a Pod concerns (the addPod, updatePod and deletePod of pkg/controller/replicaset, statefulset, daemon and job).
import { isDeepStrictEqual } from 'node:util';
import type { OwnerReference } from '../../apimachinery/object.ts';
import type { Change } from '../../client/controller.ts';
import type { Pod } from '../../client/kinds.ts';
import { type ApiObject, keyOf } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { controllerOf } from './controller-ref.ts';
import type { Expectations } from './expectations.ts';

export interface PodOwners<T extends ApiObject> {
  kind: string;
  lister: Lister<T>;
  /** Whether an object's selector matches an orphan of its namespace; left out where orphans do not matter. */
  wouldAdopt?(owner: T, orphan: Pod): boolean;
  expectations?: Expectations;
}

/** The keys of the owners to be looked at after a change; what was expected is seen to have happened. */
export function ownerKeysOf<T extends ApiObject>({ type, object, old }: Change<Pod>, owners: PodOwners<T>): string[] {
  if (type === 'delete') return deleted(object, owners);
  if (type === 'add' || old === undefined)
    return object.metadata.deletionTimestamp === undefined ? added(object, owners) : deleted(object, owners);
  return updated(old, object, owners);
}

/** The object that a reference means, if it is of this kind and there. */
export function resolveController<T extends ApiObject>(
  namespace: string | undefined,
  reference: OwnerReference | undefined,
  { kind, lister }: Pick<PodOwners<T>, 'kind' | 'lister'>,
): T | undefined {
  if (reference?.kind !== kind) return undefined;
  const owner = lister.get(namespace, reference.name);
  return owner?.metadata.uid === reference.uid ? owner : undefined;
}

function added<T extends ApiObject>(pod: Pod, owners: PodOwners<T>): string[] {
  const reference = controllerOf(pod);
  if (reference === undefined) return adopters(pod, owners);
  const owner = resolveController(pod.metadata.namespace, reference, owners);
  if (owner === undefined) return [];
  const key = keyOf(owner);
  owners.expectations?.creationObserved(key);
  return [key];
}

function updated<T extends ApiObject>(old: Pod, pod: Pod, owners: PodOwners<T>): string[] {
  if (old.metadata.resourceVersion === pod.metadata.resourceVersion) return [];
  const { namespace, labels, deletionTimestamp } = pod.metadata;
  const labelsChanged = !isDeepStrictEqual(labels, old.metadata.labels);
  if (deletionTimestamp !== undefined) return [...deleted(pod, owners), ...(labelsChanged ? deleted(old, owners) : [])];
  const reference = controllerOf(pod);
  const before = controllerOf(old);
  const referenceChanged = !isDeepStrictEqual(reference, before);
  const left = referenceChanged ? resolveController(namespace, before, owners) : undefined;
  const keys = left === undefined ? [] : [keyOf(left)];
  if (reference !== undefined) {
    const owner = resolveController(namespace, reference, owners);
    return owner === undefined ? keys : [...keys, keyOf(owner)];
  }
  return labelsChanged || referenceChanged ? [...keys, ...adopters(pod, owners)] : keys;
}

function deleted<T extends ApiObject>(pod: Pod, owners: PodOwners<T>): string[] {
  const owner = resolveController(pod.metadata.namespace, controllerOf(pod), owners);
  if (owner === undefined) return [];
  const key = keyOf(owner);
  owners.expectations?.deletionObserved(key, keyOf(pod));
  return [key];
}

function adopters<T extends ApiObject>(orphan: Pod, { lister, wouldAdopt }: PodOwners<T>): string[] {
  if (wouldAdopt === undefined) return [];
  const { namespace } = orphan.metadata;
  return lister
    .list({ namespace })
    .filter((owner) => wouldAdopt(owner, orphan))
    .map(keyOf);
}
