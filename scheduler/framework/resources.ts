// Amounts of resources as plain numbers, and what a pod asks for (k8s.io/component-helpers/resource/helpers.go PodRequests,
// pkg/scheduler/framework/types.go Resource). CPU is in thousandths, everything else in whole units: bytes stay exact below 2^53.
import { quantityMilliValue, quantityOf, quantityValue } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../client/kinds.ts';

export interface Resource {
  milliCPU: number;
  memory: number;
  ephemeralStorage: number;
  /** Extended resources, huge pages, attachable volumes; undefined for none. */
  scalar: Map<string, number> | undefined;
}

export type ResourceList = Readonly<Record<string, string>>;
/** Amounts by name, CPU in thousandths. */
type Amounts = Map<string, number>;
type PodSpec = NonNullable<Pod['spec']>;
type Container = PodSpec['containers'][number];

/** What a container without a request counts as when nodes are compared (util.DefaultMilliCPURequest, DefaultMemoryRequest). */
export const defaultMilliCPURequest = 100;
export const defaultMemoryRequest = 200 * 1024 * 1024;

export function emptyResource(): Resource {
  return { milliCPU: 0, memory: 0, ephemeralStorage: 0, scalar: undefined };
}

const nativePrefix = 'kubernetes.io/';

/** v1helper.IsExtendedResourceName. */
export function isExtendedResourceName(name: string): boolean {
  return name.includes('/') && !name.includes(nativePrefix) && !name.startsWith('requests.');
}

/** util.IsScalarResourceName: counted one by one, where CPU, memory and disk have fields of their own. */
export function isScalarResourceName(name: string): boolean {
  return (
    isExtendedResourceName(name) ||
    name.startsWith('hugepages-') ||
    name.includes(nativePrefix) ||
    name.startsWith('attachable-volumes-')
  );
}

// Pods write the same few quantities over and over: each is worked out once.
const known = { milli: new Map<string, number>(), whole: new Map<string, number>() };
const knownLimit = 4096;

function remembered(table: Map<string, number>, text: string, work: () => bigint): number {
  const found = table.get(text);
  if (found !== undefined) return found;
  const value = Number(work());
  if (table.size >= knownLimit) table.clear();
  table.set(text, value);
  return value;
}

/** A quantity in thousandths for CPU and whole units otherwise, rounded up. */
export function amountOf(name: string, quantity: string): number {
  return name === 'cpu'
    ? remembered(known.milli, quantity, () => quantityMilliValue(quantityOf(quantity)))
    : remembered(known.whole, quantity, () => quantityValue(quantityOf(quantity)));
}

function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map();
  for (const name in list) amounts.set(name, amountOf(name, list[name]!));
  return amounts;
}

function add(to: Amounts, from: Amounts): void {
  for (const [name, amount] of from) to.set(name, (to.get(name) ?? 0) + amount);
}

function max(to: Amounts, from: Amounts): void {
  for (const [name, amount] of from) if (amount > (to.get(name) ?? Number.NEGATIVE_INFINITY)) to.set(name, amount);
}

function copy(amounts: Amounts): Amounts {
  return new Map(amounts);
}

