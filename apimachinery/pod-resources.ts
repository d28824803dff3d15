// What a pod asks for in all: aggregation over containers (k8s.io/component-helpers/resource) and the QoS class
// (pkg/apis/core/v1/helper/qos).

import { type Fields, listOf } from './fields.ts';
import { addQuantities, compareQuantities, formatQuantity, type Quantity, quantityOf } from './quantity.ts';

/** `hugepages-2Mi` and the like. */
export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Resources without a domain, or of kubernetes.io. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** Native resources but for huge pages may be promised more than once. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

/** Resources that spec.resources of a pod may name. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePages(name);
}

/** True for sidecars: init containers that keep running. */
export function isRestartableInitContainer(container: Fields | undefined): boolean {
  return container?.['restartPolicy'] === 'Always';
}

type Sums = Map<string, Quantity>;

function addList(sums: Sums, list: Fields | null | undefined): void {
  for (const name in list ?? {}) {
    const present = sums.get(name);
    const quantity = quantityOf(list![name]);
    sums.set(name, present === undefined ? quantity : addQuantities(present, quantity));
  }
}

function maxInto(sums: Sums, other: Sums): void {
  for (const [name, quantity] of other) {
    const present = sums.get(name);
    if (present === undefined || compareQuantities(quantity, present) > 0) sums.set(name, quantity);
  }
}

/**
 * `requests` or `limits` of all containers of a pod spec: the sum over containers and sidecars, or what the hungriest
 * init container needs beside the sidecars started before it, whichever is more. Canonical quantities by name.
 */
export function aggregateContainerResources(spec: Fields, which: 'requests' | 'limits'): Record<string, string> {
  const sums: Sums = new Map();
  for (const container of listOf(spec['containers'])) addList(sums, container['resources']?.[which]);
  const sidecars: Sums = new Map();
  const initNeeds: Sums = new Map();
  for (const container of listOf(spec['initContainers'])) {
    const own = container['resources']?.[which] as Fields | undefined;
    if (isRestartableInitContainer(container)) {
      addList(sums, own);
      addList(sidecars, own);
      maxInto(initNeeds, sidecars);
    } else {
      const needed: Sums = new Map(sidecars);
      addList(needed, own);
      maxInto(initNeeds, needed);
    }
  }
  maxInto(sums, initNeeds);
  const result: Record<string, string> = {};
  for (const [name, quantity] of sums) result[name] = formatQuantity(quantity);
  return result;
}

/** True when spec.resources names a resource that counts at the pod's level. */
export function hasPodLevelResources(spec: Fields): boolean {
  const resources = spec['resources'] as Fields | undefined;
  if (!resources) return false;
  return [resources['requests'], resources['limits']].some((list) => Object.keys(list ?? {}).some(isPodLevelResource));
}

export type PodQOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const qosResources = ['cpu', 'memory'] as const;

/** The QoS class of a pod by its spec (ComputePodQOS): only cpu and memory count. */
export function podQOS(spec: Fields): PodQOSClass {
  const requests: Sums = new Map();
  const limits: Sums = new Map();
  const hasBothLimits = hasPodLevelResources(spec)
    ? collectPodLevel(spec['resources'] as Fields, requests, limits)
    : collectContainers(spec, requests, limits);
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  if (!hasBothLimits || requests.size !== limits.size) return 'Burstable';
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (limit === undefined || compareQuantities(limit, request) !== 0) return 'Burstable';
  }
  return 'Guaranteed';
}

function collectPodLevel(resources: Fields, requests: Sums, limits: Sums): boolean {
  addQOSResources(requests, resources['requests']);
  const found = addQOSResources(limits, resources['limits']);
  return Object.keys(resources['limits'] ?? {}).length === 0 || found === qosResources.length;
}

/** Returns whether every container limits both cpu and memory. */
function collectContainers(spec: Fields, requests: Sums, limits: Sums): boolean {
  let allLimited = true;
  for (const list of [spec['containers'], spec['initContainers']]) {
    for (const container of listOf(list)) {
      const resources = container['resources'] as Fields | undefined;
      addQOSResources(requests, resources?.['requests']);
      if (addQOSResources(limits, resources?.['limits']) !== qosResources.length) allLimited = false;
    }
  }
  return allLimited;
}

/** Adds what is more than zero of cpu and memory; returns how many of the two were. */
function addQOSResources(sums: Sums, list: Fields | null | undefined): number {
  if (!list) return 0;
  let found = 0;
  for (const name of qosResources) {
    if (list[name] === undefined) continue;
    const quantity = quantityOf(list[name]);
    if (quantity.nanos <= 0n) continue;
    found++;
    const present = sums.get(name);
    sums.set(name, present === undefined ? quantity : addQuantities(present, quantity));
  }
  return found;
}
