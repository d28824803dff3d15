// Reads KubeSchedulerConfiguration v1, strictly, and fills in what it leaves out (pkg/scheduler/apis/config/{scheme,v1/defaults.go}).
import { parse } from 'yaml';
import { extensionPoints } from '../framework/framework.ts';
import { durationMs } from './duration.ts';
import { defaultPluginArgs, type PluginArgs, type ResourceSpec } from './plugin-args.ts';
import type {
  ExtenderConfiguration,
  LeaderElectionConfiguration,
  PluginSet,
  ProfileConfiguration,
  SchedulerConfiguration,
} from './types.ts';
import { validateConfiguration } from './validation.ts';

const group = 'kubescheduler.config.k8s.io';
const apiVersion = `${group}/v1`;

type Raw = Record<string, unknown>;

function object(value: unknown, path: string): Raw {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${path}: must be an object`);
  return value as Raw;
}

function list(value: unknown, path: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Error(`${path}: must be a list`);
  return value;
}

/** Throws for a field that does not exist, as strict decoding does. */
function known(raw: Raw, path: string, ...names: string[]): void {
  for (const name in raw)
    if (!names.includes(name))
      throw new Error(`strict decoding error: unknown field "${path === '' ? '' : `${path}.`}${name}"`);
}

function text(value: unknown, standard: string, path: string): string {
  if (value === undefined || value === null || value === '') return standard;
  if (typeof value !== 'string') throw new Error(`${path}: must be a string`);
  return value;
}

function number(value: unknown, standard: number, path: string): number {
  if (value === undefined || value === null) return standard;
  if (typeof value !== 'number') throw new Error(`${path}: must be a number`);
  return value;
}

function flag(value: unknown, standard: boolean, path: string): boolean {
  if (value === undefined || value === null) return standard;
  if (typeof value !== 'boolean') throw new Error(`${path}: must be true or false`);
  return value;
}

function leaderElectionOf(raw: Raw, path = 'leaderElection'): LeaderElectionConfiguration {
  known(
    raw,
    path,
    'leaderElect',
    'leaseDuration',
    'renewDeadline',
    'retryPeriod',
    'resourceLock',
    'resourceName',
    'resourceNamespace',
  );
  const duration = (name: string, standard: string) => durationMs(text(raw[name], standard, `${path}.${name}`));
  return {
    leaderElect: flag(raw['leaderElect'], true, `${path}.leaderElect`),
    leaseDurationMs: duration('leaseDuration', '15s'),
    renewDeadlineMs: duration('renewDeadline', '10s'),
    retryPeriodMs: duration('retryPeriod', '2s'),
    resourceLock: text(raw['resourceLock'], 'leases', `${path}.resourceLock`),
    resourceName: text(raw['resourceName'], 'kube-scheduler', `${path}.resourceName`),
    resourceNamespace: text(raw['resourceNamespace'], 'kube-system', `${path}.resourceNamespace`),
  };
}

function pluginSetOf(value: unknown, path: string): PluginSet {
  const raw = object(value, path);
  known(raw, path, 'enabled', 'disabled');
  const plugins = (name: 'enabled' | 'disabled') =>
    list(raw[name], `${path}.${name}`).map((item, i) => {
      const at = `${path}.${name}[${i}]`;
      const plugin = object(item, at);
      known(plugin, at, 'name', 'weight');
      return { name: text(plugin['name'], '', `${at}.name`), weight: number(plugin['weight'], 0, `${at}.weight`) };
    });
  return { enabled: plugins('enabled'), disabled: plugins('disabled').map(({ name }) => name) };
}

const argumentFields: Readonly<Record<keyof PluginArgs, readonly string[]>> = {
  DefaultPreemption: ['minCandidateNodesPercentage', 'minCandidateNodesAbsolute'],
  InterPodAffinity: ['hardPodAffinityWeight', 'ignorePreferredTermsOfExistingPods'],
  NodeAffinity: ['addedAffinity'],
  NodeResourcesBalancedAllocation: ['resources'],
  NodeResourcesFit: ['ignoredResources', 'ignoredResourceGroups', 'scoringStrategy'],
  PodTopologySpread: ['defaultConstraints', 'defaultingType'],
  VolumeBinding: ['bindTimeoutSeconds', 'shape'],
  DynamicResources: ['filterTimeout', 'bindingTimeout'],
};

function withWeights(resources: unknown): readonly ResourceSpec[] | undefined {
  const given = (resources as ResourceSpec[] | undefined) ?? [];
  return given.length === 0 ? undefined : given.map(({ name, weight }) => ({ name, weight: weight || 1 }));
}

/** Given arguments over the standard ones. */
function argsOf(pluginConfig: readonly unknown[], path: string): PluginArgs {
  const args: Record<string, unknown> = { ...defaultPluginArgs };
  pluginConfig.forEach((item, i) => {
    const at = `${path}[${i}]`;
    const raw = object(item, at);
    known(raw, at, 'name', 'args');
    const name = text(raw['name'], '', `${at}.name`) as keyof PluginArgs;
    const fields = argumentFields[name];
    if (fields === undefined) return;
    const { apiVersion: version = apiVersion, kind = `${name}Args`, ...given } = object(raw['args'], `${at}.args`);
    if (version !== apiVersion || kind !== `${name}Args`)
      throw new Error(
        `decoding .${at}: args for plugin ${name} were not of type ${name}Args.${group}, got ${String(kind)}.${group}`,
      );
    known(given, `${at}.args`, ...fields);
    args[name] = completed(name, given);
  });
  return args as unknown as PluginArgs;
}

function completed(name: keyof PluginArgs, given: Raw): unknown {
  const standard = defaultPluginArgs[name];
  if (name === 'NodeResourcesBalancedAllocation')
    return {
      resources: withWeights(given['resources']) ?? defaultPluginArgs.NodeResourcesBalancedAllocation.resources,
    };
  if (name !== 'NodeResourcesFit') return { ...standard, ...given };
  const usual = defaultPluginArgs.NodeResourcesFit.scoringStrategy;
  const strategy = given['scoringStrategy'] as Raw | undefined;
  const resources = withWeights(strategy?.['resources']) ?? usual.resources;
  const scoringStrategy = strategy === undefined ? usual : { ...strategy, type: strategy['type'] ?? '', resources };
  return { ...standard, ...given, scoringStrategy };
}

function profileOf(value: unknown, path: string, only: boolean): ProfileConfiguration {
  const raw = object(value, path);
  known(raw, path, 'schedulerName', 'percentageOfNodesToScore', 'plugins', 'pluginConfig');
  const plugins = object(raw['plugins'], `${path}.plugins`);
  known(plugins, `${path}.plugins`, 'multiPoint', ...extensionPoints);
  const sets = Object.entries(plugins).map(([point, set]) => [point, pluginSetOf(set, `${path}.plugins.${point}`)]);
  const percentage = raw['percentageOfNodesToScore'];
  return {
    schedulerName: text(raw['schedulerName'], only ? 'default-scheduler' : '', `${path}.schedulerName`),
    percentageOfNodesToScore:
      percentage === undefined || percentage === null
        ? undefined
        : number(percentage, 0, `${path}.percentageOfNodesToScore`),
    plugins: Object.fromEntries(sets),
    args: argsOf(list(raw['pluginConfig'], `${path}.pluginConfig`), `${path}.pluginConfig`),
  };
}

function extenderOf(value: unknown, path: string): ExtenderConfiguration {
  const raw = object(value, path);
  known(
    raw,
    path,
    'urlPrefix',
    'filterVerb',
    'preemptVerb',
    'prioritizeVerb',
    'weight',
    'bindVerb',
    'enableHTTPS',
    'tlsConfig',
    'httpTimeout',
    'nodeCacheCapable',
    'managedResources',
    'ignorable',
  );
  const word = (name: string) => text(raw[name], '', `${path}.${name}`);
  const resources = list(raw['managedResources'], `${path}.managedResources`).map((item, i) => {
    const at = `${path}.managedResources[${i}]`;
    const resource = object(item, at);
    return {
      name: text(resource['name'], '', `${at}.name`),
      ignoredByScheduler: flag(resource['ignoredByScheduler'], false, `${at}.ignoredByScheduler`),
    };
  });
  return {
    urlPrefix: word('urlPrefix'),
    filterVerb: word('filterVerb'),
    preemptVerb: word('preemptVerb'),
    prioritizeVerb: word('prioritizeVerb'),
    weight: number(raw['weight'], 0, `${path}.weight`),
    bindVerb: word('bindVerb'),
    enableHTTPS: flag(raw['enableHTTPS'], false, `${path}.enableHTTPS`),
    tlsConfig: raw['tlsConfig'] as ExtenderConfiguration['tlsConfig'],
    httpTimeoutMs: durationMs(text(raw['httpTimeout'], '5s', `${path}.httpTimeout`)) || 5000,
    nodeCacheCapable: flag(raw['nodeCacheCapable'], false, `${path}.nodeCacheCapable`),
    managedResources: resources,
    ignorable: flag(raw['ignorable'], false, `${path}.ignorable`),
  };
}

/** Resources that extenders manage and nobody else checks (scheduler.go buildExtenders). */
function withIgnoredResources(
  profile: ProfileConfiguration,
  extenders: readonly ExtenderConfiguration[],
): ProfileConfiguration {
  const ignored = extenders.flatMap(({ managedResources }) =>
    managedResources.filter(({ ignoredByScheduler }) => ignoredByScheduler).map(({ name }) => name),
  );
  if (ignored.length === 0) return profile;
  const fit = profile.args.NodeResourcesFit;
  const ignoredResources = [...fit.ignoredResources, ...ignored];
  return { ...profile, args: { ...profile.args, NodeResourcesFit: { ...fit, ignoredResources } } };
}

/** What an object comes to. Throws what is wrong with it, in upstream's words. */
export function schedulerConfiguration(value: unknown): SchedulerConfiguration {
  const raw = object(value, '');
  const { apiVersion: version = apiVersion, kind = 'KubeSchedulerConfiguration' } = raw;
  if (version !== apiVersion || kind !== 'KubeSchedulerConfiguration')
    throw new Error(`no kind "${String(kind)}" is registered for version "${String(version)}"`);
  known(
    raw,
    '',
    'apiVersion',
    'kind',
    'parallelism',
    'leaderElection',
    'clientConnection',
    'enableProfiling',
    'enableContentionProfiling',
    'percentageOfNodesToScore',
    'podInitialBackoffSeconds',
    'podMaxBackoffSeconds',
    'profiles',
    'extenders',
    'delayCacheUntilActive',
  );
  const connection = object(raw['clientConnection'], 'clientConnection');
  known(connection, 'clientConnection', 'kubeconfig', 'acceptContentTypes', 'contentType', 'qps', 'burst');
  const profiles = list(raw['profiles'], 'profiles');
  const given = profiles.length === 0 ? [{}] : profiles;
  const extenders = list(raw['extenders'], 'extenders').map((item, i) => extenderOf(item, `extenders[${i}]`));
  const configuration: SchedulerConfiguration = {
    parallelism: number(raw['parallelism'], 16, 'parallelism'),
    leaderElection: leaderElectionOf(object(raw['leaderElection'], 'leaderElection')),
    clientConnection: {
      kubeconfig: text(connection['kubeconfig'], '', 'clientConnection.kubeconfig'),
      qps: number(connection['qps'], 0, 'clientConnection.qps') || 50,
      burst: number(connection['burst'], 0, 'clientConnection.burst') || 100,
    },
    percentageOfNodesToScore: number(raw['percentageOfNodesToScore'], 0, 'percentageOfNodesToScore'),
    podInitialBackoffSeconds: number(raw['podInitialBackoffSeconds'], 1, 'podInitialBackoffSeconds'),
    podMaxBackoffSeconds: number(raw['podMaxBackoffSeconds'], 10, 'podMaxBackoffSeconds'),
    profiles: given
      .map((item, i) => profileOf(item, `profiles[${i}]`, given.length === 1))
      .map((profile) => withIgnoredResources(profile, extenders)),
    extenders,
  };
  const errors = validateConfiguration(configuration, given);
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`);
  return configuration;
}

/** The same from the text of a file, YAML or JSON. */
export function parseSchedulerConfiguration(yaml: string): SchedulerConfiguration {
  return schedulerConfiguration(parse(yaml));
}
