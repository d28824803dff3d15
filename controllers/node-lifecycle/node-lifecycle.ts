// node-lifecycle-controller: notices nodes that have fallen silent, and keeps taints (by condition) and labels of nodes as they should be
// (pkg/controller/nodelifecycle/node_lifecycle_controller.go). Who evicts Pods from tainted nodes is taint-eviction-controller.
import { timestamp } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { Lease, Node, Pod } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { Periodic, together } from '../shared/periodic.ts';
import { podsByNode } from '../shared/pods-by-node.ts';
import { sameTaint, swapTaints, type Taint } from '../shared/taints.ts';
import { NodeMonitor } from './monitor.ts';

const nodeWorkers = 8;
const podWorkers = 4;
const taintPeriodMs = 100;
const unschedulableKey = 'node.kubernetes.io/unschedulable';

/** Keys of taints, by type and status of the condition that they stand for. */
const conditionTaints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const ownKeys: ReadonlySet<string> = new Set([
  unschedulableKey,
  ...Object.values(conditionTaints).flatMap((byStatus) => Object.values(byStatus)),
]);

/** Labels that follow others, under their older names. */
const labelPairs = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

/** The taints NoSchedule by which a node is to be avoided now, and those of ours that are there (doNoScheduleTaintingPass). */
export function noScheduleTaints({ spec, status }: Node): { wanted: Taint[]; present: Taint[] } {
  const keys = (status?.conditions ?? []).flatMap(({ type, status: is }) => conditionTaints[type]?.[is] ?? []);
  if (spec?.unschedulable) keys.push(unschedulableKey);
  const wanted = keys.map((key): Taint => ({ key, effect: 'NoSchedule' }));
  const present = (spec?.taints ?? []).filter(({ key, effect }) => effect === 'NoSchedule' && ownKeys.has(key));
  return { wanted, present };
}

/** The labels that are missing or wrong. */
export function labelsToUpdate(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  const wrong = labelPairs.filter(([from, to]) => labels[from] !== undefined && labels[from] !== labels[to]);
  return Object.fromEntries(wrong.map(([from, to]) => [to, labels[from]!]));
}

export const nodeLifecycle: ControllerDescriptor = {
  name: 'node-lifecycle-controller',
  aliases: ['nodelifecycle'],
  build({ informers, client, recorder, flags, log, clock }) {
    const nodes = informers.of(Node);
    const pods = informers.of(Pod);
    const leases = informers.of(Lease, { namespace: 'kube-node-lease' });
    const api = client('node-controller');
    const nodeClient = api.resource(Node);
    const monitor = new NodeMonitor({
      nodes: nodes.lister,
      leases: leases.lister,
      podsOf: podsByNode(pods),
      nodeClient,
      podClient: api.resource(Pod),
      events: recorder('node-controller'),
      grace: { startupMs: flags['node-startup-grace-period'], monitorMs: flags['node-monitor-grace-period'] },
      evictionRate: flags['node-eviction-rate'],
      secondaryEvictionRate: flags['secondary-node-eviction-rate'],
      largeClusterThreshold: flags['large-cluster-size-threshold'],
      unhealthyZoneThreshold: flags['unhealthy-zone-threshold'],
      log,
      clock,
    });

    const reconcileNode = async (name: string): Promise<void> => {
      const node = nodes.lister.get(undefined, name);
      if (node === undefined) return;
      const { wanted, present } = noScheduleTaints(node);
      const timeAdded = timestamp(clock.now());
      const add = wanted.filter((taint) => !present.some((other) => sameTaint(taint, other)));
      const remove = present.filter((taint) => !wanted.some((other) => sameTaint(taint, other)));
      const labels = labelsToUpdate(node.metadata.labels);
      try {
        if (add.length > 0 || remove.length > 0)
          await swapTaints(
            nodeClient,
            node,
            add.map((taint) => ({ ...taint, timeAdded })),
            remove,
          );
        if (Object.keys(labels).length > 0) await nodeClient.patch({ name }, 'merge', { metadata: { labels } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };

    /** A Pod that is bound to a node which is not ready cannot be ready. */
    const reconcilePod = async (key: string): Promise<void> => {
      const pod = pods.lister.getByKey(key);
      const nodeName = pod?.spec?.nodeName;
      if (pod === undefined || nodeName === undefined) return;
      const ready = monitor.readyStatusOf(nodeName);
      if (ready !== undefined && ready !== 'True') await monitor.markPodsNotReady([pod]);
    };

    const common = { log, clock };
    const needs = [nodes, pods, leases];
    return together(
      new Controller({
        name: 'node-lifecycle-controller',
        workers: nodeWorkers,
        reconcile: reconcileNode,
        ...common,
      }).watch(nodes, ({ type, object }) => (type === 'delete' ? [] : [object.metadata.name])),
      new Controller({
        name: 'node-lifecycle-controller pods',
        workers: podWorkers,
        reconcile: reconcilePod,
        ...common,
      })
        .watch(pods, ({ type, object, old }) =>
          type !== 'delete' && object.spec?.nodeName && object.spec.nodeName !== old?.spec?.nodeName
            ? [keyOf(object)]
            : [],
        )
        .needs(nodes),
      new Periodic({
        name: 'node-lifecycle-controller',
        periodMs: flags['node-monitor-period'],
        run: () => monitor.run(),
        needs,
        ...common,
      }),
      new Periodic({
        name: 'node-lifecycle-controller taints',
        periodMs: taintPeriodMs,
        run: () => monitor.taint(),
        needs,
        ...common,
      }),
    );
  },
};
