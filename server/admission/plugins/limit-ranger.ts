// LimitRanges: defaults for containers without requests or limits, and bounds for containers, pods and claims
// (kubernetes plugin/pkg/admission/limitranger).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantities, formatQuantity, type Quantity, quantityOf } from '../../../apimachinery/quantity.ts';
import { aggregate } from '../../auth/go-format.ts';
import { forbidden, type PluginContext, resourceOf, type ScopedPlugin } from '../plugin.ts';
import { podAmounts } from '../quota/pod-usage.ts';
import type { AdmissionAttributes } from '../types.ts';
import { type Container, podSpecOf, type ResourceList } from './pod-spec.ts';

const annotation = 'kubernetes.io/limit-ranger';

interface LimitRangeItem {
  type: string;
  min?: ResourceList;
  max?: ResourceList;
  default?: ResourceList;
  defaultRequest?: ResourceList;
  maxLimitRequestRatio?: ResourceList;
}

type Amounts = Map<string, Quantity>;

interface Usage {
  requests: Amounts;
  limits: Amounts;
}

function itemsOf(limitRange: KubeObject): LimitRangeItem[] {
  return limitRange['spec']?.limits ?? [];
}

function amounts(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, value]) => [name, quantityOf(value)]));
}

/** Adds what is missing and returns its names, sorted. */
function addMissing(container: Container, which: 'requests' | 'limits', defaults: ResourceList): string[] {
  const present = container.resources?.[which] ?? {};
  const missing = Object.keys(defaults).filter((name) => present[name] === undefined);
  if (missing.length === 0) return [];
  const added = Object.fromEntries(missing.map((name) => [name, defaults[name]!]));
  container.resources = { ...container.resources, [which]: { ...present, ...added } };
  return missing.sort();
}

function setDefaults(limitRange: KubeObject, pod: KubeObject): void {
  const items = itemsOf(limitRange).filter(({ type }) => type === 'Container');
  const requests: ResourceList = Object.assign({}, ...items.map((item) => item.defaultRequest));
  const limits: ResourceList = Object.assign({}, ...items.map((item) => item.default));
  const spec = podSpecOf(pod);
  const said: string[] = [];
  const complete = (kind: string, containers: readonly Container[] = []) => {
    for (const container of containers) {
      const setLimits = addMissing(container, 'limits', limits);
      const setRequests = addMissing(container, 'requests', requests);
      if (setRequests.length > 0) said.push(`${setRequests.join(', ')} request for ${kind} ${container.name}`);
      if (setLimits.length > 0) said.push(`${setLimits.join(', ')} limit for ${kind} ${container.name}`);
    }
  };
  complete('container', spec.containers);
  complete('init container', spec.initContainers);
  if (said.length > 0)
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [annotation]: `LimitRanger plugin set: ${said.join('; ')}`,
    };
}

function minError(of: string, name: string, least: Quantity, { requests, limits }: Usage): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const said = `minimum ${name} usage per ${of} is ${formatQuantity(least)}`;
  if (request === undefined) return `${said}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${said}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && compareQuantities(limit, least) < 0)
    return `${said}, but limit is ${formatQuantity(limit)}`;
  return undefined;
}

function maxError(of: string, name: string, most: Quantity, { requests, limits }: Usage): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const said = `maximum ${name} usage per ${of} is ${formatQuantity(most)}`;
  if (limit === undefined) return `${said}.  No limit is specified`;
  if (compareQuantities(limit, most) > 0) return `${said}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && compareQuantities(request, most) > 0)
    return `${said}, but request is ${formatQuantity(request)}`;
  return undefined;
}

/** Claims have requests only. */
function maxRequestError(of: string, name: string, most: Quantity, { requests }: Usage): string | undefined {
  const request = requests.get(name);
  const said = `maximum ${name} usage per ${of} is ${formatQuantity(most)}`;
  if (request === undefined) return `${said}.  No request is specified`;
  return compareQuantities(request, most) > 0 ? `${said}, but request is ${formatQuantity(request)}` : undefined;
}

function ratioError(of: string, name: string, most: Quantity, { requests, limits }: Usage): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const said = `${name} max limit to request ratio per ${of} is ${formatQuantity(most)}`;
  if (request === undefined || request.nanos === 0n) return `${said}, but no request is specified or request is 0`;
  if (limit === undefined || limit.nanos === 0n) return `${said}, but no limit is specified or limit is 0`;
  const ratio = Number(limit.nanos) / Number(request.nanos);
  return ratio > Number(most.nanos) / 1e9 ? `${said}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

function usageErrors(item: LimitRangeItem, usage: Usage): string[] {
  const check = (bounds: ResourceList | undefined, error: typeof minError) =>
    [...amounts(bounds)].flatMap(([name, bound]) => error(item.type, name, bound, usage) ?? []);
  if (item.type === 'PersistentVolumeClaim') return [...check(item.min, minError), ...check(item.max, maxRequestError)];
  return [...check(item.min, minError), ...check(item.max, maxError), ...check(item.maxLimitRequestRatio, ratioError)];
}

/** Of the spec alone: what a resize has granted is not limited again. */
const ofSpec = { useStatus: false, overhead: false };

function podErrors(limitRange: KubeObject, pod: KubeObject): string[] {
  const spec = podSpecOf(pod);
  return itemsOf(limitRange).flatMap((item) => {
    if (item.type === 'Container')
      return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
        usageErrors(item, { requests: amounts(resources?.requests), limits: amounts(resources?.limits) }),
      );
    if (item.type !== 'Pod') return [];
    return usageErrors(item, {
      requests: podAmounts(pod, 'requests', ofSpec),
      limits: podAmounts(pod, 'limits', ofSpec),
    });
  });
}

function claimErrors(limitRange: KubeObject, claim: KubeObject): string[] {
  const usage = { requests: amounts(claim['spec']?.resources?.requests), limits: new Map() };
  return itemsOf(limitRange)
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => usageErrors(item, usage));
}

/** Pods on create and resize, claims on create and update; never what is being deleted. */
function isLimited(attributes: AdmissionAttributes): boolean {
  const { operation, subresource, object, old } = attributes;
  if (object === undefined || old?.metadata.deletionTimestamp !== undefined) return false;
  if (resourceOf(attributes) !== 'pods') return subresource === '';
  return operation === 'UPDATE' ? subresource === 'resize' : subresource === '';
}

export function limitRanger({ objects }: PluginContext): ScopedPlugin {
  const limitRanges = objects.resource('limitranges');
  return {
    name: 'LimitRanger',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods', 'persistentvolumeclaims'],
    admit(attributes) {
      if (!isLimited(attributes) || resourceOf(attributes) !== 'pods') return;
      for (const limitRange of limitRanges.list(attributes.namespace)) setDefaults(limitRange, attributes.object!);
    },
    validate(attributes) {
      if (!isLimited(attributes)) return;
      const object = attributes.object!;
      for (const limitRange of limitRanges.list(attributes.namespace)) {
        const errors =
          resourceOf(attributes) === 'pods' ? podErrors(limitRange, object) : claimErrors(limitRange, object);
        if (errors.length > 0) throw forbidden(attributes, aggregate(errors));
      }
    },
  };
}
