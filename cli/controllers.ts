// `pgplane controllers`, the controller manager as a process of its own, and the same within `pgplane up`.
import type { Logger } from 'pino';
import { Client } from '../client/client.ts';
import { type Http2TransportOptions, http2Transport } from '../client/http2-transport.ts';
import { inProcessTransport } from '../client/in-process-transport.ts';
import { inClusterConfig, loadKubeconfig } from '../client/kubeconfig.ts';
import { serviceAccountTokens } from '../client/service-account-tokens.ts';
import { enabledControllers } from '../controllers/manager/enabled.ts';
import { controllerFlags, flagValues, managerFlags } from '../controllers/manager/flags.ts';
import { type ClientBuilder, ControllerManager } from '../controllers/manager/manager.ts';
import { controllerDescriptors } from '../controllers/manager/registry.ts';
import { rootCACertificatePublisher } from '../controllers/root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../controllers/serviceaccount/serviceaccount.ts';
import { allAuthenticated, serviceAccountGroups, serviceAccountUsername } from '../server/auth/user.ts';
import type { ApiServer } from '../server/server.ts';
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

/** Clients of the server in this process: the manager as upstream's user, and each controller as its own service account. */
export function inProcessClients(server: Pick<ApiServer, 'handle'>): ClientBuilder {
  const clientOf = (user: { name: string; groups: string[] }, userAgent: string) =>
    new Client(
      inProcessTransport((request) => server.handle(user, request)),
      { userAgent, fieldManager: managerName },
    );
  return {
    root: clientOf({ name: `system:${managerName}`, groups: [allAuthenticated] }, managerName),
    controller(account) {
      const name = serviceAccountUsername(accountNamespace, account);
      const groups = [...serviceAccountGroups(accountNamespace), allAuthenticated];
      return clientOf({ name, groups }, `${managerName}/${account}`);
    },
  };
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

/** The controllers of `pgplane up`. One alone on its embedded database need not be elected. */
export function controllersOf(
  server: Pick<ApiServer, 'handle' | 'pki'>,
  options: { databaseUrl?: string },
  log: Logger,
): ControllerManager {
  const flags = givenFlags(managerFlags, options);
  const leaderElect = { 'leader-elect': options.databaseUrl !== undefined };
  return new ControllerManager({
    clients: inProcessClients(server),
    descriptors: controllerDescriptors,
    flags: { ...leaderElect, ...flags },
    controllerFlags: givenFlags(controllerFlags, options),
    rootCertificateAuthority: server.pki.ca.certificate,
    log,
  });
}

/** True when the controllers that make what Pods need of a namespace are to run. Throws for a controller that does not exist. */
export function runServiceAccounts(options: object): boolean {
  const { controllers } = flagValues(managerFlags, givenFlags(managerFlags, options));
  const enabled = enabledControllers(controllerDescriptors, controllers);
  return [serviceAccount, rootCACertificatePublisher].every((needed) => enabled.includes(needed));
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
