// The plugins that look at other pods: cases of upstream's tables (podtopologyspread, interpodaffinity).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { Informers } from '../../client/informers.ts';
import type { Pod } from '../../client/kinds.ts';
import { silentLog } from '../../client/testing/clients.ts';
import { defaultPluginArgs } from '../config/plugin-args.ts';
import { CycleState } from '../framework/cycle-state.ts';
import type { Handle } from '../framework/handle.ts';
import { PodInfo } from '../framework/pod-info.ts';
import { cacheOf, filterAll, node, pod, scoreAll } from '../testing/fixtures.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { podTopologySpread } from './pod-topology-spread/pod-topology-spread.ts';

type Spec = NonNullable<Pod['spec']>;
type Cache = ReturnType<typeof cacheOf>;

let informers: Informers;
beforeAll(() => {
  // Nothing is asked of a server: listers are empty.
  const transport = { send: () => Promise.reject(new Error('there is no server')), close: async () => undefined };
  informers = new Informers(new Client(transport), { log: silentLog });
});
afterAll(() => informers.stop());

const handleOf = (cache: Cache) => ({ informers, nodes: cache }) as unknown as Handle;
const zones = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    node(`node-${String.fromCharCode(97 + i)}`, { labels: { zone: `zone${1 + (i >> 1)}` } }),
  );
const foo = { foo: '' };
const on = (...nodes: string[]) => nodes.map((name, i) => pod(`p-${name}-${i}`, { node: name, labels: foo }));

