// A cluster of the test kit with some controllers at work, each as its own service account, as in `pgplane up`.
import { inProcessClients } from '../../cli/in-process-controllers.ts';
import { Client } from '../../client/client.ts';
import type { Clock } from '../../client/clock.ts';
import { Namespace } from '../../client/kinds.ts';
import { silentLog, transports } from '../../client/testing/clients.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../../testing/index.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import type { ControllerFlags } from '../manager/flags.ts';
import { ControllerManager } from '../manager/manager.ts';

export interface ControlledClusterOptions {
  cluster?: ClusterOptions;
  controllerFlags?: Partial<ControllerFlags>;
  clock?: Clock;
}

export class ControlledCluster {
  readonly cluster: Cluster;
  /** An administrator's. */
  readonly client: Client;
  readonly #descriptors: readonly ControllerDescriptor[];
  readonly #options: ControlledClusterOptions;
  readonly #managers: ControllerManager[] = [];

  private constructor(
    cluster: Cluster,
    descriptors: readonly ControllerDescriptor[],
    options: ControlledClusterOptions,
  ) {
    this.cluster = cluster;
    this.client = new Client(transports['in-process'](cluster));
    this.#descriptors = descriptors;
    this.#options = options;
  }

  /** Starts a server (in memory unless told otherwise) and a manager of these controllers; resolves when they run. */
  static async start(
    descriptors: readonly ControllerDescriptor[],
    options: ControlledClusterOptions = {},
  ): Promise<ControlledCluster> {
    const cluster = await startCluster({ storage: 'memory', ...options.cluster });
    const controlled = new ControlledCluster(cluster, descriptors, options);
    await controlled.startControllers();
    return controlled;
  }

  /** One more manager of the same controllers. */
  async startControllers(): Promise<void> {
    const { controllerFlags, clock } = this.#options;
    const manager = new ControllerManager({
      clients: inProcessClients(this.cluster.server),
      descriptors: this.#descriptors,
      flags: { 'leader-elect': false },
      ...(controllerFlags === undefined ? {} : { controllerFlags }),
      ...(clock === undefined ? {} : { clock }),
      rootCertificateAuthority: this.cluster.certificateAuthority,
      log: silentLog,
    });
    this.#managers.push(manager);
    manager.start();
    await manager.settled();
  }

  /** Stops all controllers; the server stays. */
  async stopControllers(): Promise<void> {
    await Promise.all(this.#managers.splice(0).map((manager) => manager.stop()));
  }

  /** Makes a namespace with a random name, and gives the name. */
  async namespace(): Promise<string> {
    const { metadata } = await this.client.resource(Namespace).create({ metadata: { generateName: 'test-' } });
    return metadata.name;
  }

  async stop(): Promise<void> {
    await this.stopControllers();
    await this.cluster.stop();
  }
}
