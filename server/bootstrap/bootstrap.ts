// What kube-apiserver makes by itself when it starts, and what it keeps alive while it runs: default objects, the missing
// namespaces every minute, its identity, Service and endpoints every ten seconds, expired identities every hour.
import { apiServiceObjects } from './api-services.ts';
import { type ClusterFacts, clusterObjects, kubernetesService, namespaceObjects } from './cluster-objects.ts';
import { ensureNamespaceDefaults } from './default-service-accounts.ts';
import { ensureObject, ensureObjects, type Objects } from './ensure.ts';
import { flowControlObjects } from './flow-control.ts';
import { IdentityLease, renewIntervalSeconds, type ServerIdentity } from './identity-lease.ts';
import { rbacObjects } from './rbac.ts';

export interface BootstrapOptions extends Objects, ServerIdentity, Omit<ClusterFacts, 'timestamp'> {
  /** Stands in for controllers: see default-service-accounts.ts. */
  defaultServiceAccounts: boolean;
  /** Called when periodic upkeep fails; it is tried again at its next turn. */
  onError(task: string, error: Error): void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export interface Bootstrap {
  /** To be awaited after a namespace was created and before its creator hears of it. */
  namespaceCreated(namespace: string): Promise<void>;
  /** Stops the upkeep and takes this server out of the endpoints. */
  close(): Promise<void>;
}

/** RFC 3339 with seconds. */
function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Runs `task` every `seconds`, one run at a time. Returns what stops it and waits for a run under way. */
function every(seconds: number, task: () => Promise<void>, onError: (error: Error) => void): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= task()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  }, seconds * 1000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Resolves when every default object is there. Rejects with the names of those that could not be made. */
export async function bootstrap(options: BootstrapOptions): Promise<Bootstrap> {
  const now = options.now ?? Date.now;
  const timestamp = rfc3339(now());
  const lease = new IdentityLease(options, options, now);
  const namespaces = namespaceObjects();
  const namespaceDefaults = async (namespace: string) => {
    if (options.defaultServiceAccounts) await ensureNamespaceDefaults(options, namespace, options.clientCA);
  };
  const ensureNamespaces = async () => {
    await ensureObjects(options, namespaces);
    await Promise.all(namespaces.map(({ object }) => namespaceDefaults(object.metadata.name!)));
  };
  // Its address may still be held by a create that a crash cut short, until repair frees it: then the next turn makes it.
  const ensureService = () => ensureObject(options, kubernetesService(options));
  const otherNamespaces = options.reader
    .resource('namespaces')
    .list()
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ metadata }) => !namespaces.some(({ object }) => object.metadata.name === metadata.name));
  // First, because nothing is admitted into a namespace that does not exist.
  await ensureObjects(options, namespaces);
  await Promise.all([
    ensureNamespaces(),
    ensureObjects(options, [
      ...rbacObjects(),
      ...clusterObjects({ ...options, timestamp }),
      ...flowControlObjects(timestamp),
      ...apiServiceObjects(timestamp),
    ]),
    ...otherNamespaces.map(({ metadata }) => namespaceDefaults(metadata.name!)),
    ensureService().catch((error: Error) => options.onError('kubernetes service', error)),
    lease.renew(),
    lease.publishEndpoints(),
  ]);

  const upkeep = (seconds: number, name: string, task: () => Promise<void>) =>
    every(seconds, task, (error) => options.onError(name, error));
  const stops = [
    upkeep(60, 'system namespaces', ensureNamespaces),
    upkeep(renewIntervalSeconds, 'identity lease', () => lease.renew()),
    upkeep(renewIntervalSeconds, 'kubernetes service', ensureService),
    upkeep(renewIntervalSeconds, 'kubernetes endpoints', () => lease.publishEndpoints()),
    upkeep(3600, 'expired identity leases', () => lease.collectExpired()),
  ];
  return {
    namespaceCreated: namespaceDefaults,
    async close() {
      await Promise.all(stops.map((stop) => stop()));
      await lease.publishEndpoints(true).catch((error: Error) => options.onError('kubernetes endpoints', error));
    },
  };
}
