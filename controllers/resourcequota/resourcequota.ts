// resourcequota-controller: says in each quota's status what holds and what is used (pkg/controller/resourcequota). Admission adds what is
// created; this one counts, and so finds what has been freed.
import { groupResourceOf, type KubeObject } from '../../apimachinery/object.ts';
import { type Amounts, amountsOf, mask, resourceListOf, sameAmounts } from '../../apimachinery/quota/amounts.ts';
import type { QuotaObjects } from '../../apimachinery/quota/evaluator.ts';
import { quotaEvaluators } from '../../apimachinery/quota/evaluators.ts';
import type { Timer } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { type DiscoveredResource, RestMapper, supportsVerbs } from '../../client/discovery.ts';
import type { Handlers } from '../../client/informer.ts';
import { DeviceClass, ResourceQuota } from '../../client/kinds.ts';
import { type ApiObject, keyOf } from '../../client/resource.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { ResourceMonitors } from '../shared/resource-monitors.ts';
import { isReplenishedBy } from './replenishment.ts';
import { type Counted, usageOf } from './usage.ts';

/** Of these it takes more than their number. */
const wholeResources = new Set(['pods', 'services', 'persistentvolumeclaims', 'resourceclaims.resource.k8s.io']);
/** Deletions come in swarms: one count for those that come together. */
const gatherMs = 10;

export const resourceQuota: ControllerDescriptor = {
  name: 'resourcequota-controller',
  aliases: ['resourcequota'],
  build({ informers, client, flags, log, clock }) {
    const api = client('resourcequota-controller');
    const quotas = informers.of(ResourceQuota);
    const deviceClasses = informers.of(DeviceClass);
    const objects: QuotaObjects = {
      resource(groupResource) {
        const informer =
          groupResource === 'deviceclasses.resource.k8s.io' ? deviceClasses : monitors.informerOf(groupResource);
        return {
          get: (namespace, name) => informer?.lister.get(namespace || undefined, name) as KubeObject | undefined,
          list: (namespace) =>
            (informer?.lister.list(namespace === undefined ? {} : { namespace }) ?? []) as KubeObject[],
        };
      },
    };
    const evaluatorFor = quotaEvaluators(objects);

    /** Counts the quotas anew that count this resource, of one namespace or of all. */
    const replenish = (groupResource: string, namespace?: string): void => {
      const evaluator = evaluatorFor(groupResource);
      if (evaluator === undefined) return;
      for (const quota of quotas.lister.list(namespace === undefined ? {} : { namespace })) {
        const names = Object.keys(quota.spec?.hard ?? {});
        if (evaluator.matchingResources(names).length > 0) controller.queue.addAfter(keyOf(quota), gatherMs);
      }
    };
    const handlersOf = (resource: DiscoveredResource): Handlers<ApiObject> => {
      const name = groupResourceOf(resource.group, resource.resource);
      return {
        update(old, object) {
          if (isReplenishedBy(name, old as KubeObject, object as KubeObject, clock.now()))
            replenish(name, object.metadata.namespace);
        },
        delete: ({ metadata }) => replenish(name, metadata.namespace),
      };
    };
    const monitors = new ResourceMonitors({
      informers,
      mapper: new RestMapper(api, () => clock.now()),
      wants: (resource) =>
        resource.namespaced &&
        supportsVerbs(resource, 'create', 'list', 'watch', 'delete') &&
        evaluatorFor(groupResourceOf(resource.group, resource.resource)) !== undefined,
      needsWhole: ({ group, resource }) => wholeResources.has(groupResourceOf(group, resource)),
      handlersOf,
      followed: ({ group, resource }) => replenish(groupResourceOf(group, resource)),
      log,
      clock,
    });
    const counted = (): Counted[] =>
      [...monitors.monitors()].map(({ resource, informer }) => ({
        evaluator: evaluatorFor(groupResourceOf(resource.group, resource.resource))!,
        list(namespace) {
          if (informer.hasSynced) return informer.lister.list({ namespace }) as KubeObject[];
          throw new Error(`failed to list content: resource ${resource.resource} is not yet synced`);
        },
      }));

    const reconcile = async (key: string): Promise<void> => {
      const quota = quotas.lister.getByKey(key);
      if (quota === undefined) return;
      const { used, errors } = usageOf(quota, counted());
      const status = statusOf(quota, used);
      if (status !== undefined) await api.resource(ResourceQuota).updateStatus({ ...quota, status });
      if (errors.length > 0) throw new AggregateError(errors, errors[0]!.message);
    };
    const controller = new Controller({
      name: 'resourcequota-controller',
      workers: flags['concurrent-resource-quota-syncs'],
      reconcile,
      log,
      clock,
    })
      .needs(deviceClasses)
      .watch(quotas, ({ type, object, old }) => {
        // What admission writes is its own count.
        if (type === 'update' && sameAmounts(amountsOf(old?.spec?.hard), amountsOf(object.spec?.hard))) return [];
        return type === 'delete' ? [] : [keyOf(object)];
      });
    const periodMs = flags['resource-quota-sync-period'];
    let timer: Timer | undefined;
    const recount = (): void => {
      timer = clock.setTimeout(() => {
        for (const quota of quotas.lister.list()) controller.enqueue(keyOf(quota));
        recount();
      }, periodMs);
    };
    return {
      async start() {
        await monitors.start();
        await controller.start();
        if (periodMs > 0) recount();
      },
      async stop() {
        timer?.clear();
        await Promise.all([monitors.stop(), controller.stop()]);
        timer?.clear();
      },
    };
  },
};

/** The status as it is to be; undefined where it is so already. */
export function statusOf(
  { spec, status }: Pick<ResourceQuota, 'spec' | 'status'>,
  counted: Amounts,
): ResourceQuota['status'] | undefined {
  const hard = amountsOf(spec?.hard);
  const before = amountsOf(status?.used);
  const used = mask(new Map([...before, ...counted]), new Set(hard.keys()));
  const same =
    status?.hard !== undefined &&
    status.used !== undefined &&
    sameAmounts(hard, amountsOf(status.hard)) &&
    sameAmounts(used, before);
  return same ? undefined : { hard: spec?.hard ?? {}, used: resourceListOf(used) };
}