describe('PodTopologySpread: filter', () => {
  const refused = "node(s) didn't match pod topology spread constraints";
  const missing = `UnschedulableAndUnresolvable: ${refused} (missing required label)`;
  const constraint = (maxSkew: number, topologyKey: string, more: object = {}): Partial<Spec> => ({
    topologySpreadConstraints: [
      {
        maxSkew,
        topologyKey,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchExpressions: [{ key: 'foo', operator: 'Exists' }] },
        ...more,
      },
    ],
  });
  const filter = (spec: Partial<Spec>, others: Pod[], nodes = zones(4)) => {
    const cache = cacheOf(nodes, others);
    const plugin = podTopologySpread(defaultPluginArgs.PodTopologySpread, handleOf(cache));
    const answers = filterAll(plugin, pod('p', { labels: foo, spec }), cache.list());
    return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name.slice(-1), answer]));
  };
  test.each<[string, Partial<Spec>, string[], Record<string, string>]>([
    ['no existing pods', constraint(1, 'zone'), [], { a: 'ok', b: 'ok', c: 'ok', d: 'ok' }],
    ['pods spread 1/0', constraint(1, 'zone'), ['node-a'], { a: refused, b: refused, c: 'ok', d: 'ok' }],
    [
      'pods spread 3/3',
      constraint(1, 'zone'),
      ['node-a', 'node-a', 'node-b', 'node-c', 'node-d', 'node-d'],
      { a: 'ok', b: 'ok', c: 'ok', d: 'ok' },
    ],
    [
      'pods spread 2/1/0/3 over nodes',
      constraint(1, 'kubernetes.io/hostname'),
      ['node-a', 'node-a', 'node-b', 'node-d', 'node-d', 'node-d'],
      { a: refused, b: refused, c: 'ok', d: refused },
    ],
    [
      'the same with maxSkew 2',
      constraint(2, 'kubernetes.io/hostname'),
      ['node-a', 'node-a', 'node-b', 'node-d', 'node-d', 'node-d'],
      { a: refused, b: 'ok', c: 'ok', d: refused },
    ],
    [
      'fewer domains than minDomains',
      constraint(1, 'zone', { minDomains: 3 }),
      ['node-a', 'node-c'],
      { a: refused, b: refused, c: refused, d: refused },
    ],
    [
      'as many domains as minDomains',
      constraint(1, 'zone', { minDomains: 2 }),
      ['node-a', 'node-c'],
      { a: 'ok', b: 'ok', c: 'ok', d: 'ok' },
    ],
    ['a label that no node has', constraint(1, 'rack'), [], { a: missing, b: missing, c: missing, d: missing }],
  ])('%s', (_, spec, others, wanted) => expect(filter(spec, on(...others))).toEqual(wanted));

  test('pods of other namespaces and those that are going do not count', () => {
    const others = [
      pod('o1', { node: 'node-a', labels: foo, namespace: 'other' }),
      pod('o2', { node: 'node-a', labels: foo, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ];
    expect(filter(constraint(1, 'zone'), others)).toEqual({ a: 'ok', b: 'ok', c: 'ok', d: 'ok' });
  });

  test('nodes that the pod cannot run on do not count, unless the policy is to ignore that', () => {
    const nodeSelector = { zone: 'zone1' };
    const others = on('node-a');
    expect(filter({ nodeSelector, ...constraint(1, 'zone') }, others).a).toBe('ok');
    expect(filter({ nodeSelector, ...constraint(1, 'zone', { nodeAffinityPolicy: 'Ignore' }) }, others).a).toBe(
      refused,
    );
  });

  test('tainted nodes count unless taints are honoured', () => {
    const taints = [{ key: 't', effect: 'NoSchedule' }];
    const nodes = [
      node('node-a', { labels: { zone: 'zone1' } }),
      node('node-c', { labels: { zone: 'zone2' }, taints }),
    ];
    expect(filter(constraint(1, 'zone'), on('node-a'), nodes).a).toBe(refused);
    expect(filter(constraint(1, 'zone', { nodeTaintsPolicy: 'Honor' }), on('node-a'), nodes).a).toBe('ok');
  });

  test('matchLabelKeys: only pods with the same value count', () => {
    const others = [pod('o', { node: 'node-a', labels: { foo: '', rev: '1' } })];
    expect(filter(constraint(1, 'zone', { matchLabelKeys: ['foo'] }), others).a).toBe(refused);
    const cache = cacheOf(zones(4), others);
    const plugin = podTopologySpread(defaultPluginArgs.PodTopologySpread, handleOf(cache));
    const subject = pod('p', {
      labels: { foo: '', rev: '2' },
      spec: constraint(1, 'zone', { matchLabelKeys: ['rev'] }),
    });
    expect(filterAll(plugin, subject, cache.list())['node-a']).toBe('ok');
  });

  test('what is worked out is kept true while pods come and go on trial', () => {
    const others = on('node-a');
    const cache = cacheOf(zones(4), others);
    const plugin = podTopologySpread(defaultPluginArgs.PodTopologySpread, handleOf(cache));
    const info = new PodInfo(pod('p', { labels: foo, spec: constraint(1, 'zone') }));
    const state = new CycleState();
    plugin.preFilter!(state, info, cache.list());
    const a = cache.get('node-a')!;
    const trial = state.clone();
    expect(plugin.filter!(trial, info, a)?.message).toBe(refused);
    plugin.removePod!(trial, info, new PodInfo(others[0]!), a);
    expect(plugin.filter!(trial, info, a)).toBeUndefined();
    expect(plugin.filter!(state, info, a)?.message).toBe(refused);
    plugin.addPod!(trial, info, new PodInfo(others[0]!), a);
    expect(plugin.filter!(trial, info, a)?.message).toBe(refused);
  });
});

test('PodTopologySpread: nodes in emptier domains score higher, nodes without the label nothing', () => {
  const nodes = [...zones(4), node('node-x')];
  const cache = cacheOf(nodes, on('node-a', 'node-b', 'node-c'));
  const plugin = podTopologySpread(defaultPluginArgs.PodTopologySpread, handleOf(cache));
  const topologySpreadConstraints = [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: foo } },
  ];
  const scores = scoreAll(plugin, pod('p', { labels: foo, spec: { topologySpreadConstraints } }), cache.list());
  // Weight log(2 + 2): 2 pods score 3, 1 pod scores 1; (3 + 1 - score) / 3.
  expect(scores).toEqual({ 'node-a': 33, 'node-b': 33, 'node-c': 100, 'node-d': 100, 'node-x': 0 });
});

