// KubeSchedulerConfiguration, complete: what a file and flags come to (staging k8s.io/kube-scheduler/config/v1/types.go).
import type { PluginArgs } from './plugin-args.ts';

export interface PluginReference {
  name: string;
  /** Of its scores; 0 for 1. */
  weight: number;
}

export interface PluginSet {
  enabled: PluginReference[];
  /** Names; `*` for all defaults. */
  disabled: string[];
}

export interface ProfileConfiguration {
  schedulerName: string;
  percentageOfNodesToScore: number | undefined;
  /** By extension point as configuration names it, `multiPoint` included. Defaults are not merged yet. */
  plugins: Readonly<Record<string, PluginSet>>;
  args: PluginArgs;
}

export interface ExtenderConfiguration {
  urlPrefix: string;
  filterVerb: string;
  preemptVerb: string;
  prioritizeVerb: string;
  weight: number;
  bindVerb: string;
  enableHTTPS: boolean;
  tlsConfig:
    | {
        insecure?: boolean;
        serverName?: string;
        certFile?: string;
        keyFile?: string;
        caFile?: string;
        /** base64. */
        certData?: string;
        keyData?: string;
        caData?: string;
      }
    | undefined;
  httpTimeoutMs: number;
  nodeCacheCapable: boolean;
  managedResources: { name: string; ignoredByScheduler: boolean }[];
  ignorable: boolean;
}

export interface LeaderElectionConfiguration {
  leaderElect: boolean;
  leaseDurationMs: number;
  renewDeadlineMs: number;
  retryPeriodMs: number;
  resourceLock: string;
  resourceName: string;
  resourceNamespace: string;
}

export interface SchedulerConfiguration {
  parallelism: number;
  leaderElection: LeaderElectionConfiguration;
  clientConnection: { kubeconfig: string; qps: number; burst: number };
  percentageOfNodesToScore: number;
  podInitialBackoffSeconds: number;
  podMaxBackoffSeconds: number;
  profiles: ProfileConfiguration[];
  extenders: ExtenderConfiguration[];
}
