// The plugins that look at one node and one pod: cases of upstream's tables (pkg/scheduler/framework/plugins/*/*_test.go).
import { describe, expect, test } from '@jest/globals';
import type { Node, Pod } from '../../client/kinds.ts';
import { defaultPluginArgs } from '../config/plugin-args.ts';
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { cacheOf, filterAll, node, pod, scoreAll } from '../testing/fixtures.ts';
import { imageLocality } from './image-locality.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeDeclaredFeatures } from './node-declared-features.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';

type Spec = NonNullable<Pod['spec']>;

function filterOne(plugin: Plugin, subject: Pod, on: Node, others: readonly Pod[] = []): string {
  const result = filterAll(plugin, subject, cacheOf([on], others).list());
  return result[on.metadata.name] ?? result['*']!;
}

const affinityRefusal = "UnschedulableAndUnresolvable: node(s) didn't match Pod's node affinity/selector";
const required = (...terms: object[]): Partial<Spec> =>
  ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
  }) as Partial<Spec>;
const expression = (key: string, operator: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

describe('NodeAffinity', () => {
  const plugin = nodeAffinity({});
  test.each<[string, Partial<Spec>, Record<string, string>, string]>([
    ['no selector', {}, {}, 'ok'],
    ['missing labels', { nodeSelector: { foo: 'bar' } }, {}, affinityRefusal],
    ['same labels', { nodeSelector: { foo: 'bar' } }, { foo: 'bar' }, 'ok'],
    ['labels are a superset', { nodeSelector: { foo: 'bar' } }, { foo: 'bar', baz: 'blah' }, 'ok'],
    ['labels are a subset', { nodeSelector: { foo: 'bar', baz: 'blah' } }, { foo: 'bar' }, affinityRefusal],
    ['In', required(expression('foo', 'In', 'bar', 'value2')), { foo: 'bar' }, 'ok'],
    ['Gt', required(expression('version', 'Gt', '0204')), { version: '0206' }, 'ok'],
    ['Gt not held', required(expression('version', 'Gt', '0206')), { version: '0204' }, affinityRefusal],
    ['Lt', required(expression('version', 'Lt', '10')), { version: '9' }, 'ok'],
    ['NotIn', required(expression('mem', 'NotIn', '600', '800')), { foo: 'bar' }, 'ok'],
    ['Exists', required(expression('GPU', 'Exists')), { GPU: 'NVIDIA' }, 'ok'],
    ['DoesNotExist', required(expression('GPU', 'DoesNotExist')), { GPU: 'NVIDIA' }, affinityRefusal],
    ['no terms match nothing', required(), { foo: 'bar' }, affinityRefusal],
    ['an empty term matches nothing', required({}), { foo: 'bar' }, affinityRefusal],
    ['terms are ORed', required(expression('foo', 'In', 'x'), expression('diff', 'In', 'y')), { diff: 'y' }, 'ok'],
    [
      'selector and affinity are ANDed',
      { nodeSelector: { foo: 'bar' }, ...required(expression('a', 'Exists')) },
      { foo: 'bar' },
      affinityRefusal,
    ],
  ])('%s', (_, spec, labels, wanted) => {
    expect(filterOne(plugin, pod('p', { spec }), node('n', { labels }))).toBe(wanted);
  });

  test('a term that names nodes limits the search to them', () => {
    const field = (...values: string[]) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values }] });
    const nodes = cacheOf([node('node1'), node('node2')]).list();
    expect(filterAll(plugin, pod('p', { spec: required(field('node1')) }), nodes)).toEqual({
      node1: 'ok',
      node2: 'not looked at',
    });
    const contradiction = { matchFields: [...field('node1').matchFields, ...field('node2').matchFields] };
    expect(filterAll(plugin, pod('p', { spec: required(contradiction) }), nodes)).toEqual({
      '*': 'UnschedulableAndUnresolvable: pod affinity terms conflict',
    });
  });

  test('affinity that the profile adds is enforced too', () => {
    const addedAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [expression('zone', 'In', 'foo')] },
    };
    const enforced = nodeAffinity({ addedAffinity });
    expect(filterOne(enforced, pod('p'), node('n', { labels: { zone: 'foo' } }))).toBe('ok');
    expect(filterOne(enforced, pod('p'), node('n', { labels: { zone: 'bar' } }))).toBe(
      "UnschedulableAndUnresolvable: node(s) didn't match scheduler-enforced node affinity",
    );
  });

  test('preferred terms sum their weights, the best node gets 100', () => {
    const prefer = (weight: number, key: string, value: string) => ({
      weight,
      preference: expression(key, 'In', value),
    });
    const terms = [prefer(2, 'foo', 'bar'), prefer(4, 'key', 'value'), prefer(5, 'az', 'az1')];
    const spec = {
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } },
    } as Partial<Spec>;
    const nodes = cacheOf([
      node('node1', { labels: { foo: 'bar' } }),
      node('node5', { labels: { foo: 'bar', key: 'value', az: 'az1' } }),
      node('node2', { labels: { key: 'value', az: 'az1' } }),
    ]).list();
    expect(scoreAll(plugin, pod('p', { spec }), nodes)).toEqual({ node1: 18, node5: 100, node2: 81 });
    expect(scoreAll(plugin, pod('p'), nodes)).toEqual({});
  });
});

