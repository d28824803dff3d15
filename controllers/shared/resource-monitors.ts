// Follows every resource of a kind that a controller cares for, custom ones as they come and go (what the garbage collector's graph builder and
// the quota monitor have in common upstream: syncMonitors, startMonitors and the loop over discovery).
import type { Logger } from 'pino';
import { apiVersionOf, groupResourceOf } from '../../apimachinery/object.ts';
import type { Clock, Timer } from '../../client/clock.ts';
import type { DiscoveredResource, Discovery, RestMapper } from '../../client/discovery.ts';
import type { Handlers, Informer, Registration } from '../../client/informer.ts';
import type { Informers } from '../../client/informers.ts';
import { APIService, CustomResourceDefinition } from '../../client/kinds.ts';
import type { ApiObject } from '../../client/resource.ts';

export interface ResourceMonitorsOptions {
  informers: Informers;
  mapper: RestMapper;
  /** Whether a resource is followed. */
  wants(resource: DiscoveredResource): boolean;
  /** Whether its whole objects are needed; metadata is enough otherwise. */
  needsWhole?(resource: DiscoveredResource): boolean;
  handlersOf(resource: DiscoveredResource): Handlers<ApiObject>;
  /** Told when everything that is there of a resource is known. */
  followed?(resource: DiscoveredResource): void;
  log: Logger;
  clock: Clock;
}

/** What is followed of one resource. */
export interface Monitor {
  readonly resource: DiscoveredResource;
  readonly informer: Informer<ApiObject>;
  readonly registration: Registration;
  /** Nobody else had asked for the informer. */
  readonly own: boolean;
}

/** Between looks at what is served. */
const discoveryPeriodMs = 30_000;
/** After a definition or an API service has changed, so that it is served by then. */
const settleMs = 250;
/** How long `start` waits for all informers; one of a broken API must not hold up everything. */
const initialSyncTimeoutMs = 30_000;

/** `new`, `started` (follows what discovery names, and looks again), `stopped`. */
export class ResourceMonitors {
  readonly #options: ResourceMonitorsOptions;
  readonly #registrations: Registration[];
  readonly #stopping = new AbortController();
  readonly #monitors = new Map<string, Monitor>();
  #timer: Timer | undefined;
  #syncing: Promise<void> | undefined;
  #started = false;

  constructor(options: ResourceMonitorsOptions) {
    this.#options = options;
    const soon = () => this.#schedule(settleMs);
    const handlers = { add: soon, update: soon, delete: soon };
    const { informers } = options;
    this.#registrations = [CustomResourceDefinition, APIService].map((resource) =>
      informers.of<ApiObject>(resource).addHandler(handlers),
    );
  }

  /** What is followed now. */
  monitors(): IterableIterator<Monitor> {
    return this.#monitors.values();
  }

  /** By group and resource, `pods`, `widgets.example.com`. */
  informerOf(groupResource: string): Informer<ApiObject> | undefined {
    return this.#monitors.get(groupResource)?.informer;
  }

  /** Resolves when what is served now is followed, or when that takes too long. */
  async start(): Promise<void> {
    const { log, clock } = this.#options;
    await this.#sync();
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(new Error('timed out')), initialSyncTimeoutMs);
    const signal = AbortSignal.any([late.signal, this.#stopping.signal]);
    try {
      await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.synced(signal)));
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'not every resource could be listed; going on');
    } finally {
      timer.clear();
    }
    this.#started = true;
    this.#schedule(discoveryPeriodMs);
  }

  /** Idempotent. The informers are stopped by who has them. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the monitors are stopped'));
    this.#timer?.clear();
    for (const registration of this.#registrations) registration.remove();
    await this.#syncing;
    for (const { registration } of this.#monitors.values()) registration.remove();
    this.#monitors.clear();
  }

  #schedule(delayMs: number): void {
    if (this.#stopping.signal.aborted || !this.#started) return;
    this.#timer?.clear();
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#syncing = this.#sync().then(() => this.#schedule(discoveryPeriodMs));
    }, delayMs);
  }

  async #sync(): Promise<void> {
    const { mapper, log } = this.#options;
    try {
      const discovery = await mapper.refresh();
      if (discovery.all.length > 0 && !this.#stopping.signal.aborted) await this.#follow(discovery);
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'failed to find out what is served');
    }
  }

  /** Follows exactly what is wanted of this; what belongs to a group that could not be asked for is kept. */
  async #follow({ preferred, failed }: Discovery): Promise<void> {
    const wanted = new Map(preferred.filter(this.#options.wants).map((resource) => [nameOf(resource), resource]));
    for (const [name, monitor] of this.#monitors) {
      const { resource, informer } = monitor;
      const now = wanted.get(name);
      if (now === undefined && failed.includes(apiVersionOf(resource.group, resource.version))) continue;
      // Stopped: the resource went and came back, and another follower has noticed both.
      if (now?.version === resource.version && !informer.stopped) continue;
      this.#monitors.delete(name);
      await this.#drop(monitor);
    }
    for (const [name, resource] of wanted)
      if (!this.#monitors.has(name)) this.#monitors.set(name, this.#monitor(resource));
  }

  async #drop({ informer, registration, own }: Monitor): Promise<void> {
    registration.remove();
    if (own) await this.#options.informers.drop(informer);
  }

  /** Shares whole objects with those who follow them. */
  #monitor(resource: DiscoveredResource): Monitor {
    const { informers, needsWhole, handlersOf, followed } = this.#options;
    const shared = informers.existing(resource);
    const informer =
      shared ?? (needsWhole?.(resource) ? informers.of<ApiObject>(resource) : informers.metadataOf(resource));
    const registration = informer.addHandler(handlersOf(resource));
    informer.synced(this.#stopping.signal).then(
      () => followed?.(resource),
      () => undefined,
    );
    return { resource, informer, registration, own: shared === undefined };
  }
}

function nameOf({ group, resource }: DiscoveredResource): string {
  return groupResourceOf(group, resource);
}
