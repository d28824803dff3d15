// What has to be done to the slices of a Service so that they hold its endpoints, changing as few as possible
// (k8s.io/endpointslice reconciler.go). Pure: the controller reads, and writes what this says.
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { deepCopy } from '../../client/freeze.ts';
import type { EndpointSlice, Node, Pod, Service } from '../../client/kinds.ts';
import { belongsInEndpoints } from '../shared/service-pods.ts';
import { addressTypesOf, endpointPortsOf, newSlice, ownedBy, podToEndpoint, sliceLabels } from './pod-endpoints.ts';
import {
  type AddressType,
  type ChangedSlice,
  type Endpoint,
  type EndpointPort,
  type EndpointSet,
  endpointKey,
  endpointsEqual,
  fill,
  type NewSlice,
  portMapKey,
  type SliceChanges,
} from './slices.ts';
import { type HintEvent, hintsEnabled, removeHints, type SliceInfo, type TopologyCache } from './topology-cache.ts';
import { isTrafficDistribution, reconcileTrafficHints } from './traffic-distribution.ts';

export interface Desired {
  service: Service;
  pods: readonly Pod[];
  nodeOf(name: string): Node | undefined;
  /** All that the controller manages for the Service. */
  existing: readonly EndpointSlice[];
  maxEndpointsPerSlice: number;
  topology: TopologyCache;
}

export interface Plan {
  changes: SliceChanges;
  events: HintEvent[];
  /** Pods that could not be taken up. */
  errors: Error[];
}

/** What to do to a Service's slices. Tells the topology cache what hints it has given. */
export function planSlices(desired: Desired): Plan {
  const { service, existing, topology } = desired;
  const types = addressTypesOf(service);
  const plan: Plan = { changes: { create: [], update: [], delete: [] }, events: [], errors: [] };
  const unwanted = existing.filter(({ addressType }) => !types.has(addressType as AddressType));
  for (const { addressType } of unwanted) topology.removeHints(service, addressType as AddressType);
  for (const type of types) {
    const ofType = existing.filter(({ addressType }) => addressType === type);
    const { changes, events, errors } = planAddressType(desired, type, ofType);
    plan.changes.create.push(...changes.create);
    plan.changes.update.push(...changes.update);
    plan.changes.delete.push(...changes.delete);
    plan.events.push(...events);
    plan.errors.push(...errors);
  }
  plan.changes.delete.push(...unwanted);
  return plan;
}

/** The endpoints that Pods with the same ports have. */
interface PortGroup {
  ports: EndpointPort[];
  endpoints: EndpointSet;
}

function desiredGroups({ service, pods, nodeOf }: Desired, type: AddressType, errors: Error[]): Map<string, PortGroup> {
  const groups = new Map<string, PortGroup>();
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, true)) continue;
    const ports = endpointPortsOf(service, pod);
    const key = portMapKey(ports);
    let group = groups.get(key);
    if (group === undefined) {
      group = { ports, endpoints: new Map() };
      groups.set(key, group);
    }
    const nodeName = pod.spec?.nodeName ?? '';
    const node = nodeName === '' ? undefined : nodeOf(nodeName);
    if (node === undefined && !service.spec?.publishNotReadyAddresses) {
      const { namespace, name } = service.metadata;
      errors.push(
        new Error(`skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${nodeName} Not Found`),
      );
      continue;
    }
    const endpoint = podToEndpoint(pod, node, service, type);
    if (endpoint.addresses.length > 0) group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  return groups;
}

function planAddressType(desired: Desired, type: AddressType, existing: readonly EndpointSlice[]): Plan {
  const { service } = desired;
  const errors: Error[] = [];
  const changes: SliceChanges = { create: [], update: [], delete: [] };
  const owned = existing.filter((slice) => ownedBy(slice, service));
  changes.delete.push(...existing.filter((slice) => !ownedBy(slice, service)));
  const present = Map.groupBy(owned, ({ ports }) => portMapKey(ports));
  const groups = desiredGroups(desired, type, errors);
  for (const [key, group] of groups) planGroup(desired, type, present.get(key) ?? [], group, changes);
  for (const [key, slices] of present) if (!groups.has(key)) changes.delete.push(...slices);
  keepPlaceholder(service, type, existing, changes);
  const hinted = addHints(desired, type, existing, changes);
  reuseDeleted(service, hinted.changes);
  if (service.metadata.deletionTimestamp !== undefined) hinted.changes.create = [];
  return { ...hinted, errors };
}

/** A Service without endpoints has one empty slice, so that its readers know that there are none. */
function keepPlaceholder(
  service: Service,
  type: AddressType,
  existing: readonly EndpointSlice[],
  changes: SliceChanges,
): void {
  if (existing.length !== changes.delete.length || changes.create.length > 0) return;
  const placeholder = newSlice(service, type, []);
  const [only] = changes.delete;
  if (changes.delete.length === 1 && isPlaceholder(only!, placeholder)) changes.delete = [];
  else changes.create.push(placeholder);
}

