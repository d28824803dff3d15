// A whole cluster with simulated nodes: how long a large Deployment takes, and what nodes cost while nothing happens.
import { call, request, type Target } from './http.ts';
import { cpuSeconds, residentBytes } from './process.ts';
import type { Figure } from './report.ts';
import type { Measured } from './target.ts';

export interface ClusterOptions {
  /** Numbers of nodes to measure with, in turn. */
  nodes: readonly number[];
  replicas: number;
  /** How long the cluster is watched at rest. */
  seconds: number;
  /** A server with so many nodes. */
  open(nodes: number): Promise<Measured>;
  say(figure: Figure): Figure;
}

interface NodeList {
  items: { spec: { taints?: { effect: string }[] } }[];
}

interface DeploymentObject {
  status?: { readyReplicas?: number; updatedReplicas?: number };
}

const pollMs = 20;
/** The first writes of a cluster that has just started are over by then. */
const settleSeconds = 15;
const limitSeconds = 300;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function read<T>(target: Target, path: string): Promise<T> {
  return JSON.parse(await call(target, request(target, 'GET', path), [200])) as T;
}

async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + limitSeconds * 1000; !(await probe()); await pause(pollMs))
    if (performance.now() > deadline) throw new Error(`waited ${limitSeconds} s for ${what}`);
}

/** Until Pods can be scheduled on all of them. */
async function nodesReady(target: Target, count: number): Promise<void> {
  await until(`${count} nodes`, async () => {
    const { items } = await read<NodeList>(target, '/api/v1/nodes?resourceVersion=0');
    const free = items.filter(({ spec }) => !spec.taints?.some(({ effect }) => effect !== 'PreferNoSchedule'));
    return free.length >= count;
  });
}

function manifest(name: string, replicas: number): string {
  const labels = { app: name };
  const requests = { cpu: '100m', memory: '50Mi' };
  const containers = [{ name: 'web', image: 'registry.example/web:1', resources: { requests } }];
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
}

/** From creating a Deployment until its status says that all replicas are ready, with all that runs beside it. */
export async function deployment({ nodes, replicas, open, say }: ClusterOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of nodes) {
    const { target, pids, stop } = await open(count);
    try {
      await nodesReady(target, count);
      const collection = '/apis/apps/v1/namespaces/default/deployments';
      const cpuBefore = cpuSeconds(pids);
      const began = performance.now();
      await call(target, request(target, 'POST', collection, manifest('bench', replicas)), [201]);
      await until('the replicas', async () => {
        const { status } = await read<DeploymentObject>(target, `${collection}/bench`);
        return (status?.readyReplicas ?? 0) >= replicas;
      });
      const seconds = (performance.now() - began) / 1000;
      const used = cpuSeconds(pids) - cpuBefore;
      figures.push(
        say({
          name: `Deployment of ${replicas} replicas on ${count} nodes, to all ready`,
          value: seconds,
          unit: 's',
          serverCpu: { seconds: used, cores: used / seconds },
          more: { 'resident MB': residentBytes(pids) / 1e6 },
        }),
      );
    } finally {
      await stop();
    }
  }
  return figures;
}

/** Processor time and memory of everything while nothing happens but heartbeats. */
export async function rest({ nodes, seconds, open, say }: ClusterOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const count of nodes) {
    const { target, pids, stop } = await open(count);
    try {
      if (count > 0) await nodesReady(target, count);
      await pause(settleSeconds * 1000);
      const before = cpuSeconds(pids);
      await pause(seconds * 1000);
      const percent = (100 * (cpuSeconds(pids) - before)) / seconds;
      const more = { 'resident MB': residentBytes(pids) / 1e6 };
      figures.push(say({ name: `at rest, ${count} nodes`, value: percent, unit: '% of a core', more }));
    } finally {
      await stop();
    }
  }
  return figures;
}
