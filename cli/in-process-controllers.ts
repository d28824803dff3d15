// The controllers of `pgplane up`, in the server's process: requests go to the server without a connection, each controller's as its own
// service account (as kube-controller-manager with --use-service-account-credentials, but without tokens).
import type { Logger } from 'pino';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/in-process-transport.ts';
import { enabledControllers } from '../controllers/manager/enabled.ts';
import { controllerFlags, flagValues, managerFlags } from '../controllers/manager/flags.ts';
import { type ClientBuilder, ControllerManager } from '../controllers/manager/manager.ts';
import { controllerDescriptors } from '../controllers/manager/registry.ts';
import { rootCACertificatePublisher } from '../controllers/root-ca-certificate-publisher/root-ca-certificate-publisher.ts';
import { serviceAccount } from '../controllers/serviceaccount/serviceaccount.ts';
import { allAuthenticated, serviceAccountGroups, serviceAccountUsername } from '../server/auth/user.ts';
import type { ApiServer } from '../server/server.ts';
import { givenFlags } from './component-flags.ts';

const managerName = 'kube-controller-manager';
const accountNamespace = 'kube-system';

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
    keys: { clusterAuthority: server.pki.ca, serviceAccountKey: server.pki.serviceAccountKey },
    log,
  });
}

/** True when the controllers that make what Pods need of a namespace are to run. Throws for a controller that does not exist. */
export function runServiceAccounts(options: object): boolean {
  const { controllers } = flagValues(managerFlags, givenFlags(managerFlags, options));
  const enabled = enabledControllers(controllerDescriptors, controllers);
  return [serviceAccount, rootCACertificatePublisher].every((needed) => enabled.includes(needed));
}