function isPlaceholder(slice: EndpointSlice, placeholder: NewSlice): boolean {
  return (
    slice.addressType === placeholder.addressType &&
    !slice.ports?.length &&
    !slice.endpoints?.length &&
    semanticEqual(slice.metadata.labels, placeholder.metadata.labels)
  );
}

/** The slices of one set of ports: keeps what is right, changes what must be, and fills up before it makes new ones. */
function planGroup(
  { service, maxEndpointsPerSlice }: Desired,
  type: AddressType,
  existing: readonly EndpointSlice[],
  { ports, endpoints: missing }: PortGroup,
  changes: SliceChanges,
): void {
  const unchanged: EndpointSlice[] = [];
  const updated: ChangedSlice[] = [];
  for (const slice of existing) {
    const { kept, changed } = keepEndpoints(slice, missing);
    const { labels, changed: labelsChanged } = sliceLabels(slice.metadata.labels, service);
    if (changed && kept.length === 0) changes.delete.push(slice);
    else if (changed || labelsChanged)
      updated.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints: kept });
    else unchanged.push(slice);
  }
  updated.sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const slice of updated) fill(slice.endpoints, missing, maxEndpointsPerSlice);
  while (missing.size > 0) {
    const room =
      missing.size < maxEndpointsPerSlice ? sliceToFill(unchanged, missing.size, maxEndpointsPerSlice) : undefined;
    if (room !== undefined) {
      unchanged.splice(unchanged.indexOf(room), 1);
      const filled = { ...room, endpoints: [...(room.endpoints ?? [])] };
      fill(filled.endpoints, missing, maxEndpointsPerSlice);
      updated.push(filled);
    } else {
      const slice = newSlice(service, type, ports);
      fill(slice.endpoints, missing, maxEndpointsPerSlice);
      changes.create.push(slice);
    }
  }
  changes.update.push(...updated);
}

/** What of a slice is still wanted, as it is to be; what is found is no longer missing. */
function keepEndpoints(slice: EndpointSlice, missing: EndpointSet) {
  let changed = false;
  const kept: Endpoint[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    const key = endpointKey(endpoint);
    const wanted = missing.get(key);
    if (wanted === undefined) {
      changed = true;
      continue;
    }
    missing.delete(key);
    if (endpointsEqual(wanted, endpoint)) kept.push(endpoint);
    else {
      changed = true;
      kept.push(wanted);
    }
  }
  return { kept, changed };
}

/** The slice that would be fullest with so many more endpoints, without overflowing. */
function sliceToFill(slices: readonly EndpointSlice[], count: number, max: number): EndpointSlice | undefined {
  let closest: EndpointSlice | undefined;
  let closestLeft = max;
  for (const slice of slices) {
    const left = max - count - (slice.endpoints?.length ?? 0);
    if (left >= 0 && left < closestLeft) {
      closest = slice;
      closestLeft = left;
    }
  }
  return closest;
}

function addHints(
  { service, topology }: Desired,
  type: AddressType,
  existing: readonly EndpointSlice[],
  changes: SliceChanges,
): { changes: SliceChanges; events: HintEvent[] } {
  const touched = new Set([...changes.update, ...changes.delete].map(({ metadata }) => metadata.name));
  const info: SliceInfo = {
    service,
    addressType: type,
    // Hints are written into endpoints, which the cache's slices share.
    create: changes.create,
    update: changes.update.map((slice) => ({ ...slice, endpoints: deepCopy(slice.endpoints) })),
    unchanged: existing.filter(({ metadata }) => !touched.has(metadata.name)),
  };
  const events: HintEvent[] = [];
  const distribution = service.spec?.trafficDistribution;
  if (hintsEnabled(service)) events.push(...topology.addHints(info));
  else {
    const before = topology.forgetHints(service, type);
    if (before) events.push({ type: 'Warning', reason: 'TopologyAwareHintsDisabled', message: before });
    if (isTrafficDistribution(distribution)) reconcileTrafficHints(distribution, info);
    else removeHints(info);
  }
  return { changes: { create: info.create, update: info.update, delete: changes.delete }, events };
}

/** A slice that would be deleted takes the content of one that would be created. */
function reuseDeleted(service: Service, changes: SliceChanges): void {
  changes.delete = changes.delete.filter((old) => {
    const fresh = changes.create.at(-1);
    if (fresh === undefined || fresh.addressType !== old.addressType || !ownedBy(old, service)) return true;
    changes.create.pop();
    const { name, uid, namespace } = old.metadata;
    const { kind, apiVersion } = old;
    changes.update.push({ ...fresh, kind, apiVersion, metadata: { ...fresh.metadata, namespace, name, uid } });
    return false;
  });
}
