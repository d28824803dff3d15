// A cluster of its own with some controllers at work: what tests over the wire begin with where a file needs a fresh one for each test.
import type { Client } from '../../client/client.ts';
import { adminClient } from '../../client/testing/clients.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../../testing/index.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import type { ControllerManager, ControllerManagerOptions } from '../manager/manager.ts';
import { startControllers } from './start-controllers.ts';

export interface ControllersCluster {
  cluster: Cluster;
  /** An administrator's. */
  client: Client;
  /** The one that was started first. */
  manager: ControllerManager;
  /** Starts another manager with the same controllers, as after a crash of the first. */
  startManager(): Promise<ControllerManager>;
  /** Stops all. */
  stop(): Promise<void>;
}

/**
 * Starts a cluster in memory (unless told otherwise) and a manager with these controllers, which run when it resolves. With `authority` they
 * have the cluster's keys, as in `pgplane up`.
 */
export async function startControllersCluster(
  descriptors: readonly ControllerDescriptor[],
  options: Partial<ControllerManagerOptions> & { cluster?: ClusterOptions; authority?: boolean } = {},
): Promise<ControllersCluster> {
  const { cluster: clusterOptions, authority, ...given } = options;
  const cluster = await startCluster({ storage: 'memory', ...clusterOptions });
  const { ca, serviceAccountKey } = cluster.server.pki;
  const more = authority ? { keys: { clusterAuthority: ca, serviceAccountKey }, ...given } : given;
  const { client, transport } = adminClient(cluster);
  const managers: ControllerManager[] = [];
  // Those that are off by default are named.
  const flags = { controllers: ['*', ...descriptors.map(({ name }) => name)], ...more.flags };
  const startManager = async (): Promise<ControllerManager> => {
    const manager = await startControllers(cluster, descriptors, { ...more, flags });
    managers.push(manager);
    return manager;
  };
  const stop = async (): Promise<void> => {
    for (const manager of managers) await manager.stop();
    await transport.close();
    await cluster.stop();
  };
  return { cluster, client, startManager, manager: await startManager(), stop };
}
