// PersistentVolumeClaims in quotas: number and storage, in all and by storage class, within volume attributes classes
// (kubernetes pkg/quota/v1/evaluator/core/persistent_volume_claims.go).

import type { Fields } from '../fields.ts';
import type { KubeObject } from '../object.ts';
import { compareQuantities, type Quantity, quantityOf, quantityValue } from '../quantity.ts';
import { type Amounts, units } from './amounts.ts';
import {
  type Evaluator,
  matchesValue,
  objectCountName,
  type QuotaRequest,
  type ScopeRequirement,
} from './evaluator.ts';

const countName = objectCountName('persistentvolumeclaims');
const claimResources = ['persistentvolumeclaims', 'requests.storage'];
const classSuffix = '.storageclass.storage.k8s.io/';
const legacyClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

function roundedUp(value: unknown): Quantity {
  const quantity = quantityOf(value);
  return { nanos: quantityValue(quantity) * 1_000_000_000n, format: quantity.format };
}

/** What is requested, or what is still allocated while a volume that was to grow is made smaller again. */
function storageOf(claim: KubeObject): Quantity | undefined {
  const request = claim['spec']?.resources?.requests?.storage;
  if (request === undefined) return undefined;
  const requested = roundedUp(request);
  const allocated = claim['status']?.allocatedResources?.storage;
  if (allocated === undefined || compareQuantities(quantityOf(allocated), requested) <= 0) return requested;
  return roundedUp(allocated);
}

function usage(claim: KubeObject): Amounts {
  const storageClass: string =
    claim.metadata.annotations?.[legacyClassAnnotation] ?? claim['spec']?.storageClassName ?? '';
  const storage = storageOf(claim);
  const result = new Map([
    [countName, units(1)],
    ['persistentvolumeclaims', units(1)],
  ]);
  if (storage !== undefined) result.set('requests.storage', storage);
  if (storageClass === '') return result;
  for (const name of claimResources) {
    const amount = result.get(name);
    if (amount !== undefined) result.set(storageClass + classSuffix + name, amount);
  }
  return result;
}

/** Every volume attributes class that the claim has, had until a change is done, or is to get. */
export function attributesClasses(claim: KubeObject | undefined): Set<string> {
  const status = (claim?.['status'] ?? {}) as Fields;
  const names: string[] = [
    claim?.['spec']?.volumeAttributesClassName ?? '',
    status['currentVolumeAttributesClassName'] ?? '',
    status['modifyVolumeStatus']?.targetVolumeAttributesClassName ?? '',
  ];
  return new Set(names.filter((name) => name !== ''));
}

function matchesScope(requirement: ScopeRequirement, claim: KubeObject): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  const classes = attributesClasses(claim);
  if (classes.size === 0) return matchesValue(requirement, '');
  return [...classes].some((name) => matchesValue(requirement, name));
}

function handles({ operation, subresource, object, old }: QuotaRequest): boolean {
  if (subresource === '') return operation === 'CREATE' || operation === 'UPDATE';
  if (subresource !== 'status') return false;
  const allocated = (claim: KubeObject | undefined) => quantityOf(claim?.['status']?.allocatedResources?.storage).nanos;
  if (allocated(object) !== allocated(old)) return true;
  return attributesClasses(object).symmetricDifference(attributesClasses(old)).size > 0;
}

export const claimEvaluator: Evaluator = {
  handles,
  matchingResources: (input) =>
    [...input].filter(
      (name) =>
        name === countName ||
        claimResources.includes(name) ||
        claimResources.some((resource) => name.endsWith(classSuffix + resource)),
    ),
  matchesScope,
  usage,
};
