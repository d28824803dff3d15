// Nodes and pods for tests, as short as a table's line, and the plugins that run on them without a server.

import type { Node, Pod } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { SchedulerCache } from '../cache/cache.ts';
import { CycleState } from '../framework/cycle-state.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { PodInfo } from '../framework/pod-info.ts';

type Spec = NonNullable<Pod['spec']>;

export interface PodOptions {
  namespace?: string;
  uid?: string;
  labels?: Record<string, string>;
  requests?: Record<string, string>;
  node?: string;
  priority?: number;
  /** Milliseconds since the epoch. */
  startMs?: number;
  spec?: Partial<Spec>;
  metadata?: object;
  status?: Pod['status'];
}

export function pod(name: string, options: PodOptions = {}): Pod {
  const { namespace = 'default', uid = `uid-${name}`, labels = {}, requests, node, priority, startMs, spec } = options;
  const resources = requests === undefined ? {} : { resources: { requests } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid, labels, resourceVersion: '1', ...options.metadata },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'i', ...resources }],
      ...(node === undefined ? {} : { nodeName: node }),
      ...(priority === undefined ? {} : { priority }),
      ...spec,
    },
    status: { ...(startMs === undefined ? {} : { startTime: new Date(startMs).toISOString() }), ...options.status },
  } as Pod;
}

export interface NodeOptions {
  labels?: Record<string, string>;
  allocatable?: Record<string, string>;
  taints?: NonNullable<Node['spec']>['taints'];
  unschedulable?: boolean;
  status?: Node['status'];
}

export function node(name: string, options: NodeOptions = {}): Node {
  const { labels = {}, allocatable = {}, taints, unschedulable, status } = options;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints === undefined ? {} : { taints }), ...(unschedulable === undefined ? {} : { unschedulable }) },
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable }, ...status },
  } as Node;
}

export function cacheOf(nodes: readonly Node[], pods: readonly Pod[] = []): SchedulerCache {
  const cache = new SchedulerCache({ clock: new FakeClock() });
  for (const each of nodes) cache.addNode(each);
  for (const each of pods) cache.addPod(each);
  return cache;
}

/** By node: `ok`, or why not, with the code where preempting would not help. */
export function filterAll(plugin: Plugin, subject: Pod, nodes: readonly NodeInfo[]): Record<string, string> {
  const state = new CycleState();
  const info = new PodInfo(subject);
  const answer = plugin.preFilter?.(state, info, nodes);
  const worded = (status: { code: string; message: string }) =>
    status.code === 'Unschedulable' ? status.message : `${status.code}: ${status.message}`;
  if (answer?.status?.code === 'Skip') return Object.fromEntries(nodes.map(({ name }) => [name, 'ok']));
  if (answer?.status !== undefined) return { '*': worded(answer.status) };
  return Object.fromEntries(
    nodes.map((each) => {
      if (answer?.nodeNames !== undefined && !answer.nodeNames.has(each.name)) return [each.name, 'not looked at'];
      const status = plugin.filter!(state, info, each);
      return [each.name, status === undefined ? 'ok' : worded(status)];
    }),
  );
}

/** By node: the normalized score. Nothing where the plugin skips. */
export function scoreAll(plugin: Plugin, subject: Pod, nodes: readonly NodeInfo[]): Record<string, number> {
  const state = new CycleState();
  const info = new PodInfo(subject);
  if (plugin.preScore?.(state, info, nodes)?.code === 'Skip') return {};
  const scores = Float64Array.from(nodes, (each) => plugin.score!(state, info, each));
  plugin.normalizeScore?.(state, info, scores, nodes);
  return Object.fromEntries(nodes.map(({ name }, i) => [name, scores[i]!]));
}
