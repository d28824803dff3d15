// Pods per second that pgplane's scheduler schedules on a server's API: the workloads of upstream's benchmarks
// (test/integration/scheduler_perf) over Node objects of the benchmark's own. The scheduler runs in this process, for pods of a
// scheduler name of its own, so that a scheduler that the cluster has is not disturbed; time runs from when it begins, with all
// pods there, until the last one is bound.
import pino from 'pino';
import { Client } from '../client/client.ts';
import { http2Transport } from '../client/http2-transport.ts';
import { Node, Pod } from '../client/kinds.ts';
import { schedulerConfiguration } from '../scheduler/config/load.ts';
import { podInformer } from '../scheduler/pod-informer.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { BenchContext } from './context.ts';
import type { Target } from './http.ts';
import type { Figure } from './report.ts';
import { percentiles } from './statistics.ts';

const schedulerName = 'bench-scheduler';
const nodeCount = 5000;
const podCount = 1000;
const atOnce = 200;
const zoneLabel = 'topology.kubernetes.io/zone';
const green = { matchLabels: { color: 'green' } };

interface Workload {
  /** What pods ask for beside a little CPU and memory. */
  spec: object;
}

const workloads: Record<string, Workload> = {
  plain: { spec: {} },
  'node affinity': {
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: zoneLabel, operator: 'In', values: ['zone1', 'zone2'] }] }],
          },
        },
      },
    },
  },
  'pod anti-affinity': {
    spec: {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: green, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
    },
  },
  'topology spreading': {
    spec: {
      topologySpreadConstraints: [
        { maxSkew: 5, topologyKey: zoneLabel, whenUnsatisfiable: 'DoNotSchedule', labelSelector: green },
      ],
    },
  },
};

/** Runs `make` for 0 to `count`, some at once. */
async function many(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await make(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function clientOf({ host, port, ca, cert, key, token }: Target) {
  const transport = http2Transport({
    server: `https://${host}:${port}`,
    ...(ca === undefined ? { insecureSkipTlsVerify: true } : { certificateAuthority: ca }),
    ...(cert === undefined || key === undefined ? {} : { clientCertificate: cert, clientKey: key }),
    ...(token === undefined ? {} : { token: () => token }),
  });
  return { transport, client: new Client(transport) };
}

async function makeNodes(client: Client, prefix: string): Promise<void> {
  const nodes = client.resource(Node);
  await many(nodeCount, async (i) => {
    const name = `${prefix}-${i}`;
    const labels = { 'kubernetes.io/hostname': name, [zoneLabel]: `zone${1 + (i % 3)}`, bench: prefix };
    const amounts = { cpu: '4', memory: '32Gi', pods: '110' };
    const status = { allocatable: amounts, capacity: amounts };
    await nodes.create({ metadata: { name, labels }, status } as never);
    // Admission marks every new node as not ready.
    await nodes.patch({ name }, 'merge', { spec: { taints: null } });
  });
}

async function makePods(client: Client, namespace: string, { spec }: Workload): Promise<void> {
  const requests = { cpu: '100m', memory: '500Mi' };
  await many(podCount, (i) =>
    client.resource(Pod).create({
      metadata: { name: `pod-${i}`, namespace, labels: { color: 'green' } },
      spec: { schedulerName, containers: [{ name: 'c', image: 'pause', resources: { requests } }], ...spec },
    } as never),
  );
}

/** Schedules everything that waits in the namespace and says how it went. */
async function measure(context: BenchContext, client: Client, namespace: string, name: string): Promise<Figure> {
  const times: number[] = [];
  const configuration = schedulerConfiguration({ profiles: [{ schedulerName }] });
  const log = pino({ level: 'warn' }, pino.destination(2));
  const scheduler = new Scheduler({ client, configuration, log, onAttempt: (_result, ms) => times.push(ms) });
  const bound = Promise.withResolvers<void>();
  let left = podCount;
  podInformer(scheduler.informers).addHandler({
    update(old, pod) {
      if (old.spec?.nodeName || !pod.spec?.nodeName || pod.metadata.namespace !== namespace) return;
      left--;
      if (left === 0) bound.resolve();
    },
  });
  scheduler.informers.start();
  await scheduler.informers.synced();
  const serverCpu = context.serverCpu();
  const clientCpu = process.cpuUsage();
  const began = performance.now();
  await scheduler.start();
  await bound.promise;
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(clientCpu);
  const serverSeconds = serverCpu();
  await scheduler.stop();
  return context.say({
    name: `scheduling, ${name}, ${nodeCount} nodes, ${podCount} pods`,
    value: podCount / seconds,
    unit: 'pods/s',
    latencyMs: percentiles(times),
    clientCores: (used.user + used.system) / 1e6 / seconds,
    ...(serverSeconds === undefined ? {} : { serverCpu: { seconds: serverSeconds, cores: serverSeconds / seconds } }),
  });
}

/** One figure per workload; the latency is that of finding a node. */
export async function scheduling(context: BenchContext): Promise<Figure[]> {
  const { transport, client } = clientOf(context.target);
  const prefix = context.namespace('node');
  const figures: Figure[] = [];
  try {
    await makeNodes(client, prefix);
    for (const [name, workload] of Object.entries(workloads)) {
      const namespace = context.namespace(name.replaceAll(' ', '-'));
      await client.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
      await makePods(client, namespace, workload);
      figures.push(await measure(context, client, namespace, name));
      await client.resource(Pod).deleteCollection({ namespace }, { gracePeriodSeconds: 0 });
      await context.drop(namespace);
    }
    const nodes = client.resource(Node);
    await nodes.deleteCollection({ labelSelector: `bench=${prefix}` });
  } finally {
    await transport.close();
  }
  return figures;
}
