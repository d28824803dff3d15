// kube-scheduler's flags, under its names (cmd/kube-scheduler/app/options/options.go). Data only, because the command line is read
// before anything is loaded.
import { boolean, duration, number, text } from '../controllers/manager/flags.ts';

export const leaderElectionFlags = {
  'leader-elect': boolean(true, 'schedule only while holding a lease, so that several schedulers can stand by'),
  'leader-elect-lease-duration': duration('15s', 'how long others wait after the last renewal before they take over'),
  'leader-elect-renew-deadline': duration('10s', 'how long the leader tries to renew before it gives up'),
  'leader-elect-retry-period': duration('2s', 'time between attempts to get or renew the lease'),
  'leader-elect-resource-name': text('name of the Lease', 'name', 'kube-scheduler'),
  'leader-elect-resource-namespace': text('namespace of the Lease', 'namespace', 'kube-system'),
} as const;

export const clientFlags = {
  'kube-api-qps': number(50, 'requests a second, without --config'),
  'kube-api-burst': number(100, 'requests at once, without --config'),
} as const;

export const schedulerUpFlags = {
  scheduler: boolean(true, 'run the scheduler; false leaves its place to another one'),
  'scheduler-config': text('KubeSchedulerConfiguration (YAML or JSON) of the scheduler', 'file'),
} as const;
