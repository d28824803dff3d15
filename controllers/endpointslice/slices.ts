// What both controllers that write EndpointSlices know of them: when ports and endpoints are the same, what a cache may miss of one's own
// writes, and how changes are written (k8s.io/endpointslice util/{controller_utils,endpointset,endpointslice_tracker}.go).
import { nameIsDNSSubdomain } from '../../apimachinery/names.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { EndpointSlice } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { Lister } from '../../client/store.ts';

export type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];
export type EndpointPort = NonNullable<EndpointSlice['ports']>[number];
export type AddressType = 'IPv4' | 'IPv6';
/** A slice to be created, and one to be written in place of another; both have their list. */
export type NewSlice = NewObject<EndpointSlice> & { endpoints: Endpoint[] };
export type ChangedSlice = EndpointSlice & { endpoints: Endpoint[] };

export const serviceNameLabel = 'kubernetes.io/service-name';
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';

const sliceIndex = 'namespace, service and manager';
const indexKey = (namespace: string, service: string, manager: string): string => `${namespace}/${service}/${manager}`;

/** Index function under `indexName` for `slicesOf`. */
export const serviceSliceIndex = {
  name: sliceIndex,
  valuesOf({ metadata: { namespace, labels } }: EndpointSlice): string[] {
    const service = labels?.[serviceNameLabel];
    return service ? [indexKey(namespace, service, labels?.[managedByLabel] ?? '')] : [];
  },
};

/** The slices of a Service that `manager` manages. */
export function slicesOf(lister: Lister<EndpointSlice>, namespace: string, service: string, manager: string) {
  return lister.byIndex(sliceIndex, indexKey(namespace, service, manager));
}

/** The key of the Service that a slice is of; undefined without the label. */
export function serviceKeyOf({ metadata: { namespace, labels } }: EndpointSlice): string | undefined {
  const service = labels?.[serviceNameLabel];
  return service ? `${namespace}/${service}` : undefined;
}

/** The same for the same ports in any order. */
export function portMapKey(ports: readonly EndpointPort[] | undefined): string {
  const each = (ports ?? []).map(({ name = '', protocol = 'TCP', port, appProtocol }) =>
    JSON.stringify([name, protocol, port ?? null, appProtocol ?? null]),
  );
  return each.sort().join();
}

/** What makes an endpoint the one that it is: addresses, hostname and target. */
export function endpointKey({ addresses, hostname = '', targetRef }: Endpoint): string {
  const sorted = addresses.length < 2 ? addresses : [...addresses].sort();
  return `${sorted.join()} ${hostname} ${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`;
}

/** Equality of the rest of endpoints whose keys are the same (EndpointsEqualBeyondHash). */
export function endpointsEqual(a: Endpoint, b: Endpoint): boolean {
  return (
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    a.targetRef?.uid === b.targetRef?.uid &&
    a.targetRef?.kind === b.targetRef?.kind &&
    a.targetRef?.apiVersion === b.targetRef?.apiVersion &&
    a.targetRef?.fieldPath === b.targetRef?.fieldPath
  );
}

/** Endpoints by key. */
export type EndpointSet = Map<string, Endpoint>;

/** Moves endpoints from a set into a list until it has `max`. */
export function fill(endpoints: Endpoint[], from: EndpointSet, max: number): void {
  for (const [key, endpoint] of from) {
    if (endpoints.length >= max) return;
    endpoints.push(endpoint);
    from.delete(key);
  }
}

/** `name-`, or the name where that would be no beginning of a name. */
export function slicePrefix(serviceName: string): string {
  const prefix = `${serviceName}-`;
  return nameIsDNSSubdomain(prefix, true).length === 0 ? prefix : serviceName;
}

const deletionExpected = -1;

/** Knows what this process wrote, so that a cache that has not seen it yet is not acted upon. */
export class SliceTracker {
  /** Generation by uid, by key of the Service. */
  readonly #services = new Map<string, Map<string, number>>();

  /** True where a slice has been written by this process. */
  has(slice: EndpointSlice): boolean {
    return this.#of(slice)?.has(slice.metadata.uid) ?? false;
  }

