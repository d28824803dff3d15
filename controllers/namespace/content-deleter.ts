// Empties a namespace: Pods first, then everything else that can be deleted, and counts what remains
// (pkg/controller/namespace/deletion/namespaced_resources_deleter.go).
import type { Client } from '../../client/client.ts';
import { type DiscoveredResource, discover, supportsVerbs } from '../../client/discovery.ts';
import { hasReason, isNotFound } from '../../client/errors.ts';
import { Pod } from '../../client/kinds.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { Findings } from './conditions.ts';

/** How long something with finalizers is taken to need. */
const finalizerEstimateSeconds = 15;

interface Rest {
  /** Seconds until what remains may be gone. */
  estimate: number;
  remaining: number;
  finalizers: ReadonlyMap<string, number>;
  error?: Error;
}

export interface Emptied extends Findings {
  /** Seconds until what remains may be gone; 0 where nothing does. */
  estimate: number;
  errors: Error[];
}

/** Deletes what is in the namespace, which has been marked at `deletedAtMs`. What fails is in the result. */
export async function deleteContent(
  client: Client,
  namespace: string,
  deletedAtMs: number,
  nowMs: number,
): Promise<Emptied> {
  const emptied: Emptied = { estimate: 0, errors: [], contentErrors: [] };
  const resources = await discoverInto(client, emptied);
  const remaining = new Map<string, number>();
  const finalizers = new Map<string, number>();
  const empty = async (resource: DiscoveredResource): Promise<void> => {
    const rest = await deleteResource(client, resource, namespace, { deletedAtMs, nowMs });
    if (rest.error !== undefined) {
      const pods = isPods(resource) ? `failed to delete pods for namespace: ${namespace}, err: ` : '';
      emptied.errors.push(new Error(pods + rest.error.message, { cause: rest.error }));
      emptied.contentErrors.push(rest.error.message);
    }
    emptied.estimate = Math.max(emptied.estimate, rest.estimate);
    if (rest.remaining > 0) remaining.set(`${resource.resource}.${resource.group}`, rest.remaining);
    for (const [name, count] of rest.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  };
  const pods = resources.find(isPods);
  if (pods !== undefined) await empty(pods);
  // Nothing that Pods use goes before they have gone.
  if (remaining.size > 0) return emptied;
  await Promise.all(resources.filter((resource) => !isPods(resource)).map(empty));
  return { ...emptied, remaining, finalizers };
}

function isPods({ group, resource }: DiscoveredResource): boolean {
  return group === '' && resource === 'pods';
}

/** What can be deleted in namespaces; what could not be asked for is noted. */
async function discoverInto(client: Client, emptied: Emptied): Promise<DiscoveredResource[]> {
  const { preferred, failed } = await discover(client);
  if (failed.length > 0) {
    const words = failed.map((name) => `${name}: stale GroupVersion discovery: ${name}`).join(', ');
    const message = `unable to retrieve the complete list of server APIs: ${words}`;
    emptied.errors.push(new Error(message));
    emptied.discoveryFailure = `Discovery failed for some groups, ${failed.length} failing: ${message}`;
  }
  return preferred.filter((resource) => resource.namespaced && supportsVerbs(resource, 'delete'));
}

async function deleteResource(
  client: Client,
  resource: DiscoveredResource,
  namespace: string,
  { deletedAtMs, nowMs }: { deletedAtMs: number; nowMs: number },
): Promise<Rest> {
  const rest: Rest = { estimate: 0, remaining: 0, finalizers: new Map() };
  try {
    const grace = isPods(resource) ? await longestGrace(client, namespace) : 0;
    if (nowMs - deletedAtMs < grace * 1000) rest.estimate = grace;
    await deleteAll(client, resource, namespace);
    const items = await list(client, resource, namespace);
    if (items === undefined) return rest;
    if (items.length === 0) return { ...rest, estimate: 0 };
    rest.remaining = items.length;
    rest.finalizers = countFinalizers(items);
    if (rest.estimate > 0) return rest;
    if (rest.finalizers.size > 0) return { ...rest, estimate: finalizerEstimateSeconds };
    const { group, version } = resource;
    const name = `${group}/${version}, Resource=${resource.resource}`;
    rest.error = new Error(`unexpected items still remain in namespace: ${namespace} for gvr: ${name}`);
  } catch (error) {
    rest.error = error as Error;
  }
  return rest;
}

/** Of the Pods that still run, in seconds. */
async function longestGrace(client: Client, namespace: string): Promise<number> {
  const { items } = await client.resource(Pod).list({ namespace });
  let longest = 0;
  for (const { spec, status } of items) {
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') continue;
    longest = Math.max(longest, spec?.terminationGracePeriodSeconds ?? 0);
  }
  return longest;
}

async function deleteAll(client: Client, resource: DiscoveredResource, namespace: string): Promise<void> {
  const api = client.resource(resource);
  const propagationPolicy = 'Background';
  if (supportsVerbs(resource, 'deletecollection')) {
    try {
      await api.deleteCollection({ namespace }, { propagationPolicy });
      return;
    } catch (error) {
      if (!isNotSupported(error)) throw error;
    }
  }
  for (const { metadata } of (await list(client, resource, namespace)) ?? []) {
    try {
      await api.delete(metadata, { propagationPolicy });
    } catch (error) {
      if (!isNotSupported(error)) throw error;
    }
  }
}

/** Undefined where the resource cannot be listed. */
async function list(client: Client, resource: DiscoveredResource, namespace: string): Promise<ApiObject[] | undefined> {
  if (!supportsVerbs(resource, 'list')) return undefined;
  try {
    return (await client.resource(resource).metadata().list({ namespace })).items;
  } catch (error) {
    if (isNotSupported(error)) return undefined;
    throw error;
  }
}

function isNotSupported(error: unknown): boolean {
  return hasReason(error, 'MethodNotAllowed') || isNotFound(error);
}

function countFinalizers(items: readonly ApiObject[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata } of items)
    for (const name of metadata.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
