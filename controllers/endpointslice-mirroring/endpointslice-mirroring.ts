// endpointslice-mirroring-controller: Endpoints that somebody writes for a Service without a selector are mirrored to EndpointSlices, for
// those who read only these (pkg/controller/endpointslicemirroring/endpointslicemirroring_controller.go).
import { Controller } from '../../client/controller.ts';
import { EndpointSlice, Endpoints, Service } from '../../client/kinds.ts';
import { keyOf, splitKey } from '../../client/resource.ts';
import { sliceRateLimiter } from '../endpointslice/endpointslice.ts';
import {
  SliceTracker,
  serviceKeyOf,
  serviceSliceIndex,
  sliceConcerns,
  slicesOf,
  writeChanges,
} from '../endpointslice/slices.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { hasSelector } from '../shared/service-pods.ts';
import { controllerName, planMirror } from './mirror.ts';

const maxRetries = 15;
const maxBackoffMs = 100_000;
const staleDelayMs = 20;

function shouldMirror({ metadata: { labels, annotations } }: Endpoints): boolean {
  if (labels?.['endpointslice.kubernetes.io/skip-mirror'] === 'true') return false;
  return annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined;
}

export const endpointSliceMirroring: ControllerDescriptor = {
  name: 'endpointslice-mirroring-controller',
  aliases: ['endpointslicemirroring'],
  build({ informers, client, recorder, flags, log, clock }) {
    const endpoints = informers.of(Endpoints);
    const services = informers.of(Service);
    const slices = informers.of(EndpointSlice);
    slices.addIndex(serviceSliceIndex.name, serviceSliceIndex.valuesOf);
    const api = client('endpointslicemirroring-controller').resource(EndpointSlice);
    const events = recorder('endpoint-slice-mirroring-controller');
    const tracker = new SliceTracker();
    const maxPerSubset = flags['mirroring-max-endpoints-per-subset'];
    const batchMs = flags['mirroring-endpointslice-updates-batch-period'];

    const mirror = async (key: string, source: Endpoints, existing: EndpointSlice[]): Promise<void> => {
      const { changes, invalidAddresses, skippedAddresses } = planMirror(source, existing, maxPerSubset);
      if (invalidAddresses > 0) {
        const message = `Skipped ${invalidAddresses} invalid IP addresses when mirroring to EndpointSlices`;
        events.event(source, 'Warning', 'InvalidIPAddress', message);
      }
      if (skippedAddresses > invalidAddresses) {
        const message = `A max of ${maxPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skippedAddresses} addresses were skipped`;
        events.event(source, 'Warning', 'TooManyAddressesToMirror', message);
      }
      if (source.metadata.deletionTimestamp !== undefined) changes.create = [];
      await writeChanges(api, tracker, `Endpoints ${key}`, changes);
    };

    const reconcile = async (key: string) => {
      const { namespace, name } = splitKey(key);
      const existing = slicesOf(slices.lister, namespace!, name, controllerName);
      const source = endpoints.lister.getByKey(key);
      const service = services.lister.getByKey(key);
      if (
        source === undefined ||
        !shouldMirror(source) ||
        service === undefined ||
        hasSelector(service.spec?.selector)
      ) {
        tracker.deleteService(key);
        return writeChanges(api, tracker, `Endpoints ${key}`, { create: [], update: [], delete: existing });
      }
      if (tracker.stale(key, existing)) return { requeueAfterMs: staleDelayMs };
      return mirror(key, source, existing);
    };

    const controller = new Controller({
      name: 'endpointslice-mirroring-controller',
      workers: flags['mirroring-concurrent-service-endpoint-syncs'],
      reconcile,
      maxRetries,
      rateLimiter: sliceRateLimiter(maxBackoffMs, clock),
      log,
      clock,
    });
    return controller
      .watch(endpoints, ({ object, old }) =>
        shouldMirror(object) || (old !== undefined && shouldMirror(old)) ? [keyOf(object)] : [],
      )
      .watch(services, ({ object, old }) => {
        const has = hasSelector(object.spec?.selector);
        const concerns = old === undefined ? !has : has !== hasSelector(old.spec?.selector);
        return concerns ? [keyOf(object)] : [];
      })
      .watch(slices, (change) => {
        if (!sliceConcerns(tracker, controllerName, change)) return [];
        for (const slice of [change.object, change.old ?? change.object]) {
          const key = serviceKeyOf(slice);
          if (key !== undefined) controller.queue.addAfter(key, batchMs);
        }
        return [];
      });
  },
};