export interface PodRequestOptions {
  /** What a container that has no request counts as. */
  missing?: { cpu: number; memory: number };
  /** A pod that runs may hold more, or be given less, than it asks for while it is being resized (KEP-1287). */
  useStatus?: boolean;
  /** Leaves `spec.resources` aside. */
  skipPodLevel?: boolean;
  /** Leaves the overhead out. */
  excludeOverhead?: boolean;
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function resizeInfeasible(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
}

function requestsOf(container: Container, statuses: Map<string, ContainerStatus> | undefined, pod: Pod): Amounts {
  const requests = amountsOf(container.resources?.requests);
  const status = statuses?.get(container.name);
  if (status === undefined) return requests;
  const actual = amountsOf(status.resources?.requests ?? {});
  const allocated = amountsOf(status.allocatedResources);
  const inStatus = copy(actual);
  max(inStatus, allocated);
  if (resizeInfeasible(pod)) return inStatus.size > 0 ? inStatus : requests;
  max(inStatus, requests);
  return inStatus;
}

function withMissing(requests: Amounts, missing: PodRequestOptions['missing']): Amounts {
  if (missing === undefined) return requests;
  if (!requests.has('cpu')) requests.set('cpu', missing.cpu);
  if (!requests.has('memory')) requests.set('memory', missing.memory);
  return requests;
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

function statusesOf(pod: Pod, options: PodRequestOptions): Map<string, ContainerStatus> | undefined {
  if (!options.useStatus) return undefined;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  if (containerStatuses.length === 0 && initContainerStatuses.length === 0) return undefined;
  return new Map([...containerStatuses, ...initContainerStatuses].map((status) => [status.name, status]));
}

/** The sum of containers and sidecars, or what the hungriest moment of initialisation takes, whichever is more. */
function containersTotal(pod: Pod, options: PodRequestOptions): Amounts {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const statuses = statusesOf(pod, options);
  const total: Amounts = new Map();
  for (const container of containers) add(total, withMissing(requestsOf(container, statuses, pod), options.missing));
  const sidecars: Amounts = new Map();
  const initial: Amounts = new Map();
  for (const container of initContainers) {
    const sidecar = isSidecar(container);
    const requests = withMissing(requestsOf(container, sidecar ? statuses : undefined, pod), options.missing);
    if (sidecar) {
      add(total, requests);
      add(sidecars, requests);
      max(initial, sidecars);
    } else {
      add(requests, sidecars);
      max(initial, requests);
    }
  }
  max(total, initial);
  return total;
}

function podLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/** What a pod asks for, by name of resource; CPU in thousandths. */
export function podRequests(pod: Pod, options: PodRequestOptions = {}): Amounts {
  const amounts = containersTotal(pod, options);
  const { resources, overhead } = pod.spec ?? {};
  if (!options.skipPodLevel && resources?.requests !== undefined) {
    for (const [name, amount] of amountsOf(resources.requests)) if (podLevel(name)) amounts.set(name, amount);
  }
  if (!options.excludeOverhead && overhead !== undefined) add(amounts, amountsOf(overhead));
  return amounts;
}

export function resourceOf(amounts: Amounts): Resource {
  const resource = emptyResource();
  for (const [name, amount] of amounts) {
    if (name === 'cpu') resource.milliCPU = amount;
    else if (name === 'memory') resource.memory = amount;
    else if (name === 'ephemeral-storage') resource.ephemeralStorage = amount;
    else if (isScalarResourceName(name)) {
      resource.scalar ??= new Map();
      resource.scalar.set(name, amount);
    }
  }
  return resource;
}

/** The amount of one resource by its name. */
export function amountIn(resource: Resource, name: string): number {
  if (name === 'cpu') return resource.milliCPU;
  if (name === 'memory') return resource.memory;
  if (name === 'ephemeral-storage') return resource.ephemeralStorage;
  return resource.scalar?.get(name) ?? 0;
}

export function addResource(to: Resource, from: Resource, sign: 1 | -1): void {
  to.milliCPU += sign * from.milliCPU;
  to.memory += sign * from.memory;
  to.ephemeralStorage += sign * from.ephemeralStorage;
  if (from.scalar === undefined) return;
  to.scalar ??= new Map();
  for (const [name, amount] of from.scalar) to.scalar.set(name, (to.scalar.get(name) ?? 0) + sign * amount);
}

/** What a node offers (NodeInfo.SetNode); `pods` is not a Resource's part. */
export function allocatableOf(list: ResourceList | undefined): { resource: Resource; pods: number } {
  const amounts = amountsOf(list);
  return { resource: resourceOf(amounts), pods: amounts.get('pods') ?? 0 };
}
