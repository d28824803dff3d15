// Pods that claim devices (pkg/scheduler/framework/plugins/dynamicresources, KEP-4381): finds devices that are free on a node, and writes
// the allocation and for whom it is reserved into the claims before the pod is bound. Extended resources that are backed by devices
// (KEP-5004) and devices of which several claims share a capacity (KEP-5075) are not allocated.

import { timestamp } from '../../../client/clock.ts';
import { retryOnConflict } from '../../../client/errors.ts';
import { deepCopy } from '../../../client/freeze.ts';
import { DeviceClass, type Pod, ResourceClaim, ResourceSlice } from '../../../client/kinds.ts';
import {
  type NodeMatcher,
  type NodeSelectorObject,
  selectorMatcher,
} from '../../../client/scheduling/node-selector.ts';
import { action } from '../../framework/events.ts';
import type { Handle } from '../../framework/handle.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { failure, skip, unresolvable, unschedulable } from '../../framework/status.ts';
import { when } from '../shared/hints.ts';
import { normalizeByMaximum } from '../shared/normalize.ts';
import { type Allocation, Allocator } from './allocator.ts';

const name = 'DynamicResources';
const finalizer = 'resource.kubernetes.io/delete-protection';
const maxReservations = 256;
/** resourceapi.FirstAvailableDeviceRequestMaxSize. */
const maxAlternatives = 8;

interface State {
  claims: ResourceClaim[];
  /** Of claims that are allocated: where their devices can be used. */
  reachable: Map<string, NodeMatcher>;
  unallocated: ResourceClaim[];
  taken: Set<string>;
  /** By node, in the order of `unallocated`. */
  allocations: Map<string, Allocation[]>;
  unavailable: Set<ResourceClaim>;
}

function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return (status?.reservedFor ?? []).some(({ uid }) => uid === pod.metadata.uid);
}

/** Identifiers of the devices that nobody else can have. */
function devicesOf({ devices }: Allocation): string[] {
  return (devices?.results ?? [])
    .filter(({ adminAccess }) => !adminAccess)
    .map(({ driver, pool, device }) => `${driver}/${pool}/${device}`);
}

