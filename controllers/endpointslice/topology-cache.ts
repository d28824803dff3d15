// Topology aware routing: endpoints are allotted to zones in proportion to the zones' processors, as hints for proxies
// (k8s.io/endpointslice topologycache/*.go, KEP-2433; asked for by the annotation service.kubernetes.io/topology-mode: Auto).
import { parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts';
import { deepCopy } from '../../client/freeze.ts';
import type { EndpointSlice, Node, Service } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { AddressType, ChangedSlice, Endpoint, NewSlice } from './slices.ts';

/** How far a zone's share of endpoints may be below its share of processors. */
const overloadThreshold = 0.2;
const zoneLabel = 'topology.kubernetes.io/zone';
const excludedLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

export interface HintEvent {
  type: 'Normal' | 'Warning';
  reason: 'TopologyAwareHintsEnabled' | 'TopologyAwareHintsDisabled';
  message: string;
}

/** The slices of a Service of one family, before they are written. Those in `create` and `update` may be changed. */
export interface SliceInfo {
  service: Service;
  addressType: AddressType;
  create: NewSlice[];
  update: ChangedSlice[];
  unchanged: EndpointSlice[];
}

interface Allocation {
  minimum: number;
  maximum: number;
  desired: number;
}

type CountByZone = Map<string, number>;

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true;
const count = (zones: CountByZone, zone: string, by = 1): void => void zones.set(zone, (zones.get(zone) ?? 0) + by);
const withAddressType = (text: string, type: AddressType): string => `${text}, addressType: ${type}`;

/** True where the Service asks for hints. */
export function hintsEnabled({ metadata: { annotations } }: Service): boolean {
  const mode =
    annotations?.['service.kubernetes.io/topology-aware-hints'] ?? annotations?.['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
}

/** Takes all hints away; slices that had some are to be updated then. */
export function removeHints(info: SliceInfo): void {
  for (const { endpoints } of [...info.create, ...info.update]) for (const endpoint of endpoints) delete endpoint.hints;
  const hinted = info.unchanged.filter(({ endpoints }) => endpoints?.some(({ hints }) => hints !== undefined));
  info.unchanged = info.unchanged.filter((slice) => !hinted.includes(slice));
  for (const slice of hinted)
    info.update.push({ ...slice, endpoints: slice.endpoints!.map(({ hints: _, ...endpoint }) => endpoint) });
}

export class TopologyCache {
  /** Of the zone's processors in all; undefined where that is not known. */
  #shares: CountByZone | undefined;
  /** Endpoints by zone, by family, by key of the Service. */
  readonly #hints = new Map<string, Map<AddressType, CountByZone>>();
  readonly #populated = new Set<string>();

  /** Takes note of the nodes: shares are known where each ready node has a zone and processors, in two zones at least. */
  setNodes(nodes: Iterable<Node>): void {
    this.#shares = undefined;
    const milliCpu: CountByZone = new Map();
    let total = 0;
    for (const { metadata, status } of nodes) {
      if (excludedLabels.some((label) => metadata.labels?.[label] !== undefined)) continue;
      if (status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') continue;
      const zone = metadata.labels?.[zoneLabel];
      const cpu = Number(quantityMilliValue(parseQuantity(status.allocatable?.['cpu'] ?? '0')));
      if (!zone || cpu === 0) return;
      total += cpu;
      count(milliCpu, zone, cpu);
    }
    if (milliCpu.size < 2) return;
    this.#shares = new Map([...milliCpu].map(([zone, cpu]) => [zone, cpu / total]));
  }

  /** Keys of the Services that have too few endpoints in some zone. */
  overloadedServices(): string[] {
    const keys = [...this.#hints].filter(([, types]) => [...types.values()].some((zones) => this.#overloaded(zones)));
    return keys.map(([key]) => key);
  }

  #overloaded(zones: CountByZone): boolean {
    if (zones.size === 0) return false;
    if (this.#shares === undefined) return true;
    const total = [...zones.values()].reduce((sum, n) => sum + n, 0);
    for (const [zone, share] of this.#shares) {
      const has = zones.get(zone);
      if (has === undefined || has < Math.ceil(total * share * (1 / (1 + overloadThreshold)))) return true;
    }
    return false;
  }

  removeHints(service: Service, type: AddressType): void {
    const key = keyOf(service);
    const types = this.#hints.get(key);
    types?.delete(type);
    if (types?.size === 0) this.#hints.delete(key);
    this.#populated.delete(key);
  }

  /** The same, where a Service asks for hints no longer; what is to be said of it, if it had some. */
  forgetHints(service: Service, type: AddressType): string | undefined {
    const had = this.#populated.has(keyOf(service));
    this.removeHints(service, type);
    return had ? withAddressType('Topology Aware Hints has been disabled', type) : undefined;
  }

  /** The Service is gone. */
  deleteService(serviceKey: string): void {
    this.#hints.delete(serviceKey);
    this.#populated.delete(serviceKey);
  }

  /** Gives a zone to every ready endpoint, or takes all hints away where that cannot be done. What it tells is for the Service's events. */
  addHints(info: SliceInfo): HintEvent[] {
    const all = [...info.create, ...info.update, ...info.unchanged];
    const ready = all.reduce((sum, { endpoints }) => sum + (endpoints?.filter(isReady).length ?? 0), 0);
    const allocations = this.#allocations(ready);
    if (typeof allocations === 'string') return this.#disable(info, allocations);
    const allotted = keepHinted(info, allocations);
    const slices = [...info.create, ...info.update];
    for (const { endpoints } of slices)
      for (const endpoint of endpoints.filter(isReady)) {
        if (!endpoint.zone) return this.#disable(info, 'One or more endpoints do not have a zone specified');
        count(allotted, endpoint.zone);
        endpoint.hints = { forZones: [{ name: endpoint.zone }] };
      }
    redistribute(slices, allocations, allotted);
    if (allotted.size === 0) return this.#disable(info, 'No hints allocated for zones');
    return this.#enable(info, allotted);
  }

  #enable({ service, addressType }: SliceInfo, zones: CountByZone): HintEvent[] {
    const key = keyOf(service);
    const types = this.#hints.get(key);
    if (types === undefined) this.#hints.set(key, new Map([[addressType, zones]]));
    else types.set(addressType, zones);
    if (this.#populated.has(key)) return [];
    this.#populated.add(key);
    const message = withAddressType('Topology Aware Hints has been enabled', addressType);
    return [{ type: 'Normal', reason: 'TopologyAwareHintsEnabled', message }];
  }

  #disable(info: SliceInfo, why: string): HintEvent[] {
    this.removeHints(info.service, info.addressType);
    removeHints(info);
    const message = withAddressType(why, info.addressType);
    return [{ type: 'Warning', reason: 'TopologyAwareHintsDisabled', message }];
  }

  /** How many of so many endpoints each zone is to have, or why that cannot be said. */
  #allocations(endpoints: number): Map<string, Allocation> | string {
    const shares = this.#shares;
    if (shares === undefined)
      return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
    const counts = `(${endpoints} endpoints, ${shares.size} zones)`;
    if (shares.size > endpoints) return `Insufficient number of endpoints ${counts}`;
    const allocations = new Map<string, Allocation>();
    let minimumTotal = 0;
    for (const [zone, share] of shares) {
      const desired = share * endpoints;
      const minimum = Math.ceil(desired * (1 / (1 + overloadThreshold)));
      allocations.set(zone, { minimum, maximum: 0, desired: Math.max(desired, minimum) });
      minimumTotal += minimum;
    }
    if (minimumTotal > endpoints)
      return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
    for (const allocation of allocations.values()) allocation.maximum = allocation.minimum + endpoints - minimumTotal;
    return allocations;
  }
}

/** Leaves slices alone whose hints are right; the others are to be updated. The endpoints by zone of those that stay. */
function keepHinted(info: SliceInfo, allocations: ReadonlyMap<string, Allocation>): CountByZone {
  const allotted: CountByZone = new Map();
  info.unchanged = info.unchanged.filter((slice) => {
    const zones = hintsByZone(slice, allotted, allocations);
    if (zones === undefined) info.update.push({ ...slice, endpoints: deepCopy(slice.endpoints ?? []) });
    else for (const [zone, n] of zones) count(allotted, zone, n);
    return zones !== undefined;
  });
  return allotted;
}

function hintsByZone(
  { endpoints }: EndpointSlice,
  allotted: CountByZone,
  allocations: ReadonlyMap<string, Allocation>,
): CountByZone | undefined {
  const zones: CountByZone = new Map();
  for (const { hints } of (endpoints ?? []).filter(isReady)) {
    if (!hints?.forZones?.length) return undefined;
    for (const { name } of hints.forZones) {
      if (!allocations.has(name)) return undefined;
      count(zones, name);
    }
  }
  for (const [zone, n] of zones) if (n + (allotted.get(zone) ?? 0) > allocations.get(zone)!.maximum) return undefined;
  return zones;
}

/** Moves hints from zones that have more than their share to those that have less. */
function redistribute(
  slices: readonly { endpoints: Endpoint[] }[],
  allocations: ReadonlyMap<string, Allocation>,
  allotted: CountByZone,
): void {
  const { giving, receiving } = givingAndReceiving(allocations, allotted);
  for (const endpoint of slices.flatMap(({ endpoints }) => endpoints.filter(isReady))) {
    if (giving.size === 0 || receiving.size === 0) return;
    const from = endpoint.zone!;
    if (!giving.has(from)) continue;
    const [to] = receiving.keys();
    endpoint.hints = { forZones: [{ name: to! }] };
    take(giving, from);
    take(receiving, to!);
    count(allotted, to!);
    count(allotted, from, -1);
  }
}

function take(zones: CountByZone, zone: string): void {
  const left = zones.get(zone)! - 1;
  if (left === 0) zones.delete(zone);
  else zones.set(zone, left);
}

function givingAndReceiving(allocations: ReadonlyMap<string, Allocation>, allotted: CountByZone) {
  const surplus: CountByZone = new Map();
  const want: CountByZone = new Map();
  for (const [zone, { desired }] of allocations) {
    const has = allotted.get(zone) ?? 0;
    if (has > desired) surplus.set(zone, has - desired);
    else if (has < desired) want.set(zone, desired - has);
  }
  const giving: CountByZone = new Map();
  const receiving: CountByZone = new Map();
  for (;;) {
    const [from, toGive] = most(surplus);
    const [to, toReceive] = most(want);
    if (from === undefined || to === undefined || toGive < 0.5 || toReceive < 0.5) break;
    if (toGive < 1 && toReceive < 1) break;
    count(giving, from);
    count(surplus, from, -1);
    count(receiving, to);
    count(want, to, -1);
  }
  return { giving, receiving };
}

function most(zones: CountByZone): [string | undefined, number] {
  let found: [string | undefined, number] = [undefined, 0];
  for (const entry of zones) if (entry[1] > found[1]) found = entry;
  return found;
}
