// Pods in quotas: their number, what they request and are limited to (kubernetes pkg/quota/v1/evaluator/core/pods.go).

import { type Fields, listOf } from '../fields.ts';
import type { KubeObject } from '../object.ts';
import { hasPodLevelResources, isNativeResource, podQOS } from '../pod-resources.ts';
import { type Amounts, amountsOf, units } from './amounts.ts';
import {
  type Evaluator,
  matchesValue,
  objectCountName,
  type QuotaRequest,
  type ScopeRequirement,
} from './evaluator.ts';
import { podAmounts } from './pod-usage.ts';

const countName = objectCountName('pods');
const requestsPrefix = 'requests.';
const deviceClassPrefix = 'deviceclass.resource.kubernetes.io/';

/** Resources that count as themselves, as `requests.x` and as `limits.x`. */
const computeResources = ['cpu', 'memory', 'ephemeral-storage'];
const podResources = new Set([
  countName,
  'pods',
  ...computeResources.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** Where a quota has one of these, each container has to say it. */
const constrainedResources = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

/** `requests.example.com/gpu`, and devices requested by class. */
export function isExtendedResourceForQuota(name: string): boolean {
  if (!name.startsWith(requestsPrefix)) return false;
  return !isNativeResource(name) || name.startsWith(requestsPrefix + deviceClassPrefix);
}

/** Extended resources count as requests (schedutil.IsDRAExtendedResourceName). */
function isExtendedResource(name: string): boolean {
  if (name.startsWith(deviceClassPrefix)) return true;
  return !isNativeResource(name) && !name.startsWith(requestsPrefix);
}

function computeUsage(requests: Amounts, limits: Amounts): Map<string, ReturnType<typeof units>> {
  const result = new Map([['pods', units(1)]]);
  for (const name of computeResources) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request !== undefined) result.set(name, request).set(`requests.${name}`, request);
    if (limit !== undefined) result.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (name.startsWith('hugepages-')) result.set(name, request).set(requestsPrefix + name, request);
    if (isExtendedResource(name)) result.set(requestsPrefix + name, request);
  }
  return result;
}

/** Pods that have ended, or should be gone by now, hold nothing but their place in the count of objects. */
export function holdsResources(pod: KubeObject, nowMs: number): boolean {
  const phase = pod['status']?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** What a pod counts for at a time. */
export function podUsage(pod: KubeObject, nowMs: number): Amounts {
  if (!holdsResources(pod, nowMs)) return new Map([[countName, units(1)]]);
  const options = { useStatus: true, overhead: true };
  const usage = computeUsage(podAmounts(pod, 'requests', options), podAmounts(pod, 'limits', options));
  return usage.set(countName, units(1));
}

export function isTerminating(pod: KubeObject | undefined): boolean {
  const deadline = pod?.['spec']?.activeDeadlineSeconds;
  return typeof deadline === 'number' && deadline >= 0;
}

function usesCrossNamespaceAffinity(pod: KubeObject): boolean {
  const { podAffinity, podAntiAffinity } = (pod['spec']?.affinity ?? {}) as Fields;
  return [podAffinity, podAntiAffinity].some((affinity) =>
    [
      ...listOf(affinity?.requiredDuringSchedulingIgnoredDuringExecution),
      ...listOf(affinity?.preferredDuringSchedulingIgnoredDuringExecution).map(
        ({ podAffinityTerm }) => (podAffinityTerm ?? {}) as Fields,
      ),
    ].some(({ namespaces, namespaceSelector }) => namespaces?.length > 0 || namespaceSelector != null),
  );
}

function matchesScope(requirement: ScopeRequirement, pod: KubeObject): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return podQOS(pod['spec'] ?? {}) === 'BestEffort';
    case 'NotBestEffort':
      return podQOS(pod['spec'] ?? {}) !== 'BestEffort';
    case 'PriorityClass':
      return matchesValue(requirement, pod['spec']?.priorityClassName ?? '');
    case 'CrossNamespacePodAffinity':
      return usesCrossNamespaceAffinity(pod);
    default:
      return false;
  }
}

/** `must specify limits.cpu for: a,b; memory for: a`. */
function constraints(required: readonly string[], pod: KubeObject): string | undefined {
  const spec = (pod['spec'] ?? {}) as Fields;
  if (hasPodLevelResources(spec)) return undefined;
  const wanted = required.filter((name) => constrainedResources.has(name)).sort();
  if (wanted.length === 0) return undefined;
  const missing = new Map<string, Set<string>>();
  for (const container of [...listOf(spec['containers']), ...listOf(spec['initContainers'])]) {
    const { requests, limits } = (container['resources'] ?? {}) as Fields;
    const said = computeUsage(amountsOf(requests), amountsOf(limits));
    for (const name of wanted) {
      if (said.has(name)) continue;
      missing.set(name, (missing.get(name) ?? new Set()).add(container['name']));
    }
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing.keys()].sort().map((name) => `${name} for: ${[...missing.get(name)!].sort().join(',')}`);
  return `must specify ${parts.join('; ')}`;
}

/** Creates, resizes, and updates by which a pod enters or leaves the scope `Terminating`. */
function handles({ operation, subresource, object, old }: QuotaRequest): boolean {
  if (subresource === 'resize') return operation === 'UPDATE';
  if (subresource !== '') return false;
  return operation === 'CREATE' || (operation === 'UPDATE' && isTerminating(object) !== isTerminating(old));
}

/** `now` gives milliseconds since the epoch. */
export function podEvaluator(now: () => number = Date.now): Evaluator {
  return {
    handles,
    matchingResources: (names) =>
      [...names].filter(
        (name) =>
          podResources.has(name) ||
          name.startsWith('hugepages-') ||
          name.startsWith('requests.hugepages-') ||
          isExtendedResourceForQuota(name),
      ),
    matchesScope,
    constraints,
    usage: (pod) => podUsage(pod, now()),
  };
}
