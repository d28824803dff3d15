// endpointslice-controller: the EndpointSlices of every Service with a selector hold the addresses of its Pods
// (pkg/controller/endpointslice/endpointslice_controller.go). What they are to hold is in reconciler.ts.
import type { Clock } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { EndpointSlice, Node, Pod, Service } from '../../client/kinds.ts';
import {
  BucketRateLimiter,
  ExponentialFailureRateLimiter,
  MaxOfRateLimiter,
  type RateLimiter,
  TokenBucket,
} from '../../client/rate-limiters.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { aggregate } from '../shared/aggregate.ts';
import { ServicePods, selectsPods } from '../shared/service-pods.ts';
import { lastChangeTriggerTime, TriggerTimeTracker } from '../shared/trigger-time-tracker.ts';
import { controllerName } from './pod-endpoints.ts';
import { planSlices } from './reconciler.ts';
import {
  type ChangedSlice,
  type NewSlice,
  SliceTracker,
  serviceKeyOf,
  serviceSliceIndex,
  sliceConcerns,
  slicesOf,
  writeChanges,
} from './slices.ts';
import { TopologyCache } from './topology-cache.ts';

const maxRetries = 15;
/** Changes to slices by others are looked at together. */
const sliceChangeDelayMs = 1000;
/** A cache that has not seen our own write yet. */
const staleDelayMs = 20;
/** No Service's key. */
const topologyKey = '';

/** 1 s to `maxMs` by Service, and 10 a second (100 at once) over all. */
export function sliceRateLimiter(maxMs: number, clock: Clock): RateLimiter {
  return new MaxOfRateLimiter(
    new ExponentialFailureRateLimiter(1000, maxMs),
    new BucketRateLimiter(new TokenBucket(10, 100, clock)),
  );
}

export const endpointSlice: ControllerDescriptor = {
  name: 'endpointslice-controller',
  aliases: ['endpointslice'],
  build({ informers, client, recorder, flags, log, clock }) {
    const services = informers.of(Service);
    const pods = informers.of(Pod);
    const nodes = informers.of(Node);
    const slices = informers.of(EndpointSlice);
    slices.addIndex(serviceSliceIndex.name, serviceSliceIndex.valuesOf);
    const servicePods = new ServicePods(pods, services);
    const api = client('endpointslice-controller').resource(EndpointSlice);
    const events = recorder('endpoint-slice-controller');
    const tracker = new SliceTracker();
    const triggerTimes = new TriggerTimeTracker();
    const topology = new TopologyCache();
    const batchMs = flags['endpointslice-updates-batch-period'];

    const forget = (key: string) => {
      triggerTimes.delete(key);
      tracker.deleteService(key);
      topology.deleteService(key);
    };

    const sync = async (key: string, service: Service, existing: EndpointSlice[]): Promise<void> => {
      const selected = servicePods.podsOf(service);
      const {
        changes,
        events: told,
        errors,
      } = planSlices({
        service,
        pods: selected,
        nodeOf: (name) => nodes.lister.get(undefined, name),
        existing,
        maxEndpointsPerSlice: flags['max-endpoints-per-slice'],
        topology,
      });
      const time = triggerTimes.compute(service, selected);
      changes.create = changes.create.map((slice) => withTriggerTime(slice, time));
      changes.update = changes.update.map((slice) => withTriggerTime(slice, time));
      try {
        await writeChanges(api, tracker, `Service ${key}`, changes);
      } catch (error) {
        errors.push(error as Error);
      }
      for (const { type, reason, message } of told) events.event(service, type, reason, message);
      if (errors.length > 0) throw aggregate(errors);
    };

    let nodesChanged = true;
    const followNodes = (): void => {
      if (!nodesChanged) return;
      nodesChanged = false;
      topology.setNodes(nodes.lister.list());
      for (const overloaded of topology.overloadedServices()) controller.enqueue(overloaded);
    };

    const reconcile = async (key: string) => {
      followNodes();
      const service = services.lister.getByKey(key);
      if (service === undefined) {
        forget(key);
        return undefined;
      }
      if (!selectsPods(service)) return undefined;
      const { namespace, name } = service.metadata;
      const present = slicesOf(slices.lister, namespace, name, controllerName);
      const existing = present.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      if (tracker.stale(key, existing)) return { requeueAfterMs: staleDelayMs };
      try {
        await sync(key, service, existing);
      } catch (error) {
        const message = `Error updating Endpoint Slices for Service ${key}: ${(error as Error).message}`;
        events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
        throw error;
      }
      return undefined;
    };

    const controller = new Controller({
      name: 'endpointslice-controller',
      workers: flags['concurrent-service-endpoint-syncs'],
      reconcile,
      maxRetries,
      rateLimiter: sliceRateLimiter(1_000_000, clock),
      log,
      clock,
    });
    return controller
      .watch(nodes, ({ type, object, old }) => {
        if (type === 'update' && isReady(old!) === isReady(object) && zoneOf(old!) === zoneOf(object)) return [];
        nodesChanged = true;
        return [topologyKey];
      })
      .watch(services)
      .watch(pods, (change) => {
        for (const key of servicePods.servicesToUpdate(change)) controller.queue.addAfter(key, batchMs);
        return [];
      })
      .watch(slices, (change) => {
        if (!sliceConcerns(tracker, controllerName, change)) return [];
        for (const slice of [change.object, change.old ?? change.object]) {
          const key = serviceKeyOf(slice);
          if (key !== undefined) controller.queue.addAfter(key, Math.max(sliceChangeDelayMs, batchMs));
        }
        return [];
      });
  },
};

function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

function zoneOf({ metadata }: Node): string | undefined {
  return metadata.labels?.['topology.kubernetes.io/zone'];
}

function withTriggerTime<T extends NewSlice | ChangedSlice>(slice: T, time: string | undefined): T {
  const { [lastChangeTriggerTime]: _, ...others } = slice.metadata.annotations ?? {};
  const annotations = time === undefined ? others : { ...others, [lastChangeTriggerTime]: time };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
