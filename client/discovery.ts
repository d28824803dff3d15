// What a server serves, by aggregated discovery (KEP-3352, client-go discovery/aggregated_discovery.go): two requests for everything.
import { apiVersionOf, parseApiVersion } from '../apimachinery/object.ts';
import type { Client } from './client.ts';
import type { Resource } from './resource.ts';

/** A resource in one version of its group. */
export interface DiscoveredResource extends Resource {
  readonly verbs: readonly string[];
  /** Their names: `status`, `scale`. */
  readonly subresources: readonly string[];
}

export interface Discovery {
  /** Every resource in every version, groups and versions in the server's order of preference. */
  readonly all: readonly DiscoveredResource[];
  /** Each resource once, in the version that the server prefers (ServerPreferredResources). */
  readonly preferred: readonly DiscoveredResource[];
  /** Group versions (`metrics.k8s.io/v1beta1`) that the server could not ask for, in order. */
  readonly failed: readonly string[];
}

interface DiscoveryList {
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: string;
      resources?: {
        resource: string;
        responseKind?: { kind?: string };
        scope: string;
        verbs?: string[];
        subresources?: { subresource: string }[];
      }[];
    }[];
  }[];
}

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Asks what is served. Throws as any request. */
export async function discover(client: Client): Promise<Discovery> {
  const [core, groups] = await Promise.all([
    client.request<DiscoveryList>({ method: 'GET', path: '/api', accept }),
    client.request<DiscoveryList>({ method: 'GET', path: '/apis', accept }),
  ]);
  const all: DiscoveredResource[] = [];
  const failed: string[] = [];
  for (const { metadata, versions = [] } of [...(core.items ?? []), ...(groups.items ?? [])]) {
    const group = metadata?.name ?? '';
    for (const { version, freshness, resources = [] } of versions) {
      if (freshness === 'Stale') failed.push(apiVersionOf(group, version));
      for (const { resource, responseKind, scope, verbs = [], subresources = [] } of resources) {
        const names = subresources.map(({ subresource }) => subresource);
        const kind = responseKind?.kind ?? '';
        all.push({ group, version, resource, kind, namespaced: scope === 'Namespaced', verbs, subresources: names });
      }
    }
  }
  return { all, preferred: firstOfEach(all), failed: failed.sort() };
}

function firstOfEach(all: readonly DiscoveredResource[]): DiscoveredResource[] {
  const seen = new Set<string>();
  return all.filter(({ group, resource }) => {
    const name = `${resource}.${group}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

export function supportsVerbs({ verbs }: DiscoveredResource, ...wanted: string[]): boolean {
  return wanted.every((verb) => verbs.includes(verb));
}

/** Finds resources by kind; what was discovered last is kept, and asked for anew when a kind is not in it (restmapper.DeferredDiscoveryRESTMapper). */
export class RestMapper {
  readonly #client: Client;
  readonly #now: () => number;
  #byKind = new Map<string, DiscoveredResource>();
  #last: Discovery | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #running: Promise<Discovery> | undefined;

  /** `now` in milliseconds. */
  constructor(client: Client, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /** Asks the server; those who ask at the same time share the answer. */
  refresh(): Promise<Discovery> {
    this.#running ??= this.#refresh().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #refresh(): Promise<Discovery> {
    const discovery = await discover(this.#client);
    const byKind = new Map<string, DiscoveredResource>();
    for (const resource of discovery.all) {
      const { group, version, kind } = resource;
      for (const key of [`${apiVersionOf(group, version)} ${kind}`, `${group} ${kind}`])
        if (!byKind.has(key)) byKind.set(key, resource);
    }
    this.#byKind = byKind;
    this.#last = discovery;
    this.#lastAt = this.#now();
    return discovery;
  }

  /** What was found last; asks when nothing was. */
  discovery(): Promise<Discovery> {
    return this.#last === undefined ? this.refresh() : Promise.resolve(this.#last);
  }

  /** The resource of a kind in exactly this version; undefined where the server has none. */
  async find(apiVersion: string, kind: string): Promise<DiscoveredResource | undefined> {
    return this.#find(`${apiVersion} ${kind}`);
  }

  /** The resource of a kind, in the preferred version. */
  async findAnyVersion(apiVersion: string, kind: string): Promise<DiscoveredResource | undefined> {
    return this.#find(`${parseApiVersion(apiVersion).group} ${kind}`);
  }

  async #find(key: string): Promise<DiscoveredResource | undefined> {
    const found = this.#byKind.get(key);
    if (found !== undefined || this.#now() - this.#lastAt < minRefreshMs) return found;
    await this.refresh();
    return this.#byKind.get(key);
  }
}

/** Kinds that do not exist must not cost a discovery each time they are looked for. */
const minRefreshMs = 5000;
