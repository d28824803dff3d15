// A few controllers at work on a test cluster, with the identities that they have in `pgplane up`.
import { inProcessClients } from '../../cli/in-process-controllers.ts';
import { silentLog } from '../../client/testing/clients.ts';
import type { Cluster } from '../../testing/index.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { ControllerManager, type ControllerManagerOptions } from '../manager/manager.ts';

/** Resolves when they run. `stop` is the caller's. */
export async function startControllers(
  cluster: Cluster,
  descriptors: readonly ControllerDescriptor[],
  options: Partial<ControllerManagerOptions> = {},
): Promise<ControllerManager> {
  const manager = new ControllerManager({
    clients: inProcessClients(cluster.server),
    descriptors,
    rootCertificateAuthority: cluster.certificateAuthority,
    log: silentLog,
    ...options,
    flags: { 'leader-elect': false, ...options.flags },
  });
  manager.start();
  await manager.settled();
  return manager;
}
