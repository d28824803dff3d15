// Which volume fits a claim, on a node (k8s.io/component-helpers/storage/volume/pv_helpers.go FindMatchingVolume).
import { compareQuantities, quantityOf } from '../../../apimachinery/quantity.ts';
import { type LabelSelectorObject, selectorFromObject } from '../../../apimachinery/selectors.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../client/kinds.ts';
import { selectorMatcher } from '../../../client/scheduling/node-selector.ts';
import { classOf } from '../shared/volumes.ts';

export function requestedStorage({ spec }: PersistentVolumeClaim) {
  return quantityOf(spec?.resources?.requests?.['storage']);
}

/** Whether a volume can be used on a node. */
export function reachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec?.nodeAffinity?.required;
  return required === undefined || selectorMatcher(required)(node);
}

export function isBoundTo({ spec }: PersistentVolume, { metadata: { namespace, name, uid } }: PersistentVolumeClaim) {
  const reference = spec?.claimRef;
  if (reference === undefined || reference.name !== name || reference.namespace !== namespace) return false;
  return !reference.uid || reference.uid === uid;
}

/** The smallest volume that is free and fits, or the one that is meant for the claim; undefined for none. Throws SelectorError. */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  node: Node,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  const wanted = requestedStorage(claim);
  const { spec = {} } = claim;
  const selector = spec.selector === undefined ? undefined : selectorFromObject(spec.selector as LabelSelectorObject);
  let smallest: PersistentVolume | undefined;
  const sizeOf = (volume: PersistentVolume) => quantityOf(volume.spec?.capacity?.['storage']);
  for (const volume of volumes) {
    const own = volume.spec ?? {};
    if (taken.has(volume.metadata.name) || (own.claimRef !== undefined && !isBoundTo(volume, claim))) continue;
    if (compareQuantities(sizeOf(volume), wanted) < 0) continue;
    if ((own.volumeMode ?? 'Filesystem') !== (spec.volumeMode ?? 'Filesystem')) continue;
    if ((own.volumeAttributesClassName ?? '') !== (spec.volumeAttributesClassName ?? '')) continue;
    if (volume.metadata.deletionTimestamp !== undefined) continue;
    if (isBoundTo(volume, claim)) return reachable(volume, node) ? volume : undefined;
    if (volume.status?.phase !== 'Available') continue;
    if (selector !== undefined && !selector.matches(volume.metadata.labels)) continue;
    if (classOf(volume) !== classOf(claim) || !reachable(volume, node)) continue;
    if (!(spec.accessModes ?? []).every((mode) => own.accessModes?.includes(mode))) continue;
    if (smallest === undefined || compareQuantities(sizeOf(smallest), sizeOf(volume)) > 0) smallest = volume;
  }
  return smallest;
}
