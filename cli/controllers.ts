// `pgplane controllers`: the controller manager as a process of its own, for any API server that a kubeconfig names.
import { Client } from '../client/client.ts';
import { type Http2TransportOptions, http2Transport } from '../client/http2-transport.ts';
import { inClusterConfig, loadKubeconfig } from '../client/kubeconfig.ts';
import { serviceAccountTokens } from '../client/service-account-tokens.ts';
import { controllerFlags, managerFlags } from '../controllers/manager/flags.ts';
import { type ClientBuilder, ControllerManager } from '../controllers/manager/manager.ts';
import { controllerDescriptors } from '../controllers/manager/registry.ts';
import { givenFlags } from './component-flags.ts';
import { createLogger } from './log.ts';

const managerName = 'kube-controller-manager';
const accountNamespace = 'kube-system';

/** What `pgplane controllers` is given beside the tables of flags. */
export interface ControllersFlags extends Record<string, unknown> {
  kubeconfig?: string;
  useServiceAccountCredentials: boolean;
  kubeApiQps: number;
  kubeApiBurst: number;
  v: number;
}

/** Clients by a kubeconfig: all as its user, or each controller with tokens of its own service account. `close` ends them. */
function remoteClients(
  config: Http2TransportOptions,
  flags: ControllersFlags,
): { clients: ClientBuilder; close: () => Promise<void> } {
  const limits = { qps: flags.kubeApiQps, burst: flags.kubeApiBurst, fieldManager: managerName };
  const transport = http2Transport(config);
  const root = new Client(transport, { ...limits, userAgent: managerName });
  if (!flags.useServiceAccountCredentials) {
    const controller = (account: string) => root.with({ userAgent: `${managerName}/${account}` });
    return { clients: { root, controller }, close: () => transport.close() };
  }
  const { clientCertificate: _certificate, clientKey: _key, token: _token, ...anonymous } = config;
  const shared = http2Transport(anonymous);
  const controller = (account: string) =>
    new Client(shared, {
      ...limits,
      userAgent: `${managerName}/${account}`,
      bearerToken: serviceAccountTokens(root, accountNamespace, account),
    });
  const close = async () => {
    await Promise.all([transport.close(), shared.close()]);
  };
  return { clients: { root, controller }, close };
}

/** `pgplane controllers`: runs until SIGTERM or SIGINT. */
export async function runControllers(options: ControllersFlags): Promise<void> {
  const log = createLogger(options.v);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  try {
    const config =
      options.kubeconfig === undefined ? await inClusterConfig(process.env) : await loadKubeconfig(options.kubeconfig);
    const { clients, close } = remoteClients(config, options);
    const manager = new ControllerManager({
      clients,
      descriptors: controllerDescriptors,
      flags: givenFlags(managerFlags, options),
      controllerFlags: givenFlags(controllerFlags, options),
      rootCertificateAuthority: config.certificateAuthority ?? '',
      log,
    });
    process.stdout.write(`controllers of ${config.server}: ${manager.controllers.join(', ') || 'none'}\n`);
    manager.start();
    const said = manager.settled().then((state) => {
      process.stdout.write(state === 'running' ? 'the controllers run\n' : 'another one leads; standing by\n');
    });
    await signalled();
    await manager.stop();
    await Promise.all([said, close()]);
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
