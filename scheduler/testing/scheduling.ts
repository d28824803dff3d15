// A scheduler on a test cluster, as upstream's user, with nodes that are ready.

import { inProcessSchedulerClient } from '../../cli/in-process-scheduler.ts';
import type { Client } from '../../client/client.ts';
import { Node, Pod } from '../../client/kinds.ts';
import { adminClient, silentLog } from '../../client/testing/clients.ts';
import type { Transport } from '../../client/transport.ts';
import { until } from '../../conformance/support/until.ts';
import type { Cluster } from '../../testing/index.ts';
import { schedulerConfiguration } from '../config/load.ts';
import { Scheduler, type SchedulerOptions } from '../scheduler.ts';
import { type NodeOptions, node, type PodOptions, pod } from './fixtures.ts';

export class Scheduling {
  readonly admin: Client;
  readonly #cluster: Cluster;
  readonly #transport: Transport;
  readonly #schedulers: Scheduler[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const { client, transport } = adminClient(cluster);
    this.admin = client;
    this.#transport = transport;
  }

  /** Starts a scheduler, whose configuration is `configuration`. */
  async start(configuration: object = {}, options: Partial<SchedulerOptions> = {}): Promise<Scheduler> {
    const client = inProcessSchedulerClient(this.#cluster.server);
    const parsed = schedulerConfiguration(configuration);
    const scheduler = new Scheduler({ client, configuration: parsed, log: silentLog, ...options });
    this.#schedulers.push(scheduler);
    await scheduler.start();
    return scheduler;
  }

  /** Makes a node that is ready. */
  async node(name: string, options: NodeOptions = {}): Promise<void> {
    const nodes = this.admin.resource(Node);
    const { taints = null } = options;
    await nodes.create(node(name, options));
    // Admission marks every new node as not ready.
    await nodes.patch({ name }, 'merge', { spec: { taints } });
  }

  async pod(name: string, options: PodOptions = {}): Promise<Pod> {
    const made = pod(name, options);
    const { uid: _uid, resourceVersion: _version, ...metadata } = made.metadata;
    const { priority: _priority, ...spec } = made.spec!;
    const { status: _status, ...rest } = made;
    return this.admin.resource(Pod).create({ ...rest, metadata, spec } as never);
  }

  get(name: string, namespace = 'default'): Promise<Pod> {
    return this.admin.resource(Pod).get({ namespace, name });
  }

  /** The node that a pod comes to. */
  scheduled(name: string, namespace = 'default'): Promise<string> {
    return until(
      `${name} to be scheduled`,
      async () => (await this.get(name, namespace)).spec?.nodeName || undefined,
      20,
    );
  }

  /** What the condition says of a pod that fits nowhere. */
  unschedulable(name: string): Promise<string> {
    return until(
      `${name} to be turned away`,
      async () => {
        const condition = (await this.get(name)).status?.conditions?.find(({ type }) => type === 'PodScheduled');
        return condition?.reason === 'Unschedulable' ? condition.message : undefined;
      },
      20,
    );
  }

  /** Stops all schedulers. */
  async stop(): Promise<void> {
    await Promise.all(this.#schedulers.map((scheduler) => scheduler.stop()));
    this.#schedulers.length = 0;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#transport.close();
  }
}