describe('TaintToleration', () => {
  const plugin = taintToleration();
  const refused = 'UnschedulableAndUnresolvable: node(s) had untolerated taint(s)';
  const taint = (effect: string) => ({ key: 'dedicated', value: 'user1', effect });
  test.each<[string, Spec['tolerations'], string, string]>([
    ['no tolerations', [], 'NoSchedule', refused],
    ['the same', [{ key: 'dedicated', value: 'user1', effect: 'NoSchedule' }], 'NoSchedule', 'ok'],
    [
      'another value',
      [{ key: 'dedicated', operator: 'Equal', value: 'user2', effect: 'NoSchedule' }],
      'NoSchedule',
      refused,
    ],
    ['Exists', [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }], 'NoSchedule', 'ok'],
    ['any key', [{ operator: 'Exists' }], 'NoExecute', 'ok'],
    ['another effect', [{ key: 'dedicated', value: 'user1', effect: 'NoExecute' }], 'NoSchedule', refused],
    ['no effect is any effect', [{ key: 'dedicated', value: 'user1' }], 'NoSchedule', 'ok'],
    ['what should only be avoided', [], 'PreferNoSchedule', 'ok'],
  ])('%s', (_, tolerations, effect, wanted) => {
    const subject = pod('p', { spec: { ...(tolerations === undefined ? {} : { tolerations }) } });
    expect(filterOne(plugin, subject, node('n', { taints: [taint(effect)] }))).toBe(wanted);
  });

  test('nodes with fewer taints that are not tolerated are better', () => {
    const soft = (key: string) => ({ key, value: 'v', effect: 'PreferNoSchedule' });
    const nodes = cacheOf([
      node('a'),
      node('b', { taints: [soft('cpu')] }),
      node('c', { taints: [soft('cpu'), soft('disk')] }),
    ]).list();
    const tolerations = [{ key: 'cpu', operator: 'Equal', value: 'v', effect: 'PreferNoSchedule' }];
    expect(scoreAll(plugin, pod('p', { spec: { tolerations } }), nodes)).toEqual({ a: 100, b: 100, c: 0 });
    expect(scoreAll(plugin, pod('p'), nodes)).toEqual({ a: 100, b: 50, c: 0 });
  });

  test('hints: a taint that goes is worth a try, one that stays is not', () => {
    const { hint } = plugin.events!().find(({ event }) => event.resource === 'Node')!;
    const tainted = node('n', { taints: [taint('NoSchedule')] });
    expect(hint!(pod('p'), tainted, node('n'))).toBe('Queue');
    expect(hint!(pod('p'), tainted, tainted)).toBe('QueueSkip');
    expect(hint!(pod('p'), undefined, tainted)).toBe('QueueSkip');
    expect(hint!(pod('p'), undefined, node('n'))).toBe('Queue');
  });
});

describe('NodeUnschedulable, NodeName, NodeDeclaredFeatures, SchedulingGates', () => {
  const cordoned = node('n', { unschedulable: true });
  const tolerant = pod('p', {
    spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }] },
  });
  const features = { status: { declaredFeatures: ['RestartAllContainersOnContainerExits'] } as never };
  const restarts = pod('p', {
    spec: {
      containers: [
        {
          name: 'c',
          restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [1] } }],
        },
      ],
    },
  });
  test.each<[string, Plugin, Pod, Node, string]>([
    ['cordoned', nodeUnschedulable(), pod('p'), cordoned, 'UnschedulableAndUnresolvable: node(s) were unschedulable'],
    ['cordoned and tolerated', nodeUnschedulable(), tolerant, cordoned, 'ok'],
    ['not cordoned', nodeUnschedulable(), pod('p'), node('n'), 'ok'],
    [
      'another node named',
      nodeName(),
      pod('p', { node: 'm' }),
      node('n'),
      "UnschedulableAndUnresolvable: node(s) didn't match the requested node name",
    ],
    ['this node named', nodeName(), pod('p', { node: 'n' }), node('n'), 'ok'],
    ['no node named', nodeName(), pod('p'), node('n'), 'ok'],
    [
      'feature missing',
      nodeDeclaredFeatures(),
      restarts,
      node('n'),
      "UnschedulableAndUnresolvable: node(s) didn't match Pod's required features",
    ],
    ['feature there', nodeDeclaredFeatures(), restarts, node('n', features), 'ok'],
    ['feature not needed', nodeDeclaredFeatures(), pod('p'), node('n'), 'ok'],
  ])('%s', (_, plugin, subject, on, wanted) => expect(filterOne(plugin, subject, on)).toBe(wanted));

  test('a gated pod says its gates', () => {
    const gated = pod('p', { spec: { schedulingGates: [{ name: 'foo' }, { name: 'bar' }] } });
    expect(schedulingGates().preEnqueue!(gated)?.message).toBe('waiting for scheduling gates: [foo bar]');
    expect(schedulingGates().preEnqueue!(pod('p'))).toBeUndefined();
  });
});

