// The EndpointSlices that mirror Endpoints which somebody else wrote: pure (pkg/controller/endpointslicemirroring/reconciler*.go, utils.go).
import { parseIPSloppy } from '../../apimachinery/ip.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { EndpointSlice, Endpoints } from '../../client/kinds.ts';
import {
  type AddressType,
  type ChangedSlice,
  type Endpoint,
  type EndpointPort,
  type EndpointSet,
  endpointKey,
  endpointsEqual,
  fill,
  managedByLabel,
  type NewSlice,
  portMapKey,
  type SliceChanges,
  serviceNameLabel,
  slicePrefix,
} from '../endpointslice/slices.ts';
import { type EndpointAddress, type EndpointSubset, repackSubsets } from '../shared/endpoint-subsets.ts';
import { lastChangeTriggerTime } from '../shared/trigger-time-tracker.ts';

export const controllerName = 'endpointslicemirroring-controller.k8s.io';
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
const families = ['IPv4', 'IPv6'] as const;

export interface MirrorPlan {
  changes: SliceChanges;
  invalidAddresses: number;
  /** Those beyond the limit of a subset, and invalid ones. */
  skippedAddresses: number;
}

interface Group {
  type: AddressType;
  ports: EndpointPort[];
  endpoints: EndpointSet;
}

/** What to do to the slices that mirror Endpoints. */
export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[], maxPerSubset: number): MirrorPlan {
  const plan: MirrorPlan = {
    changes: { create: [], update: [], delete: [] },
    invalidAddresses: 0,
    skippedAddresses: 0,
  };
  const groups = new Map<string, Group>();
  for (const subset of repackSubsets(endpoints.subsets ?? [])) addSubset(groups, subset, maxPerSubset, plan);
  const present = Map.groupBy(existing, ({ addressType, ports }) => groupKey(addressType as AddressType, ports ?? []));
  for (const [key, group] of groups) planGroup(endpoints, present.get(key) ?? [], group, maxPerSubset, plan.changes);
  for (const [key, slices] of present) if (!groups.has(key)) plan.changes.delete.push(...slices);
  reuseDeleted(plan.changes);
  return plan;
}

function groupKey(type: AddressType, ports: readonly EndpointPort[]): string {
  return `${type} ${portMapKey(ports)}`;
}

function addSubset(groups: Map<string, Group>, subset: EndpointSubset, max: number, plan: MirrorPlan): void {
  const ports = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
    name,
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  for (const type of families) {
    const key = groupKey(type, ports);
    if (!groups.has(key)) groups.set(key, { type, ports, endpoints: new Map() });
  }
  const { addresses = [], notReadyAddresses = [] } = subset;
  let added = 0;
  const add = (address: EndpointAddress, ready: boolean): void => {
    if (added >= max) return;
    const found = endpointOf(address, ready);
    if (found === undefined) {
      plan.invalidAddresses += 1;
      return;
    }
    groups.get(groupKey(found.type, ports))!.endpoints.set(endpointKey(found.endpoint), found.endpoint);
    added += 1;
  };
  for (const address of addresses) add(address, true);
  for (const address of notReadyAddresses) add(address, false);
  plan.skippedAddresses += addresses.length + notReadyAddresses.length - added;
}

function endpointOf(address: EndpointAddress, ready: boolean): { endpoint: Endpoint; type: AddressType } | undefined {
  const ip = parseIPSloppy(address.ip);
  if (ip === undefined) return undefined;
  const { targetRef, nodeName, hostname } = address;
  return {
    type: ip.family === 6 ? 'IPv6' : 'IPv4',
    endpoint: {
      addresses: [ip.text],
      conditions: { ready },
      ...(hostname ? { hostname } : {}),
      ...(targetRef === undefined ? {} : { targetRef }),
      ...(nodeName === undefined ? {} : { nodeName }),
    },
  };
}

/** One slice for each family and set of ports, which holds at most as many endpoints as a subset may. */
function planGroup(
  endpoints: Endpoints,
  [first, ...more]: readonly EndpointSlice[],
  group: Group,
  max: number,
  changes: SliceChanges,
): void {
  if (group.endpoints.size === 0) {
    if (first !== undefined) changes.delete.push(first, ...more);
    return;
  }
  changes.delete.push(...more);
  if (first !== undefined && isRight(endpoints, first, group.endpoints)) return;
  const slice = newSlice(endpoints, group);
  fill(slice.endpoints, group.endpoints, max);
  if (first === undefined) changes.create.push(slice);
  else changes.update.push(inPlaceOf(first, slice));
}

function isRight(endpoints: Endpoints, slice: EndpointSlice, wanted: EndpointSet): boolean {
  if (slice.endpoints?.length !== wanted.size) return false;
  for (const endpoint of slice.endpoints) {
    const want = wanted.get(endpointKey(endpoint));
    if (want === undefined || !endpointsEqual(want, endpoint)) return false;
  }
  const { labels: wantedLabels, annotations } = newSlice(endpoints, undefined).metadata;
  if (!semanticEqual(slice.metadata.labels, wantedLabels)) return false;
  if (!semanticEqual(slice.metadata.annotations, annotations)) return false;
  return !slice.metadata.ownerReferences?.some(
    ({ kind, name, uid }) => kind === 'Endpoints' && name === endpoints.metadata.name && uid !== endpoints.metadata.uid,
  );
}

function newSlice(endpoints: Endpoints, group: Group | undefined): NewSlice {
  const { namespace, name, uid, labels } = endpoints.metadata;
  const {
    [lastChangeTriggerTime]: _,
    [lastAppliedAnnotation]: __,
    ...annotations
  } = endpoints.metadata.annotations ?? {};
  const owner = { apiVersion: 'v1', kind: 'Endpoints', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    metadata: {
      namespace,
      generateName: slicePrefix(name),
      labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: controllerName },
      annotations,
      ownerReferences: [owner],
    },
    addressType: group?.type ?? 'IPv4',
    ports: group?.ports ?? [],
    endpoints: [],
  };
}

function inPlaceOf(old: EndpointSlice, fresh: NewSlice): ChangedSlice {
  const { generateName: _, ...metadata } = fresh.metadata;
  const { name, namespace, uid } = old.metadata;
  return { ...fresh, kind: old.kind, apiVersion: old.apiVersion, metadata: { ...metadata, name, namespace, uid } };
}

/** A slice that would be deleted takes the content of one that would be created. */
function reuseDeleted(changes: SliceChanges): void {
  changes.delete = changes.delete.filter((old) => {
    const index = changes.create.findIndex(({ addressType }) => addressType === old.addressType);
    if (index < 0) return true;
    const [fresh] = changes.create.splice(index, 1);
    changes.update.push(inPlaceOf(old, fresh!));
    return false;
  });
}
