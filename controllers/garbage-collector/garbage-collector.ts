// garbage-collector-controller: deletes what is owned when its owners go (cmd/kube-controller-manager/app/core.go
// startGarbageCollectorController, pkg/controller/garbagecollector). It follows every resource that can be listed, watched and deleted,
// custom ones as they come.
import type { Logger } from 'pino';
import { apiVersionOf } from '../../apimachinery/object.ts';
import type { Clock, Timer } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { type DiscoveredResource, RestMapper, supportsVerbs } from '../../client/discovery.ts';
import type { Informer, Registration } from '../../client/informer.ts';
import type { Informers } from '../../client/informers.ts';
import { APIService, CustomResourceDefinition } from '../../client/kinds.ts';
import { ExponentialFailureRateLimiter } from '../../client/rate-limiters.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { ControllerDescriptor, Runnable } from '../manager/descriptor.ts';
import { Collector } from './collector.ts';
import { Graph } from './graph.ts';
import { type Identity, printIdentity } from './graph-node.ts';
import { Operations, RestMappingError } from './operations.ts';

/** Between looks at what is served. */
const discoveryPeriodMs = 30_000;
/** After a definition or an API service has changed, so that it is served by then. */
const settleMs = 250;
/** How long the first work waits for all informers; one of a broken API must not keep everything from being collected. */
const initialSyncTimeoutMs = 30_000;
const ignored = new Set(['events.', 'events.events.k8s.io']);

interface Monitor {
  informer: Informer<ApiObject>;
  registration: Registration;
  /** Nobody else follows the resource. */
  own: boolean;
}

/** Follows what can be collected, and tells the graph. */
class Monitors {
  readonly #informers: Informers;
  readonly #graph: Graph;
  readonly #monitors = new Map<string, Monitor>();

  constructor(informers: Informers, graph: Graph) {
    this.#informers = informers;
    this.#graph = graph;
  }

