// What fits and how well: cases of upstream's tables (pkg/scheduler/framework/plugins/noderesources/*_test.go).
import { describe, expect, test } from '@jest/globals';
import type { Node, Pod } from '../../client/kinds.ts';
import { defaultPluginArgs, type ScoringStrategy } from '../config/plugin-args.ts';
import { podRequests } from '../framework/resources.ts';
import { cacheOf, filterAll, node, pod, scoreAll } from '../testing/fixtures.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';

const args = defaultPluginArgs.NodeResourcesFit;
const small = node('n', {
  allocatable: { cpu: '10m', memory: '20', pods: '32', 'example.com/aaa': '5', 'ephemeral-storage': '20' },
});
type Requests = Record<string, string>;

function fits(wanted: Pod, used: Requests | undefined, on: Node = small, plugin = nodeResourcesFit(args)): string {
  const others = used === undefined ? [] : [pod('other', { node: 'n', requests: used })];
  return filterAll(plugin, wanted, cacheOf([on], others).list())['n']!;
}

describe('NodeResourcesFit: filter', () => {
  test.each<[string, Requests, Requests | undefined, string]>([
    ['no resources requested always fits', {}, { cpu: '10m', memory: '20' }, 'ok'],
    [
      'too many resources fails',
      { cpu: '1m', memory: '1' },
      { cpu: '10m', memory: '20' },
      'Insufficient cpu, Insufficient memory',
    ],
    ['both fit', { cpu: '1m', memory: '1' }, { cpu: '5m', memory: '5' }, 'ok'],
    ['one does not', { cpu: '2m', memory: '1' }, { cpu: '9m', memory: '5' }, 'Insufficient cpu'],
    ['equal fits', { cpu: '5m', memory: '1' }, { cpu: '5m', memory: '19' }, 'ok'],
    ['more than the node has', { cpu: '11m' }, undefined, 'UnschedulableAndUnresolvable: Insufficient cpu'],
    ['extended resource fits', { 'example.com/aaa': '1' }, {}, 'ok'],
    ['extended resource taken', { 'example.com/aaa': '2' }, { 'example.com/aaa': '4' }, 'Insufficient example.com/aaa'],
    [
      'unknown extended resource',
      { 'example.com/bbb': '1' },
      {},
      'UnschedulableAndUnresolvable: Insufficient example.com/bbb',
    ],
    [
      'ephemeral storage',
      { 'ephemeral-storage': '10' },
      { 'ephemeral-storage': '15' },
      'Insufficient ephemeral-storage',
    ],
    ['huge pages', { 'hugepages-2Mi': '10' }, {}, 'UnschedulableAndUnresolvable: Insufficient hugepages-2Mi'],
  ])('%s', (_, wanted, used, answer) => expect(fits(pod('p', { requests: wanted }), used)).toBe(answer));

  test('too many pods', () => {
    const full = node('n', { allocatable: { pods: '1' } });
    expect(fits(pod('p'), {}, full)).toBe('Too many pods');
  });

  test('ignored resources and groups are left to others', () => {
    const wanted = pod('p', { requests: { 'example.com/bbb': '2', 'kubernetes.io/something': '10' } });
    const ignoring = nodeResourcesFit({ ...args, ignoredResources: ['example.com/bbb'] });
    const ignoringGroup = nodeResourcesFit({ ...args, ignoredResourceGroups: ['example.com'] });
    const lacking = 'UnschedulableAndUnresolvable: Insufficient kubernetes.io/something';
    expect(fits(wanted, {}, small, ignoring)).toBe(lacking);
    expect(fits(wanted, {}, small, ignoringGroup)).toBe(lacking);
  });

  test('hints: only what frees or adds something that is asked for', () => {
    const events = nodeResourcesFit(args).events!();
    const podHint = events.find(({ event }) => event.resource === 'Pod')!.hint!;
    const nodeHint = events.find(({ event }) => event.resource === 'Node')!.hint!;
    const wanted = pod('p', { requests: { cpu: '1' } });
    expect(podHint(wanted, pod('gone', { node: 'n' }), undefined)).toBe('Queue');
    expect(podHint(wanted, pod('gone'), undefined)).toBe('QueueSkip');
    const running = (cpu: string) => pod('r', { node: 'n', requests: { cpu } });
    expect(podHint(wanted, running('2'), running('1'))).toBe('Queue');
    expect(podHint(wanted, running('1'), running('2'))).toBe('QueueSkip');
    const offering = (cpu: string) => node('n', { allocatable: { cpu } });
    expect(nodeHint(wanted, undefined, offering('500m'))).toBe('QueueSkip');
    expect(nodeHint(wanted, undefined, offering('1'))).toBe('Queue');
    expect(nodeHint(wanted, offering('1'), offering('2'))).toBe('Queue');
    expect(nodeHint(wanted, offering('2'), offering('1'))).toBe('QueueSkip');
  });
});

