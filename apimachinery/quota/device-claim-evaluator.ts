// ResourceClaims in quotas: their number and the devices they ask for by class, with the extended resources that stand for
// classes (kubernetes pkg/quota/v1/evaluator/core/resource_claims.go, KEP-5004).

import { type Fields, listOf } from '../fields.ts';
import type { KubeObject } from '../object.ts';
import { addQuantities, compareQuantities, type Quantity, subtractQuantities } from '../quantity.ts';
import { type Amounts, units } from './amounts.ts';
import { type Evaluator, objectCountName, type QuotaObjects } from './evaluator.ts';
import { isExtendedResourceForQuota, podUsage } from './pod-evaluator.ts';

const countName = objectCountName('resourceclaims.resource.k8s.io');
const perClassSuffix = '.deviceclass.resource.k8s.io/devices';
const implicitPrefix = 'requests.deviceclass.resource.kubernetes.io/';
const implicitResourcePrefix = 'deviceclass.resource.kubernetes.io/';
const requestsPrefix = 'requests.';
const extendedClaimAnnotation = 'resource.kubernetes.io/extended-resource-claim';
/** What "all devices" counts as: as many as a claim can be given. */
const allocationResultsMaxSize = 32;

/** How many devices a request or subrequest asks for at most. */
function devicesOf({ allocationMode, count }: Fields): number {
  if (allocationMode === 'ExactCount') return count ?? 0;
  return allocationMode === 'All' ? allocationResultsMaxSize : 0;
}

/** Devices by class: exact requests add up; of alternatives of one request the largest counts for each class. */
function devicesByClass(claim: KubeObject): Map<string, Quantity> {
  const result = new Map<string, Quantity>();
  const add = (name: string, quantity: Quantity) =>
    result.set(name, addQuantities(result.get(name) ?? units(0), quantity));
  for (const { firstAvailable, exactly } of listOf(claim['spec']?.devices?.requests)) {
    if (firstAvailable?.length > 0) {
      const most = new Map<string, number>();
      for (const alternative of listOf(firstAvailable)) {
        const name = alternative['deviceClassName'] + perClassSuffix;
        most.set(name, Math.max(most.get(name) ?? 0, devicesOf(alternative)));
      }
      for (const [name, count] of most) if (count > 0) add(name, units(count));
    } else if (exactly) add(exactly.deviceClassName + perClassSuffix, units(devicesOf(exactly)));
  }
  return result;
}

/** Counts devices; reads device classes, pods and claims. */
export class DeviceClaimEvaluator implements Evaluator {
  readonly #objects: QuotaObjects;

  constructor(objects: QuotaObjects) {
    this.#objects = objects;
  }

  handles({ operation, subresource }: Parameters<Evaluator['handles']>[0]): boolean {
    return subresource === '' && (operation === 'CREATE' || operation === 'UPDATE');
  }

  #deviceClasses(): readonly KubeObject[] {
    return this.#objects.resource('deviceclasses.resource.k8s.io').list();
  }

  #extendedResourceOf(className: string): string {
    const found = this.#objects.resource('deviceclasses.resource.k8s.io').get('', className);
    return found?.['spec']?.extendedResourceName ?? '';
  }

  #hasDeviceClass(resource: string): boolean {
    return this.#deviceClasses().some(
      ({ metadata, ['spec']: spec }) =>
        spec?.extendedResourceName === resource || implicitResourcePrefix + metadata.name === resource,
    );
  }

  matchingResources(names: Iterable<string>): string[] {
    return [...names].filter((name) => {
      if (name === countName || name.endsWith(perClassSuffix)) return true;
      if (name.startsWith(implicitPrefix) && this.#extendedResourceOf(name.slice(implicitPrefix.length)) !== '')
        return true;
      return isExtendedResourceForQuota(name) && this.#hasDeviceClass(name.slice(requestsPrefix.length));
    });
  }

  usage(claim: KubeObject): Amounts {
    const result = devicesByClass(claim);
    const pod = this.#verifiedPodUsage(claim);
    for (const [name, quantity] of [...result]) {
      const className = name.slice(0, -perClassSuffix.length);
      if (className === '') continue;
      const resource = this.#extendedResourceOf(className);
      for (const extended of [implicitPrefix + className, ...(resource === '' ? [] : [requestsPrefix + resource])]) {
        // What the pod counts for already is not counted again.
        const counted = pod?.get(extended);
        const rest = counted === undefined ? quantity : subtractQuantities(quantity, counted);
        if (compareQuantities(rest, units(0)) > 0) result.set(extended, rest);
      }
    }
    return result.set(countName, units(1));
  }

  /** What the pod of a claim that the scheduler made for extended resources counts for; only its first such claim. */
  #verifiedPodUsage(claim: KubeObject): Amounts | undefined {
    const { namespace = '', name = '' } = claim.metadata;
    const owner = extendedClaimOwner(claim);
    const pod = owner === undefined ? undefined : this.#objects.resource('pods').get(namespace, owner['name']);
    if (pod === undefined || pod.metadata.uid !== owner!['uid']) return undefined;
    const status = pod['status']?.extendedResourceClaimStatus as Fields | undefined;
    if (status ? status['resourceClaimName'] !== name : this.#hasEarlierClaim(claim, owner!['uid'])) return undefined;
    return podUsage(pod, Date.now());
  }

  #hasEarlierClaim(claim: KubeObject, podUid: string): boolean {
    const { namespace = '', name = '' } = claim.metadata;
    const creationTimestamp = claim.metadata.creationTimestamp ?? '';
    return this.#objects
      .resource('resourceclaims.resource.k8s.io')
      .list(namespace)
      .some((other) => {
        if (extendedClaimOwner(other)?.['uid'] !== podUid) return false;
        const created = other.metadata.creationTimestamp ?? '';
        return created < creationTimestamp || (created === creationTimestamp && other.metadata.name! < name);
      });
  }
}

/** The owning pod's reference, where the scheduler made the claim for extended resources. */
function extendedClaimOwner(claim: KubeObject): Fields | undefined {
  if (claim.metadata.annotations?.[extendedClaimAnnotation] !== 'true') return undefined;
  return listOf(claim.metadata.ownerReferences).find(
    ({ controller, kind, apiVersion }) => controller === true && kind === 'Pod' && apiVersion === 'v1',
  );
}