  /** True unless this process wrote what is seen. */
  shouldSync(slice: EndpointSlice): boolean {
    const known = this.#of(slice)?.get(slice.metadata.uid);
    return known === undefined || (slice.metadata.generation ?? 0) > known;
  }

  /** True where the cache has not caught up with what was written of this Service. */
  stale(serviceKey: string, slices: readonly EndpointSlice[]): boolean {
    const known = this.#services.get(serviceKey);
    if (known === undefined) return false;
    const seen = new Set<string>();
    for (const { metadata } of slices) {
      seen.add(metadata.uid);
      const generation = known.get(metadata.uid);
      if (generation === undefined) continue;
      if (generation === deletionExpected || generation > (metadata.generation ?? 0)) return true;
    }
    for (const [uid, generation] of known) if (generation !== deletionExpected && !seen.has(uid)) return true;
    return false;
  }

  update(slice: EndpointSlice): void {
    this.#set(slice, slice.metadata.generation ?? 0);
  }

  expectDeletion(slice: EndpointSlice): void {
    this.#set(slice, deletionExpected);
  }

  /** A deletion was seen: true where it was expected, or the slice was not known. */
  handleDeletion(slice: EndpointSlice): boolean {
    const known = this.#of(slice);
    const generation = known?.get(slice.metadata.uid);
    known?.delete(slice.metadata.uid);
    return generation === undefined || generation === deletionExpected;
  }

  deleteService(serviceKey: string): void {
    this.#services.delete(serviceKey);
  }

  #of(slice: EndpointSlice): Map<string, number> | undefined {
    return this.#services.get(serviceKeyOf(slice) ?? '');
  }

  #set(slice: EndpointSlice, generation: number): void {
    const key = serviceKeyOf(slice) ?? '';
    const known = this.#services.get(key);
    if (known === undefined) this.#services.set(key, new Map([[slice.metadata.uid, generation]]));
    else known.set(slice.metadata.uid, generation);
  }
}

/** What is to be done to a Service's slices. */
export interface SliceChanges {
  create: NewSlice[];
  update: ChangedSlice[];
  delete: EndpointSlice[];
}

/** Writes them: creates, updates, deletes. `what` names the owner in errors: `Service ns/name`. */
export async function writeChanges(
  api: ResourceClient<EndpointSlice>,
  tracker: SliceTracker,
  what: string,
  changes: SliceChanges,
): Promise<void> {
  const failed = (verb: string, error: unknown) =>
    new Error(`failed to ${verb} EndpointSlice for ${what}: ${(error as Error).message}`, { cause: error });
  for (const slice of changes.create) {
    try {
      tracker.update(await api.create(slice));
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      throw failed('create', error);
    }
  }
  for (const slice of changes.update) {
    try {
      tracker.update(await api.update(slice));
    } catch (error) {
      throw failed(`update ${slice.metadata.name}`, error);
    }
  }
  for (const slice of changes.delete) {
    // Before, because the news of it may come before the answer.
    tracker.expectDeletion(slice);
    try {
      await api.delete(slice.metadata);
    } catch (error) {
      if (isNotFound(error)) continue;
      tracker.update(slice);
      throw failed(`delete ${slice.metadata.name}`, error);
    }
  }
}

/** How a controller keeps up with changes to slices; the answer is whether the Service is to be looked at. */
export function sliceConcerns(
  tracker: SliceTracker,
  manager: string,
  change: { type: 'add' | 'update' | 'delete'; object: EndpointSlice; old?: EndpointSlice },
): boolean {
  const { type, object, old } = change;
  const managed = object.metadata.labels?.[managedByLabel] === manager;
  if (type === 'delete') return managed && tracker.has(object) && !tracker.handleDeletion(object);
  if (old !== undefined) {
    if (old.metadata.labels?.[serviceNameLabel] !== object.metadata.labels?.[serviceNameLabel]) return true;
    if ((old.metadata.labels?.[managedByLabel] === manager) !== managed) return true;
  }
  return managed && tracker.shouldSync(object);
}