describe('NodePorts', () => {
  const plugin = nodePorts();
  const refused = "node(s) didn't have free ports for the requested pod ports";
  const ports = (...texts: string[]): Partial<Spec> => ({
    containers: [
      {
        name: 'c',
        ports: texts.map((text) => {
          const [protocol, hostIP, hostPort] = text.split('/');
          return { containerPort: 80, protocol: protocol!, hostIP: hostIP!, hostPort: Number(hostPort) };
        }),
      },
    ],
  });
  test.each<[string, string[], string[], string]>([
    ['nothing running', ['UDP/127.0.0.1/8080'], [], 'ok'],
    ['other port', ['UDP/127.0.0.1/8080'], ['UDP/127.0.0.1/9090'], 'ok'],
    ['same udp port', ['UDP/127.0.0.1/8080'], ['UDP/127.0.0.1/8080'], refused],
    ['same tcp port', ['TCP/127.0.0.1/8080'], ['TCP/127.0.0.1/8080'], refused],
    ['different host ip', ['TCP/127.0.0.1/8080'], ['TCP/127.0.0.2/8080'], 'ok'],
    ['different protocol', ['UDP/127.0.0.1/8080'], ['TCP/127.0.0.1/8080'], 'ok'],
    ['second port conflicts', ['UDP/127.0.0.1/8000', 'UDP/127.0.0.1/8080'], ['UDP/127.0.0.1/8080'], refused],
    ['0.0.0.0 asked for', ['TCP/0.0.0.0/8001'], ['TCP/127.0.0.1/8001'], refused],
    ['0.0.0.0 taken', ['TCP/127.0.0.1/8001'], ['TCP/0.0.0.0/8001'], refused],
    ['0.0.0.0 of another protocol', ['UDP/0.0.0.0/8001'], ['TCP/127.0.0.1/8001'], 'ok'],
  ])('%s', (_, wantedPorts, usedPorts, wanted) => {
    const others = usedPorts.length === 0 ? [] : [pod('o', { node: 'n', spec: ports(...usedPorts) })];
    expect(filterOne(plugin, pod('p', { spec: ports(...wantedPorts) }), node('n'), others)).toBe(wanted);
  });
});

test('ImageLocality: bigger images on more nodes are worth more', () => {
  const mebibyte = 1024 * 1024;
  const image = (name: string, mebibytes: number) => ({ names: [name], sizeBytes: mebibytes * mebibyte });
  const images = (...list: object[]) => ({ status: { images: list } as never });
  const cache = cacheOf([
    node('a', images(image('gcr.io/40:latest', 40), image('gcr.io/300:latest', 300))),
    node('b', images(image('gcr.io/250:latest', 250))),
  ]);
  const containers = (...names: string[]) => ({ containers: names.map((name, i) => ({ name: `c${i}`, image: name })) });
  const plugin = imageLocality({ nodes: cache });
  const score = (...names: string[]) => scoreAll(plugin, pod('p', { spec: containers(...names) }), cache.list());
  // 100 * (250/2 - 23) / (2 * 1000 - 23) = 5, and 40 MiB on one of two nodes is below the threshold.
  expect(score('gcr.io/40', 'gcr.io/250')).toEqual({ a: 0, b: 5 });
  expect(score('gcr.io/40', 'gcr.io/300')).toEqual({ a: 7, b: 0 });
  expect(score('none')).toEqual({ a: 0, b: 0 });
});

test('standard arguments are upstream’s', () => {
  expect(defaultPluginArgs.DefaultPreemption).toEqual({
    minCandidateNodesPercentage: 10,
    minCandidateNodesAbsolute: 100,
  });
  expect(defaultPluginArgs.InterPodAffinity.hardPodAffinityWeight).toBe(1);
  expect(defaultPluginArgs.VolumeBinding.bindTimeoutSeconds).toBe(600);
  expect(action.all).toBe(action.update | action.add | action.delete);
});
