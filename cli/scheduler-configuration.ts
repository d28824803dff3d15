// What the scheduler's configuration file and flags come to. The file stands above flags, except for leader election, where a flag that
// is given counts (cmd/kube-scheduler/app/options/options.go ApplyTo).
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { FlagValues } from '../controllers/manager/flags.ts';
import { schedulerConfiguration } from '../scheduler/config/load.ts';
import type { SchedulerConfiguration } from '../scheduler/config/types.ts';
import type { clientFlags, leaderElectionFlags } from './scheduler-flags.ts';

type LeaderElectionFlags = Partial<FlagValues<typeof leaderElectionFlags>>;

/** What file and flags come to. Throws what is wrong with the file. */
export async function readSchedulerConfiguration(
  file: string | undefined,
  flags: LeaderElectionFlags,
  client: Partial<FlagValues<typeof clientFlags>> = {},
): Promise<SchedulerConfiguration> {
  const configuration = schedulerConfiguration(file ? parse(await readFile(file, 'utf8')) : {});
  const { leaderElection, clientConnection } = configuration;
  const given = {
    leaderElect: flags['leader-elect'],
    leaseDurationMs: flags['leader-elect-lease-duration'],
    renewDeadlineMs: flags['leader-elect-renew-deadline'],
    retryPeriodMs: flags['leader-elect-retry-period'],
    resourceName: flags['leader-elect-resource-name'],
    resourceNamespace: flags['leader-elect-resource-namespace'],
  };
  const limits = file ? {} : { qps: client['kube-api-qps'], burst: client['kube-api-burst'] };
  return {
    ...configuration,
    leaderElection: { ...leaderElection, ...defined(given) },
    clientConnection: { ...clientConnection, ...defined(limits) },
  };
}

/** Without what is undefined. */
function defined<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
