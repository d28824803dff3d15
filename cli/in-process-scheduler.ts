// The scheduler of `pgplane up`, in the server's process, as upstream's user.
import type { Logger } from 'pino';
import { Client } from '../client/client.ts';
import { inProcessTransport } from '../client/in-process-transport.ts';
import { SchedulerComponent } from '../scheduler/component.ts';
import { allAuthenticated } from '../server/auth/user.ts';
import type { ApiServer } from '../server/server.ts';
import { givenFlags } from './component-flags.ts';
import { readSchedulerConfiguration } from './scheduler-configuration.ts';
import { leaderElectionFlags, schedulerUpFlags } from './scheduler-flags.ts';

const name = 'kube-scheduler';

export function inProcessSchedulerClient(server: Pick<ApiServer, 'handle'>): Client {
  const user = { name: `system:${name}`, groups: [allAuthenticated] };
  const transport = inProcessTransport((request) => server.handle(user, request));
  return new Client(transport, { userAgent: name, fieldManager: name });
}

/** Undefined where another one is to have its place. One alone on its embedded database need not be elected. */
export async function schedulerOf(
  server: Pick<ApiServer, 'handle'>,
  options: { databaseUrl?: string },
  log: Logger,
): Promise<SchedulerComponent | undefined> {
  const { scheduler = true, 'scheduler-config': file } = givenFlags(schedulerUpFlags, options);
  if (!scheduler) return undefined;
  // The name of the lease is the controllers' flag here.
  const { 'leader-elect-resource-name': _, ...given } = givenFlags(leaderElectionFlags, options);
  const flags = { 'leader-elect': options.databaseUrl !== undefined, ...given };
  const configuration = await readSchedulerConfiguration(file, flags);
  return new SchedulerComponent({ configuration, client: inProcessSchedulerClient(server), log });
}