  /** Follows exactly these. What belongs to a group that could not be asked for (`failed`) is kept. */
  async sync(resources: readonly DiscoveredResource[], failed: readonly string[]): Promise<void> {
    const wanted = new Map(resources.map((resource) => [keyOfResource(resource), resource]));
    for (const [key, resource] of wanted)
      if (!this.#monitors.has(key)) this.#monitors.set(key, this.#monitor(resource));
    for (const [key, { informer, registration, own }] of this.#monitors) {
      if (wanted.has(key) || failed.some((groupVersion) => key.startsWith(`${groupVersion} `))) continue;
      this.#monitors.delete(key);
      registration.remove();
      if (own) await this.#informers.drop(informer);
    }
  }

  /** Resolves when all have synced. */
  async synced(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#monitors.values()].map(({ informer }) => informer.synced(signal)));
  }

  stop(): void {
    for (const { registration } of this.#monitors.values()) registration.remove();
    this.#monitors.clear();
  }

  /** Shares whole objects with those who follow them; otherwise metadata is enough. */
  #monitor(resource: DiscoveredResource): Monitor {
    const { group, version, kind } = resource;
    const apiVersion = apiVersionOf(group, version);
    const shared = this.#informers.existing(resource);
    const informer = shared ?? this.#informers.metadataOf(resource);
    const observe = ({ metadata }: ApiObject, old?: ApiObject): void => {
      const { namespace = '', name = '', uid = '' } = metadata;
      this.#graph.observe({ apiVersion, kind, namespace, name, uid }, metadata, old?.metadata);
    };
    const registration = informer.addHandler({
      add: (object) => observe(object),
      update: (old, object) => observe(object, old),
      delete: ({ metadata }) => this.#graph.remove(metadata.uid ?? ''),
    });
    return { informer, registration, own: shared === undefined };
  }
}

function keyOfResource({ group, version, resource }: DiscoveredResource): string {
  return `${apiVersionOf(group, version)} ${resource}`;
}

interface Parts {
  informers: Informers;
  mapper: RestMapper;
  monitors: Monitors;
  workers: readonly Controller[];
  log: Logger;
  clock: Clock;
}

/** Keeps the monitors as discovery says, and the workers at work. */
class GarbageCollector implements Runnable {
  readonly #parts: Parts;
  readonly #registrations: Registration[];
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #syncing: Promise<void> | undefined;
  #started = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const soon = () => this.#schedule(settleMs);
    const { informers } = parts;
    const handlers = { add: soon, update: soon, delete: soon };
    this.#registrations = [
      informers.of(CustomResourceDefinition).addHandler(handlers),
      informers.of(APIService).addHandler(handlers),
    ];
  }

  async start(): Promise<void> {
    const { monitors, workers, log, clock } = this.#parts;
    await this.#sync();
    const late = new AbortController();
    const timer = clock.setTimeout(() => late.abort(new Error('timeout')), initialSyncTimeoutMs);
    const signal = AbortSignal.any([late.signal, this.#stopping.signal]);
    try {
      await monitors.synced(signal);
    } catch (error) {
      log.warn({ err: error }, 'not all resources could be listed; what is known is collected');
    } finally {
      timer.clear();
    }
    if (this.#stopping.signal.aborted) return;
    await Promise.all(workers.map((worker) => worker.start()));
    this.#started = true;
    this.#schedule(discoveryPeriodMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the garbage collector is stopped'));
    this.#timer?.clear();
    for (const registration of this.#registrations) registration.remove();
    await Promise.all(this.#parts.workers.map((worker) => worker.stop()));
    await this.#syncing;
    this.#parts.monitors.stop();
  }

  #schedule(delayMs: number): void {
    if (this.#stopping.signal.aborted || !this.#started) return;
    this.#timer?.clear();
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#syncing = this.#sync().then(() => this.#schedule(discoveryPeriodMs));
    }, delayMs);
  }

  async #sync(): Promise<void> {
    const { mapper, monitors, log } = this.#parts;
    try {
      const { preferred, failed } = await mapper.refresh();
      const deletable = preferred.filter(
        (resource) =>
          supportsVerbs(resource, 'delete', 'list', 'watch') && !ignored.has(`${resource.resource}.${resource.group}`),
      );
      if (deletable.length > 0 && !this.#stopping.signal.aborted) await monitors.sync(deletable, failed);
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'failed to find out what is served');
    }
  }
}

export const garbageCollector: ControllerDescriptor = {
  name: 'garbage-collector-controller',
  aliases: ['garbagecollector'],
  build({ informers, client, recorder, flags, log, clock }) {
    if (!flags['enable-garbage-collector']) return undefined;
    const api = client('generic-garbage-collector');
    const mapper = new RestMapper(api, () => clock.now());
    const events = recorder('garbage-collector-controller');
    const unresolved = new ExponentialFailureRateLimiter(5, 1_000_000);
    const graph = new Graph({
      attemptToDelete: (uid) => deletions.enqueue(uid),
      attemptToDeleteLater: (uid) => deletions.queue.addRateLimited(uid),
      attemptToOrphan: (uid) => orphanings.enqueue(uid),
      invalidNamespace: (dependent, owner) => {
        const message = `ownerRef ${printIdentity(owner)} does not exist in namespace ${JSON.stringify(dependent.namespace)}`;
        events.eventAbout(referenceOf(dependent), 'Warning', 'OwnerRefInvalidNamespace', message);
      },
    });
    const collector = new Collector(graph, new Operations(api, mapper), (uid) => deletions.enqueue(uid));
    const workers = flags['concurrent-gc-syncs'];
    const deletions = new Controller({
      name: 'garbage-collector-controller',
      workers,
      log,
      clock,
      reconcile: async (uid) => {
        const result = await attempt(() => collector.attemptToDelete(uid));
        if (result === 'again') return { requeueAfterMs: unresolved.whenMs(uid) };
        unresolved.forget(uid);
        return {};
      },
    });
    const orphanings = new Controller({
      name: 'garbage-collector-controller',
      workers,
      log,
      clock,
      reconcile: (uid) => collector.attemptToOrphan(uid),
    });
    const monitors = new Monitors(informers, graph);
    return new GarbageCollector({ informers, mapper, monitors, workers: [deletions, orphanings], log, clock });
  },
};

/** A kind that is not served may yet be: no failure, but looked at again, less and less often. */
async function attempt(work: () => Promise<'again' | 'done'>): Promise<'again' | 'done'> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RestMappingError) return 'again';
    throw error;
  }
}

function referenceOf({ apiVersion, kind, namespace, name, uid }: Identity) {
  return { apiVersion, kind, name, uid, ...(namespace === '' ? {} : { namespace }) };
}
