// Who owns the claims of a stateful set, so that they go with it, or with a Pod that was scaled away, as the retention policy says
// (pkg/controller/statefulset/stateful_set_utils.go isClaimOwnerUpToDate, updateClaimOwnerRefForSetAndPod).
import type { OwnerReference } from '../../apimachinery/object.ts';
import type { PersistentVolumeClaim, StatefulSet } from '../../client/kinds.ts';
import { newControllerRef } from '../shared/controller-ref.ts';
import { inOrdinalRange, type Replica } from './identity.ts';

/** An owner, as far as references to it go. */
interface Owner {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; uid?: string };
}

interface Policy {
  /** Claims go with the set. */
  deleted: boolean;
  /** Claims go with a Pod that is scaled away. */
  scaled: boolean;
}

function policyOf({ spec }: StatefulSet): Policy {
  const { whenDeleted, whenScaled } = spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { deleted: whenDeleted === 'Delete', scaled: whenScaled === 'Delete' };
}

function podOwner({ metadata }: Replica): Owner {
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

/** By kind and name, whatever the uid. */
function names(reference: OwnerReference, { apiVersion, kind, metadata }: Owner): boolean {
  return reference.apiVersion === apiVersion && reference.kind === kind && reference.name === metadata.name;
}

function references({ metadata }: PersistentVolumeClaim): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

function isOwnedBy(claim: PersistentVolumeClaim, { metadata }: Owner): boolean {
  return references(claim).some(({ uid }) => uid === metadata.uid);
}

/** Owned by one of this name that is no more. */
function hasStaleOwner(claim: PersistentVolumeClaim, owner: Owner): boolean {
  const reference = references(claim).find((reference) => names(reference, owner));
  return reference !== undefined && reference.uid !== owner.metadata.uid;
}

/** Somebody else controls the claim; then the policy is not applied. */
export function hasUnexpectedController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Replica): boolean {
  const { deleted, scaled } = policyOf(set);
  if (!deleted && !scaled) return false;
  return references(claim).some((reference) => {
    const named = [set, podOwner(pod)].find((owner) => names(reference, owner));
    return named === undefined ? reference.controller === true : reference.uid !== named.metadata.uid;
  });
}

function hasNonControllerOwner(claim: PersistentVolumeClaim, set: StatefulSet, pod: Replica): boolean {
  const own = [set.metadata.uid, pod.metadata.uid];
  return references(claim).some(({ uid, controller }) => own.includes(uid) && controller !== true);
}

/** A claim of a Pod by this name that was scaled away waits to be deleted: the Pod must not be made anew before. */
export function isStaleFor(claim: PersistentVolumeClaim, set: StatefulSet, pod: Replica): boolean {
  return policyOf(set).scaled && hasStaleOwner(claim, podOwner(pod));
}

/** Which of both is to own the claim. */
function wantedOwners(set: StatefulSet, pod: Replica): { set: boolean; pod: boolean } {
  const { deleted, scaled } = policyOf(set);
  const scaledDown = !inOrdinalRange(pod, set);
  return { set: deleted && !(scaled && scaledDown), pod: scaled && scaledDown };
}

/** The claim's owners are as the policy says, or not ours to change. */
export function isOwnerUpToDate(claim: PersistentVolumeClaim, set: StatefulSet, pod: Replica): boolean {
  if (hasStaleOwner(claim, set) || hasStaleOwner(claim, podOwner(pod))) return true;
  const ownedBySet = isOwnedBy(claim, set);
  const ownedByPod = isOwnedBy(claim, podOwner(pod));
  if (hasUnexpectedController(claim, set, pod)) return !ownedBySet && !ownedByPod;
  if (hasNonControllerOwner(claim, set, pod)) return false;
  const wanted = wantedOwners(set, pod);
  return ownedBySet === wanted.set && ownedByPod === wanted.pod;
}

/** The owners as the policy says. */
export function wantedReferences(claim: PersistentVolumeClaim, set: StatefulSet, pod: Replica): OwnerReference[] {
  const others = references(claim).filter((reference) => !names(reference, set) && !names(reference, podOwner(pod)));
  if (hasUnexpectedController(claim, set, pod)) return others;
  const wanted = wantedOwners(set, pod);
  const add = (owner: Owner) =>
    others.some(({ uid }) => uid === owner.metadata.uid) ? [] : [newControllerRef(owner as never)];
  return [...others, ...(wanted.set ? add(set) : []), ...(wanted.pod ? add(podOwner(pod)) : [])];
}
