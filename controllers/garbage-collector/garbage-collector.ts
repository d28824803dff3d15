// garbage-collector-controller: deletes what is owned when its owners go (cmd/kube-controller-manager/app/core.go
// startGarbageCollectorController, pkg/controller/garbagecollector). It follows every resource that can be listed, watched and deleted,
// custom ones as they come.
import { apiVersionOf } from '../../apimachinery/object.ts';
import { Controller } from '../../client/controller.ts';
import { type DiscoveredResource, RestMapper, supportsVerbs } from '../../client/discovery.ts';
import type { Handlers } from '../../client/informer.ts';
import { ExponentialFailureRateLimiter } from '../../client/rate-limiters.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { ResourceMonitors } from '../shared/resource-monitors.ts';
import { Collector } from './collector.ts';
import { Graph } from './graph.ts';
import { type Identity, printIdentity } from './graph-node.ts';
import { Operations, RestMappingError } from './operations.ts';

const ignored = new Set(['events.', 'events.events.k8s.io']);

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
    const monitors = new ResourceMonitors({
      informers,
      mapper,
      wants: (resource) =>
        supportsVerbs(resource, 'delete', 'list', 'watch') && !ignored.has(`${resource.resource}.${resource.group}`),
      handlersOf: (resource) => handlersOf(resource, graph),
      log,
      clock,
    });
    return {
      async start() {
        await monitors.start();
        await Promise.all([deletions.start(), orphanings.start()]);
      },
      async stop() {
        await Promise.all([monitors.stop(), deletions.stop(), orphanings.stop()]);
      },
    };
  },
};

/** Tells the graph of a resource's objects. */
function handlersOf({ group, version, kind }: DiscoveredResource, graph: Graph): Handlers<ApiObject> {
  const apiVersion = apiVersionOf(group, version);
  const observe = ({ metadata }: ApiObject, old?: ApiObject): void => {
    const { namespace = '', name = '', uid = '' } = metadata;
    graph.observe({ apiVersion, kind, namespace, name, uid }, metadata, old?.metadata);
  };
  return {
    add: (object) => observe(object),
    update: (old, object) => observe(object, old),
    delete: ({ metadata }) => graph.remove(metadata.uid ?? ''),
  };
}

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