describe('InterPodAffinity: filter', () => {
  const term = (labels: Record<string, string>, topologyKey = 'zone', more: object = {}) => ({
    labelSelector: { matchLabels: labels },
    topologyKey,
    ...more,
  });
  const affinity = (...terms: object[]) =>
    ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } }) as Partial<Spec>;
  const anti = (...terms: object[]) =>
    ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } }) as Partial<Spec>;
  const filter = (subject: Pod, others: Pod[]) => {
    const cache = cacheOf(zones(4), others);
    const answers = filterAll(
      interPodAffinity(defaultPluginArgs.InterPodAffinity, handleOf(cache)),
      subject,
      cache.list(),
    );
    return [answers['node-a'], answers['node-c']];
  };
  const noAffinity = "UnschedulableAndUnresolvable: node(s) didn't match pod affinity rules";
  const noAnti = "node(s) didn't match pod anti-affinity rules";
  const noExisting = "node(s) didn't satisfy existing pods anti-affinity rules";
  const security = { security: 'S1' };
  const other = (more: object = {}) => pod('other', { node: 'node-a', labels: security, ...more });
  test.each<[string, Pod, Pod[], (string | undefined)[]]>([
    ['no rules', pod('p'), [other()], ['ok', 'ok']],
    ['affinity to a pod that is there', pod('p', { spec: affinity(term(security)) }), [other()], ['ok', noAffinity]],
    ['affinity to nobody', pod('p', { spec: affinity(term({ security: 'S2' })) }), [other()], [noAffinity, noAffinity]],
    [
      'the first of a series may be alone',
      pod('p', { labels: security, spec: affinity(term(security)) }),
      [],
      ['ok', 'ok'],
    ],
    [
      'all terms must be met by one pod',
      pod('p', { spec: affinity(term(security), term({ app: 'x' })) }),
      [other()],
      [noAffinity, noAffinity],
    ],
    ['anti-affinity', pod('p', { spec: anti(term(security)) }), [other()], [noAnti, 'ok']],
    [
      'anti-affinity within the node',
      pod('p', { spec: anti(term(security, 'kubernetes.io/hostname')) }),
      [other({ node: 'node-b' })],
      ['ok', 'ok'],
    ],
    [
      'another pod’s anti-affinity',
      pod('p', { labels: { app: 'x' } }),
      [other({ spec: { ...anti(term({ app: 'x' })), nodeName: 'node-a' } })],
      [noExisting, 'ok'],
    ],
    ['other namespace', pod('p', { namespace: 'ns2', spec: anti(term(security)) }), [other()], ['ok', 'ok']],
    [
      'other namespace, named',
      pod('p', { namespace: 'ns2', spec: anti(term(security, 'zone', { namespaces: ['default'] })) }),
      [other()],
      [noAnti, 'ok'],
    ],
    [
      'all namespaces by an empty selector',
      pod('p', { namespace: 'ns2', spec: anti(term(security, 'zone', { namespaceSelector: {} })) }),
      [other()],
      [noAnti, 'ok'],
    ],
  ])('%s', (_, subject, others, wanted) => expect(filter(subject, others)).toEqual(wanted));
});

test('InterPodAffinity: preferences of the pod and of others, hard affinity of others included', () => {
  const preferred = (weight: number, labels: Record<string, string>) => ({
    weight,
    podAffinityTerm: { labelSelector: { matchLabels: labels }, topologyKey: 'zone' },
  });
  const prefers = {
    affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferred(5, { security: 'S1' })] } },
  } as Partial<Spec>;
  const avoids = {
    affinity: {
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferred(5, { security: 'S1' })] },
    },
  } as Partial<Spec>;
  const others = [pod('o', { node: 'node-a', labels: { security: 'S1' } })];
  const score = (subject: Pod, existing: Pod[]) => {
    const cache = cacheOf(zones(4), existing);
    return scoreAll(interPodAffinity(defaultPluginArgs.InterPodAffinity, handleOf(cache)), subject, cache.list());
  };
  expect(score(pod('p', { spec: prefers }), others)).toEqual({
    'node-a': 100,
    'node-b': 100,
    'node-c': 0,
    'node-d': 0,
  });
  expect(score(pod('p', { spec: avoids }), others)).toEqual({ 'node-a': 0, 'node-b': 0, 'node-c': 100, 'node-d': 100 });
  const hard = {
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'zone' },
        ],
      },
    },
  } as Partial<Spec>;
  expect(
    score(pod('p', { labels: { app: 'x' } }), [pod('o', { node: 'node-c', spec: { ...hard, nodeName: 'node-c' } })]),
  ).toEqual({ 'node-a': 0, 'node-b': 0, 'node-c': 100, 'node-d': 100 });
  expect(score(pod('p'), others)).toEqual({});
});