export function dynamicResources(handle: Handle): Plugin {
  const { informers, client, clock } = handle;
  const claims = informers.of(ResourceClaim).lister;
  const slices = informers.of(ResourceSlice).lister;
  const classes = informers.of(DeviceClass).lister;
  const classOf = (className: string) => classes.get(undefined, className);
  /** Decided, and not seen in the claims yet, by the claims' uid. */
  const pending = new Map<string, Allocation>();
  informers.of(ResourceClaim).addHandler({
    update: (_old, { metadata, status }) => {
      if (status?.allocation !== undefined) pending.delete(metadata.uid);
    },
    delete: ({ metadata }) => void pending.delete(metadata.uid),
  });
  const cannot = unresolvable(name, 'cannot allocate all claims');
  const notHere = unresolvable(name, 'resourceclaim not available on the node');

  /** The pod's claims, or what is wrong with them. */
  const claimsOf = (pod: Pod): ResourceClaim[] | string => {
    const found: ResourceClaim[] = [];
    for (const { name: reference, resourceClaimName, resourceClaimTemplateName } of pod.spec?.resourceClaims ?? []) {
      const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === reference);
      if (resourceClaimTemplateName && made === undefined)
        return `pod "${pod.metadata.namespace}/${pod.metadata.name}": ResourceClaim not created yet`;
      const claimName = resourceClaimName ?? made?.resourceClaimName;
      // The template was for a claim that is not needed.
      if (claimName === undefined) continue;
      const claim = claims.get(pod.metadata.namespace, claimName);
      if (claim === undefined) return `resourceclaim.resource.k8s.io "${claimName}" not found`;
      if (claim.metadata.deletionTimestamp !== undefined) return `resourceclaim "${claimName}" is being deleted`;
      const own = claim.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === pod.metadata.uid);
      if (resourceClaimTemplateName && !own)
        return `ResourceClaim ${pod.metadata.namespace}/${claimName} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
      found.push(claim);
    }
    return found;
  };

  const missingClass = (claim: ResourceClaim): string | undefined => {
    for (const { name: request, exactly, firstAvailable = [] } of claim.spec?.devices?.requests ?? [])
      for (const { deviceClassName } of exactly === undefined ? firstAvailable : [exactly])
        if (classOf(deviceClassName) === undefined)
          return `request ${request}: device class ${deviceClassName} does not exist`;
    return undefined;
  };

  /** What the pod's claims need, or why it cannot be scheduled. */
  const stateOf = (pod: Pod, own: ResourceClaim[]): State | string => {
    const state: State = {
      claims: own,
      reachable: new Map(),
      unallocated: [],
      taken: new Set([...pending.values()].flatMap(devicesOf)),
      allocations: new Map(),
      unavailable: new Set(),
    };
    for (const claim of own) {
      const { uid, namespace, name: claimName } = claim.metadata;
      const allocation = claim.status?.allocation;
      if (allocation === undefined) {
        if (pending.has(uid)) return `resource claim ${namespace}/${claimName} is in the process of being allocated`;
        const missing = missingClass(claim);
        if (missing !== undefined) return missing;
        state.unallocated.push(claim);
      } else {
        if ((claim.status?.reservedFor ?? []).length >= maxReservations && !isReservedFor(claim, pod))
          return 'resourceclaim in use';
        if (allocation.nodeSelector !== undefined)
          state.reachable.set(uid, selectorMatcher(allocation.nodeSelector as NodeSelectorObject));
      }
    }
    if (state.unallocated.length > 0)
      for (const { status } of claims.list())
        if (status?.allocation !== undefined) for (const id of devicesOf(status.allocation)) state.taken.add(id);
    return state;
  };

  /** Writes an allocation, where there is a new one, and the reservation. */
  const write = (claim: ResourceClaim, pod: Pod, allocation: Allocation | undefined, signal: AbortSignal) => {
    const resource = client.resource(ResourceClaim);
    let fresh: ResourceClaim | undefined = claim;
    return retryOnConflict(async () => {
      let current = deepCopy(fresh ?? (await resource.get(claim.metadata, { signal })));
      fresh = undefined;
      if (current.metadata.deletionTimestamp !== undefined)
        throw new Error(`claim ${claim.metadata.namespace}/${claim.metadata.name} got deleted in the meantime`);
      if (isReservedFor(current, pod) && current.status?.allocation !== undefined) return;
      if (allocation !== undefined) {
        if (current.status?.allocation !== undefined)
          throw new Error(
            `claim ${claim.metadata.namespace}/${claim.metadata.name} got allocated elsewhere in the meantime`,
          );
        if (!current.metadata.finalizers?.includes(finalizer)) {
          current.metadata.finalizers = [...(current.metadata.finalizers ?? []), finalizer];
          current = deepCopy(await resource.update(current, { signal }));
        }
      }
      const { name: podName, uid } = pod.metadata;
      const reservedFor = [...(current.status?.reservedFor ?? []), { resource: 'pods', name: podName, uid }];
      const allocated = allocation ?? current.status!.allocation!;
      const allocationTimestamp = allocated.allocationTimestamp ?? timestamp(clock.now());
      current.status = { ...current.status, allocation: { ...allocated, allocationTimestamp }, reservedFor };
      await resource.updateStatus(current, { signal });
    });
  };

  const nothing = { status: skip(name) };
  return {
    name,
    preEnqueue(pod) {
      if (!pod.spec?.resourceClaims?.length) return undefined;
      const own = claimsOf(pod);
      return typeof own === 'string' ? unresolvable(name, own) : undefined;
    },
    preFilter(state, { pod }) {
      if (!pod.spec?.resourceClaims?.length) return nothing;
      const own = claimsOf(pod);
      if (typeof own === 'string') return { status: unresolvable(name, own) };
      if (own.length === 0) return nothing;
      const needs = stateOf(pod, own);
      if (typeof needs === 'string') return { status: unresolvable(name, needs) };
      state.write(name, needs);
      return undefined;
    },
    filter(state, _pod, { node, name: nodeName }) {
      const own = state.read<State>(name)!;
      for (const claim of own.claims) {
        if (own.reachable.get(claim.metadata.uid)?.(node) !== false) continue;
        own.unavailable.add(claim);
        return notHere;
      }
      if (own.unallocated.length === 0) return undefined;
      try {
        const found = new Allocator(node, slices.list(), own.taken, classOf).allocate(own.unallocated);
        if (found === undefined) return cannot;
        own.allocations.set(nodeName, found);
        return undefined;
      } catch (error) {
        // An expression that fails for a device is the claim's mistake, not the scheduler's.
        return unresolvable(name, (error as Error).message);
      }
    },
    /** A claim whose devices are out of reach, and that nobody else uses, is given back. */
    async postFilter(state, { pod }) {
      const own = state.read<State>(name);
      if (own === undefined) return { status: unschedulable(name, 'no new claims to deallocate') };
      for (const claim of own.unavailable) {
        const users = claim.status?.reservedFor ?? [];
        if (users.length > 1 || (users.length === 1 && !isReservedFor(claim, pod))) continue;
        const { allocation: _a, reservedFor: _r, devices: _d, ...status } = claim.status ?? {};
        await client.resource(ResourceClaim).updateStatus({ ...claim, status });
        return { status: unschedulable(name, 'deallocation of ResourceClaim completed') };
      }
      return { status: unschedulable(name, 'still not schedulable') };
    },
    /** The earlier an alternative stands in its request, the better. */
    score(state, _pod, { name: nodeName }) {
      const own = state.read<State>(name);
      let score = 0;
      own?.allocations.get(nodeName)?.forEach((allocation, i) => {
        const chosen = new Set((allocation.devices?.results ?? []).map(({ request }) => request));
        for (const { name: request, firstAvailable = [] } of own.unallocated[i]!.spec?.devices?.requests ?? [])
          firstAvailable.forEach((alternative, rank) => {
            if (chosen.has(`${request}/${alternative.name}`)) score += maxAlternatives - rank;
          });
      });
      return score;
    },
    preScore: (state) => (state.read<State>(name) === undefined ? nothing.status : undefined),
    normalizeScore: (_state, _pod, scores) => normalizeByMaximum(scores, false),
    reserve(state, _pod, nodeName) {
      const own = state.read<State>(name);
      if (own === undefined || own.unallocated.length === 0) return undefined;
      const found = own.allocations.get(nodeName);
      if (found === undefined) return failure(name, new Error('claim allocation not found for node'));
      own.unallocated.forEach(({ metadata }, i) => {
        pending.set(metadata.uid, found[i]!);
      });
      return undefined;
    },
    unreserve(state) {
      for (const { metadata } of state.read<State>(name)?.unallocated ?? []) pending.delete(metadata.uid);
    },
    preBindNeeded: (state, { pod }) =>
      state.read<State>(name)?.claims.some((claim) => !isReservedFor(claim, pod)) ?? false,
    async preBind(state, { pod }, nodeName, signal) {
      const own = state.read<State>(name);
      const found = own?.allocations.get(nodeName) ?? [];
      try {
        for (const claim of own?.claims ?? []) {
          if (isReservedFor(claim, pod)) continue;
          const index = own!.unallocated.indexOf(claim);
          await write(claim, pod, index < 0 ? undefined : found[index], signal);
        }
        return undefined;
      } catch (error) {
        return failure(name, error);
      }
    },
    events: () => [
      { event: { resource: 'Node', action: action.add | action.updateNodeLabel | action.updateNodeAllocatable } },
      {
        event: { resource: 'ResourceClaim', action: action.add | action.update },
        hint: (pod, old, fresh) => {
          const claim = fresh as ResourceClaim;
          const own = claimsOf(pod);
          if (typeof own === 'string') return 'QueueSkip';
          const before = (old as ResourceClaim | undefined)?.status?.allocation;
          // Devices that others give back are worth a try.
          if (before !== undefined && claim.status?.allocation === undefined) return 'Queue';
          return when(own.some(({ metadata }) => metadata.uid === claim.metadata.uid));
        },
      },
      { event: { resource: 'ResourceClaim', action: action.delete } },
      {
        event: { resource: 'Pod', action: action.updatePodGeneratedResourceClaim },
        hint: (pod, _old, fresh) =>
          when((fresh as Pod).metadata.uid === pod.metadata.uid && typeof claimsOf(fresh as Pod) !== 'string'),
      },
      { event: { resource: 'DeviceClass', action: action.add | action.update } },
      { event: { resource: 'ResourceSlice', action: action.add | action.update } },
    ],
  };
}
