// endpoints-controller: every Service with a selector has Endpoints with the addresses of its Pods
// (pkg/controller/endpoint/endpoints_controller.go). What they are to hold is in subsets.ts.
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { Controller } from '../../client/controller.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import { Endpoints, Pod, Service } from '../../client/kinds.ts';
import { splitKey } from '../../client/resource.ts';
import { isServiceIPSet } from '../endpointslice/pod-endpoints.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { type EndpointSubset, repackSubsets } from '../shared/endpoint-subsets.ts';
import { ServicePods, selectsPods } from '../shared/service-pods.ts';
import { lastChangeTriggerTime, TriggerTimeTracker } from '../shared/trigger-time-tracker.ts';
import { capacityOf, maxCapacity, subsetsOf, truncate } from './subsets.ts';

const maxRetries = 15;
const managedByLabel = 'endpoints.kubernetes.io/managed-by';
const controllerName = 'endpoint-controller';
const headlessLabel = 'service.kubernetes.io/headless';
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';

type Labels = Readonly<Record<string, string>>;

export const endpoints: ControllerDescriptor = {
  name: 'endpoints-controller',
  aliases: ['endpoint'],
  build({ informers, client, recorder, flags, log, clock }) {
    const services = informers.of(Service);
    const pods = informers.of(Pod);
    const present = informers.of(Endpoints);
    const servicePods = new ServicePods(pods, services);
    const api = client('endpoint-controller').resource(Endpoints);
    const events = recorder(controllerName);
    const triggerTimes = new TriggerTimeTracker();

    const remove = async (key: string): Promise<void> => {
      triggerTimes.delete(key);
      if (present.lister.getByKey(key) === undefined) return;
      try {
        await api.delete(splitKey(key));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };

    const write = async (wanted: Endpoints, create: boolean): Promise<void> => {
      const { namespace, name } = wanted.metadata;
      try {
        await (create ? api.create(wanted) : api.update(wanted));
      } catch (error) {
        if (create && isNamespaceTerminating(error)) return;
        const { message } = error as Error;
        if (create)
          events.event(
            wanted,
            'Warning',
            'FailedToCreateEndpoint',
            `Failed to create endpoint for service ${namespace}/${name}: ${message}`,
          );
        else
          events.event(
            wanted,
            'Warning',
            'FailedToUpdateEndpoint',
            `Failed to update endpoint ${namespace}/${name}: ${message}`,
          );
        throw error;
      }
    };

    const reconcile = async (key: string): Promise<void> => {
      const service = services.lister.getByKey(key);
      if (service === undefined) return remove(key);
      if (!selectsPods(service)) return;
      const selected = servicePods.podsOf(service);
      const time = triggerTimes.compute(service, selected);
      const subsets = subsetsOf(service, selected);
      const current = present.lister.getByKey(key);
      if (current !== undefined && isRight(current, service, subsets)) return;
      await write(wantedEndpoints(current, service, subsets, time), current === undefined);
    };

    const controller = new Controller({
      name: 'endpoints-controller',
      workers: flags['concurrent-endpoint-syncs'],
      reconcile,
      maxRetries,
      log,
      clock,
    });
    return controller
      .watch(services)
      .watch(pods, (change) => {
        const batchMs = flags['endpoint-updates-batch-period'];
        for (const key of servicePods.servicesToUpdate(change)) controller.queue.addAfter(key, batchMs);
        return [];
      })
      .watch(present, ({ type, object: { metadata } }) => {
        const key = `${metadata.namespace}/${metadata.name}`;
        if (type === 'delete') return [key];
        // Those that are there at the start may be of Services that have gone; later ones may come before their Service.
        return type === 'add' && !present.hasSynced && metadata.annotations?.[leaderAnnotation] === undefined
          ? [key]
          : [];
      });
  },
};

function isRight({ metadata, subsets: has = [] }: Endpoints, service: Service, wanted: EndpointSubset[]): boolean {
  if (!labelsCorrect(metadata.labels, service.metadata.labels)) return false;
  if (capacityOf(has) > maxCapacity || metadata.annotations?.[overCapacityAnnotation] !== undefined) return false;
  return semanticEqual(has, wanted) || semanticEqual(repackSubsets(has), wanted);
}

function labelsCorrect(has: Labels = {}, service: Labels = {}): boolean {
  if (has[managedByLabel] !== controllerName) return false;
  const { [managedByLabel]: _, [headlessLabel]: __, ...others } = has;
  return semanticEqual(others, service);
}

function wantedEndpoints(
  current: Endpoints | undefined,
  service: Service,
  subsets: readonly EndpointSubset[],
  time: string | undefined,
): Endpoints {
  const { namespace, name, labels } = service.metadata;
  const {
    [lastChangeTriggerTime]: _,
    [overCapacityAnnotation]: __,
    ...annotations
  } = current?.metadata.annotations ?? {};
  if (time !== undefined) annotations[lastChangeTriggerTime] = time;
  if (capacityOf(subsets) > maxCapacity) annotations[overCapacityAnnotation] = 'truncated';
  const { [headlessLabel]: ___, ...others } = labels ?? {};
  const headless: Record<string, string> = isServiceIPSet(service) ? {} : { [headlessLabel]: '' };
  const base = current ?? { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace, name, uid: '' } };
  return {
    ...base,
    metadata: {
      ...base.metadata,
      labels: { ...others, ...headless, [managedByLabel]: controllerName },
      annotations,
    },
    subsets: truncate(subsets),
  };
}