describe('what a pod asks for', () => {
  const container = (cpu: string, more: object = {}) => ({
    name: `c${cpu}`,
    resources: { requests: { cpu } },
    ...more,
  });
  const always = { restartPolicy: 'Always' };
  test.each<[string, object, number]>([
    ['the sum of containers', { containers: [container('1'), container('2')] }, 3000],
    [
      'the most of init containers',
      { containers: [container('1')], initContainers: [container('2'), container('3')] },
      3000,
    ],
    ['sidecars with containers', { containers: [container('1')], initContainers: [container('2', always)] }, 3000],
    [
      'init containers with the sidecars before',
      { containers: [container('1')], initContainers: [container('2', always), container('4')] },
      6000,
    ],
    [
      'init containers without the sidecars after',
      { containers: [container('1')], initContainers: [container('4'), container('2', always)] },
      4000,
    ],
    ['overhead', { containers: [container('1')], overhead: { cpu: '500m' } }, 1500],
    ['what the pod says of itself', { containers: [container('1')], resources: { requests: { cpu: '5' } } }, 5000],
  ])('%s', (_, spec, wanted) => expect(podRequests(pod('p', { spec: spec as never })).get('cpu')).toBe(wanted));

  test.each<[string, object, number]>([
    [
      'is being made smaller',
      { containerStatuses: [{ name: 'c', allocatedResources: { cpu: '2' }, resources: { requests: { cpu: '2' } } }] },
      2000,
    ],
    [
      'is being made larger',
      {
        containerStatuses: [
          { name: 'c', allocatedResources: { cpu: '500m' }, resources: { requests: { cpu: '500m' } } },
        ],
      },
      1000,
    ],
    [
      'cannot be made larger',
      {
        conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }],
        containerStatuses: [
          { name: 'c', allocatedResources: { cpu: '500m' }, resources: { requests: { cpu: '500m' } } },
        ],
      },
      500,
    ],
  ])('a container that %s', (_, status, wanted) => {
    const running = pod('p', { requests: { cpu: '1' }, status: status as never });
    expect(podRequests(running, { useStatus: true }).get('cpu')).toBe(wanted);
  });
});

describe('NodeResourcesFit: score', () => {
  const nodes = (...sizes: [string, string][]) =>
    sizes.map(([cpu, memory], i) => node(`node${i + 1}`, { allocatable: { cpu, memory } }));
  const strategy = (type: ScoringStrategy['type'], shape?: [number, number][]): ScoringStrategy => ({
    type,
    resources: args.scoringStrategy.resources,
    ...(shape
      ? { requestedToCapacityRatio: { shape: shape.map(([utilization, score]) => ({ utilization, score })) } }
      : {}),
  });
  const score = (scoring: ScoringStrategy, requests: Requests, on: Node[], others: Pod[] = []) =>
    scoreAll(
      nodeResourcesFit({ ...args, scoringStrategy: scoring }),
      pod('p', { requests }),
      cacheOf(on, others).list(),
    );
  test.each<[string, ScoringStrategy, Requests, Node[], Pod[], Record<string, number>]>([
    // cpu (4000-3000)*100/4000 = 25, memory (10000-5000)*100/10000 = 50: 37; and (50 + 50) / 2.
    [
      'least allocated',
      strategy('LeastAllocated'),
      { cpu: '3', memory: '5000' },
      nodes(['4', '10000'], ['6', '10000']),
      [],
      { node1: 37, node2: 50 },
    ],
    [
      'most allocated',
      strategy('MostAllocated'),
      { cpu: '3', memory: '5000' },
      nodes(['4', '10000'], ['6', '10000']),
      [],
      { node1: 62, node2: 50 },
    ],
    [
      'ratio',
      strategy('RequestedToCapacityRatio', [
        [0, 10],
        [100, 0],
      ]),
      { cpu: '3', memory: '5000' },
      nodes(['4', '10000'], ['6', '10000']),
      [],
      { node1: 38, node2: 50 },
    ],
    [
      'with pods',
      strategy('LeastAllocated'),
      { cpu: '3', memory: '5000' },
      nodes(['10', '20000'], ['10', '20000']),
      [
        pod('a', { node: 'node1', requests: { cpu: '3', memory: '0' } }),
        pod('b', { node: 'node2', requests: { cpu: '3', memory: '5000' } }),
      ],
      { node1: 57, node2: 45 },
    ],
    [
      'more than there is',
      strategy('LeastAllocated'),
      { cpu: '3', memory: '5000' },
      nodes(['2', '10000']),
      [],
      { node1: 25 },
    ],
  ])('%s', (_, scoring, requests, on, others, wanted) => expect(score(scoring, requests, on, others)).toEqual(wanted));
});

describe('NodeResourcesBalancedAllocation', () => {
  const plugin = nodeResourcesBalancedAllocation(defaultPluginArgs.NodeResourcesBalancedAllocation);
  const on = cacheOf([
    node('node1', { allocatable: { cpu: '4', memory: '10000' } }),
    node('node2', { allocatable: { cpu: '6', memory: '10000' } }),
  ]).list();

  test('balance that gets better is worth more than 75, worse less', () => {
    // node1: 3/4 and 1/2 leave (1 - 0.125) * 100 = 87 of 100, node2: 1/2 and 1/2 are even.
    expect(scoreAll(plugin, pod('p', { requests: { cpu: '3', memory: '5000' } }), on)).toEqual({
      node1: 68,
      node2: 75,
    });
  });

  test('a pod that asks for nothing is not scored', () => expect(scoreAll(plugin, pod('p'), on)).toEqual({}));
});
