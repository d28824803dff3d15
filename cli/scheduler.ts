// `pgplane scheduler`: the scheduler as a process of its own, for any API server that a kubeconfig names (cmd/kube-scheduler/app/server.go).
import { Client } from '../client/client.ts';
import { http2Transport } from '../client/http2-transport.ts';
import { inClusterConfig, loadKubeconfig } from '../client/kubeconfig.ts';
import { SchedulerComponent } from '../scheduler/component.ts';
import { givenFlags } from './component-flags.ts';
import { createLogger } from './log.ts';
import { readSchedulerConfiguration } from './scheduler-configuration.ts';
import { clientFlags, leaderElectionFlags } from './scheduler-flags.ts';

/** What `pgplane scheduler` is given beside the tables of flags. */
export interface SchedulerFlags extends Record<string, unknown> {
  config?: string;
  kubeconfig?: string;
  v: number;
}

/** Runs until SIGTERM or SIGINT. */
export async function runScheduler(options: SchedulerFlags): Promise<void> {
  const log = createLogger(options.v);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  try {
    const elected = givenFlags(leaderElectionFlags, options);
    const configuration = await readSchedulerConfiguration(options.config, elected, givenFlags(clientFlags, options));
    const { kubeconfig, qps, burst } = configuration.clientConnection;
    const file = options.kubeconfig ?? (kubeconfig === '' ? undefined : kubeconfig);
    const config = file === undefined ? await inClusterConfig(process.env) : await loadKubeconfig(file);
    const transport = http2Transport(config);
    const client = new Client(transport, { qps, burst, userAgent: 'kube-scheduler', fieldManager: 'kube-scheduler' });
    // Events have a rate of their own, so that they do not hold up bindings.
    const component = new SchedulerComponent({ configuration, client, eventClient: client.with({ qps, burst }), log });
    const names = configuration.profiles.map(({ schedulerName }) => schedulerName);
    process.stdout.write(`scheduler of ${config.server}: ${names.join(', ')}\n`);
    component.start();
    const said = component.settled().then((state) => {
      process.stdout.write(state === 'running' ? 'the scheduler runs\n' : 'another one leads; standing by\n');
    });
    await signalled();
    await component.stop();
    await Promise.all([said, transport.close()]);
  } catch (error) {
    process.stderr.write(`pgplane: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
