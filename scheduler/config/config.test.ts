// KubeSchedulerConfiguration: defaults, which plugins run where, and upstream's words for what is wrong.
import { describe, expect, test } from '@jest/globals';
import { feasibleNodesToFind } from '../algorithm.ts';
import type { Plugin } from '../framework/plugin.ts';
import { enabledNames, pluginLists } from './default-plugins.ts';
import { parseSchedulerConfiguration, schedulerConfiguration } from './load.ts';

const header = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const profile = (text: string) => `${header}profiles:\n- schedulerName: default-scheduler\n${text}`;

test('what nothing is said about', () => {
  const { profiles, leaderElection, clientConnection, ...rest } = schedulerConfiguration({});
  expect(rest).toMatchObject({
    parallelism: 16,
    percentageOfNodesToScore: 0,
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 10,
    extenders: [],
  });
  expect(profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler']);
  expect(leaderElection).toMatchObject({
    leaderElect: true,
    leaseDurationMs: 15_000,
    resourceName: 'kube-scheduler',
    resourceNamespace: 'kube-system',
  });
  expect(clientConnection).toMatchObject({ qps: 50, burst: 100 });
});

describe('which plugins run', () => {
  const filter = (name: string): Plugin => ({ name, filter: () => undefined, score: () => 0 });
  const lists = (text: string, ...more: string[]) => {
    const { profiles } = parseSchedulerConfiguration(profile(text));
    const names = [...new Set([...enabledNames(profiles[0]!), ...more])];
    const made = new Map<string, Plugin>(names.map((name) => [name, filter(name)]));
    made.set('PrioritySort', { name: 'PrioritySort', less: () => false });
    made.set('DefaultBinder', { name: 'DefaultBinder', bind: async () => undefined });
    return pluginLists(profiles[0]!, made);
  };
  const filters = (text: string) => lists(text).plugins.filter.map(({ name }) => name);

  test('the defaults, with their weights', () => {
    const { weights } = lists('');
    expect(Object.fromEntries(weights)).toMatchObject({
      TaintToleration: 3,
      NodeAffinity: 2,
      PodTopologySpread: 2,
      InterPodAffinity: 2,
      NodeResourcesFit: 1,
      ImageLocality: 1,
    });
    expect(filters('')[0]).toBe('SchedulingGates');
  });

  test('one is turned off everywhere, or at one point', () => {
    expect(filters('  plugins: {multiPoint: {disabled: [{name: NodePorts}]}}')).not.toContain('NodePorts');
    expect(filters('  plugins: {filter: {disabled: [{name: NodePorts}]}}')).not.toContain('NodePorts');
    expect(
      lists('  plugins: {filter: {disabled: [{name: NodePorts}]}}').plugins.score.map(({ name }) => name),
    ).toContain('NodePorts');
  });

  test('all are turned off at one point, and one is turned on', () => {
    expect(filters('  plugins: {filter: {disabled: [{name: "*"}], enabled: [{name: NodeName}]}}')).toEqual([
      'NodeName',
    ]);
  });

  test('one that is named at its point comes first, another one last', () => {
    const named = filters('  plugins: {filter: {enabled: [{name: NodePorts}, {name: Mine}]}}');
    expect([named[0], named.at(-1)]).toEqual(['NodePorts', 'Mine']);
  });

  test('weights are changed', () => {
    expect(
      lists('  plugins: {multiPoint: {enabled: [{name: NodeAffinity, weight: 7}]}}').weights.get('NodeAffinity'),
    ).toBe(7);
    expect(lists('  plugins: {score: {enabled: [{name: NodeAffinity, weight: 9}]}}').weights.get('NodeAffinity')).toBe(
      9,
    );
  });

  test('a plugin must be able to do what it is for', () => {
    expect(() => lists('  plugins: {bind: {enabled: [{name: NodePorts}]}}')).toThrow(
      'plugin "NodePorts" does not extend bind plugin',
    );
    expect(() => lists('  plugins: {multiPoint: {disabled: [{name: DefaultBinder}]}}')).toThrow(
      'at least one bind plugin is needed',
    );
  });
});

test('arguments: what is given over what is usual', () => {
  const text = `  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: nvidia.com/gpu, weight: 5}, {name: cpu}]}}
  - name: InterPodAffinity
    args: {apiVersion: kubescheduler.config.k8s.io/v1, kind: InterPodAffinityArgs, hardPodAffinityWeight: 50}`;
  const { args } = parseSchedulerConfiguration(profile(text)).profiles[0]!;
  expect(args.NodeResourcesFit.scoringStrategy).toEqual({
    type: 'MostAllocated',
    resources: [
      { name: 'nvidia.com/gpu', weight: 5 },
      { name: 'cpu', weight: 1 },
    ],
  });
  expect(args.InterPodAffinity.hardPodAffinityWeight).toBe(50);
});

test('resources that an extender manages are nobody else’s', () => {
  const { profiles, extenders } = parseSchedulerConfiguration(
    `${header}extenders:\n- urlPrefix: http://x/\n  filterVerb: filter\n  managedResources: [{name: example.com/foo, ignoredByScheduler: true}]`,
  );
  expect(profiles[0]!.args.NodeResourcesFit.ignoredResources).toEqual(['example.com/foo']);
  expect(extenders[0]).toMatchObject({ httpTimeoutMs: 5000, ignorable: false, nodeCacheCapable: false });
});

const config = (plugin: string, args: string) => profile(`  pluginConfig:\n  - name: ${plugin}\n    args: ${args}`);
const at = 'profiles[0].pluginConfig[0].args';
test.each<[string, string, string]>([
  ['unknown field', `${header}foo: 1`, 'strict decoding error: unknown field "foo"'],
  [
    'unknown version',
    'apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration',
    'no kind "KubeSchedulerConfiguration" is registered for version "kubescheduler.config.k8s.io/v1beta3"',
  ],
  [
    'parallelism',
    `${header}parallelism: 0`,
    'parallelism: Invalid value: 0: should be an integer value greater than zero',
  ],
  [
    'percentage',
    `${header}percentageOfNodesToScore: 101`,
    'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
  ],
  [
    'initial backoff',
    `${header}podInitialBackoffSeconds: 0`,
    'podInitialBackoffSeconds: Invalid value: 0: must be greater than 0',
  ],
  [
    'maximum backoff',
    `${header}podInitialBackoffSeconds: 5\npodMaxBackoffSeconds: 2`,
    'podMaxBackoffSeconds: Invalid value: 2: must be greater than or equal to PodInitialBackoffSeconds',
  ],
  [
    'the same name twice',
    `${header}profiles:\n- schedulerName: a\n- schedulerName: a`,
    'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
  ],
  ['no name', `${header}profiles:\n- schedulerName: a\n- {}`, 'profiles[1].schedulerName: Required value'],
  [
    'removed plugin',
    profile('  plugins: {filter: {enabled: [{name: EBSLimits}]}}'),
    'profiles[0].plugins.filter.enabled[0]: Invalid value: "EBSLimits": was invalid in version "kubescheduler.config.k8s.io/v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")',
  ],
  [
    'resource lock',
    `${header}leaderElection: {leaderElect: true, resourceLock: configmaps}`,
    'leaderElection.resourceLock: Invalid value: "configmaps": resourceLock value must be "leases"',
  ],
  [
    'extender weight',
    `${header}extenders: [{urlPrefix: x, prioritizeVerb: p}]`,
    'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
  ],
  [
    'two binders',
    `${header}extenders: [{urlPrefix: x, bindVerb: b}, {urlPrefix: y, bindVerb: b}]`,
    'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
  ],
  [
    'managed resource',
    `${header}extenders: [{urlPrefix: x, managedResources: [{name: cpu}]}]`,
    'extenders[0].managedResources[0].name: Invalid value: "cpu": is an invalid extended resource name',
  ],
  [
    'hard weight',
    config('InterPodAffinity', '{hardPodAffinityWeight: 101}'),
    `${at}.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]`,
  ],
  [
    'candidates',
    config('DefaultPreemption', '{minCandidateNodesPercentage: -1}'),
    `${at}.minCandidateNodesPercentage: Invalid value: -1: not in valid range [0, 100]`,
  ],
  [
    'system defaulting with a list',
    config(
      'PodTopologySpread',
      '{defaultConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]}',
    ),
    `${at}.defaultingType: Invalid value: "System": when .defaultConstraints are not empty`,
  ],
  [
    'strategy',
    config('NodeResourcesFit', '{scoringStrategy: {type: Foo}}'),
    `${at}.scoringStrategy.type: Unsupported value: "Foo": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"`,
  ],
  [
    'shape',
    config(
      'NodeResourcesFit',
      '{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 200, score: 1}]}}}',
    ),
    `${at}.scoringStrategy.requestedToCapacityRatio.shape[0].utilization: Invalid value: 200: not in valid range [0, 100]`,
  ],
  [
    'balanced weight',
    config('NodeResourcesBalancedAllocation', '{resources: [{name: cpu, weight: 2}]}'),
    `${at}.resources[0].weight: Invalid value: 2: must be 1`,
  ],
  [
    'bind timeout',
    config('VolumeBinding', '{bindTimeoutSeconds: -10}'),
    `${at}.bindTimeoutSeconds: Invalid value: -10: invalid BindTimeoutSeconds, should not be a negative value`,
  ],
  [
    'arguments of another plugin',
    config('NodeAffinity', '{kind: InterPodAffinityArgs}'),
    'decoding .profiles[0].pluginConfig[0]: args for plugin NodeAffinity were not of type NodeAffinityArgs.kubescheduler.config.k8s.io, got InterPodAffinityArgs.kubescheduler.config.k8s.io',
  ],
])('refused: %s', (_, text, message) => expect(() => parseSchedulerConfiguration(text)).toThrow(message));

test.each([
  [10, 0, 10],
  [10, 40, 10],
  [1000, 0, 420],
  [1000, 40, 400],
  [6000, 0, 300],
  [6000, 40, 2400],
  [5000, 0, 500],
])('of %i nodes at %i %%, %i that fit are enough', (nodes, percentage, wanted) => {
  expect(feasibleNodesToFind(nodes, percentage)).toBe(wanted);
});
