// Silent nodes, zones and taints by condition, as tables (pkg/controller/nodelifecycle/node_lifecycle_controller_test.go).
import { describe, expect, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import type { Lease, Node } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { changedTaints } from '../shared/taints.ts';
import { judgeNode, type NodeHealth, zoneKeyOf, zoneStateOf } from './node-health.ts';
import { labelsToUpdate, noScheduleTaints } from './node-lifecycle.ts';
import { TaintQueue } from './taint-queue.ts';

const startMs = Date.UTC(2026, 0, 1);
const grace = { startupMs: 60_000, monitorMs: 50_000 };

function node(ready: string | undefined, heartbeatMs = startMs, more = {}): Node {
  const conditions =
    ready === undefined ? [] : [{ type: 'Ready', status: ready, lastHeartbeatTime: timestamp(heartbeatMs) }];
  const metadata = { name: 'n', uid: 'u', creationTimestamp: timestamp(startMs) };
  return { apiVersion: 'v1', kind: 'Node', metadata, status: { conditions, ...more } } as Node;
}
const lease = (ms: number): Lease =>
  ({ spec: { renewTime: `${new Date(ms).toISOString().slice(0, 23)}000Z` } }) as Lease;

describe('a node', () => {
  test.each<
    [string, number, Node, Lease | undefined, Partial<NodeHealth> | undefined, string | undefined, string | undefined]
  >([
    ['seen for the first time', 3_600_000, node('True'), undefined, undefined, 'True', undefined],
    ['never posted, in time', 60_000, node(undefined), undefined, undefined, undefined, undefined],
    ['never posted, too long', 60_001, node(undefined), undefined, undefined, 'Unknown', 'NodeStatusNeverUpdated'],
    ['posted in time', 50_000, node('True'), undefined, {}, 'True', undefined],
    ['posted too long ago', 50_001, node('True'), undefined, {}, 'Unknown', 'NodeStatusUnknown'],
    ['posted anew', 50_001, node('True', startMs + 10_000), undefined, {}, 'True', undefined],
    [
      'renewed its lease',
      50_001,
      node('True'),
      lease(startMs + 40_000),
      { renewTime: lease(startMs).spec!.renewTime },
      'True',
      undefined,
    ],
    [
      'has an old lease',
      50_001,
      node('True'),
      lease(startMs),
      { renewTime: lease(startMs).spec!.renewTime },
      'Unknown',
      'NodeStatusUnknown',
    ],
    ['not ready and silent', 50_001, node('False'), undefined, {}, 'Unknown', 'NodeStatusUnknown'],
  ])('%s', (_, afterMs, of, itsLease, before, ready, reason) => {
    const known = before && {
      probeMs: startMs,
      ready: { status: 'True', heartbeat: timestamp(startMs) },
      renewTime: undefined,
      ...before,
    };
    const { current, conditions } = judgeNode(known, of, itsLease, startMs + afterMs, grace);
    expect(current?.status).toBe(ready);
    expect(conditions?.find(({ type }) => type === 'Ready')?.reason).toBe(reason);
    if (reason !== undefined) {
      expect(conditions!.map(({ type, status }) => `${type} ${status}`).sort()).toEqual([
        'DiskPressure Unknown',
        'MemoryPressure Unknown',
        'PIDPressure Unknown',
        'Ready Unknown',
      ]);
      expect(current!.lastTransitionTime).toBe(timestamp(startMs + afterMs));
    }
  });

  test('one that is Unknown already is not written again', () => {
    const before = {
      probeMs: startMs,
      ready: { status: 'Unknown', heartbeat: timestamp(startMs) },
      renewTime: undefined,
    };
    const { current, conditions } = judgeNode(before, node('Unknown'), undefined, startMs + 100_000, grace);
    expect([current?.status, conditions]).toEqual(['Unknown', undefined]);
  });
});

test.each([
  ['TTT', 'Normal'],
  ['FFF', 'FullDisruption'],
  ['F', 'FullDisruption'],
  ['FFT', 'Normal'],
  ['FFFT', 'PartialDisruption'],
  ['FFFTTT', 'Normal'],
  ['FFFFFFTTTT', 'PartialDisruption'],
  ['', 'Normal'],
])('a zone of nodes %s is %s', (nodes, state) => {
  const ready = [...nodes].map((letter) => ({ type: 'Ready', status: letter === 'T' ? 'True' : 'False' }));
  expect(zoneStateOf(ready, 0.55)).toBe(state);
});

test('zones are told apart by region too', () => {
  const of = (labels: Record<string, string>) => zoneKeyOf({ metadata: { labels } } as unknown as Node);
  expect(of({})).toBe('');
  expect(of({ 'topology.kubernetes.io/zone': 'z' })).toBe(':\0:z');
  expect(of({ 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' })).toBe('r:\0:z');
});

test.each<[string, object, string[]]>([
  ['ready', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, []],
  ['not ready', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }, ['not-ready']],
  ['silent', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, ['unreachable']],
  [
    'short of disk and memory',
    {
      status: {
        conditions: [
          { type: 'DiskPressure', status: 'True' },
          { type: 'MemoryPressure', status: 'True' },
        ],
      },
    },
    ['disk-pressure', 'memory-pressure'],
  ],
  [
    'without a network',
    { status: { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] } },
    ['network-unavailable'],
  ],
  ['cordoned', { spec: { unschedulable: true } }, ['unschedulable']],
])('a node that is %s is to be avoided by %j', (_, of, keys) => {
  const { wanted, present } = noScheduleTaints({
    spec: { taints: [{ key: 'mine', effect: 'NoSchedule' }] },
    ...of,
  } as Node);
  expect(wanted).toEqual(keys.map((key) => ({ key: `node.kubernetes.io/${key}`, effect: 'NoSchedule' })));
  expect(present).toEqual([]);
});

test('taints change only where they must', () => {
  const a = { key: 'a', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' };
  expect(
    changedTaints([a], [{ key: 'a', effect: 'NoSchedule' }], [{ key: 'b', effect: 'NoSchedule' }]),
  ).toBeUndefined();
  expect(changedTaints([a], [{ key: 'a', effect: 'NoExecute' }], [])).toEqual([{ key: 'a', effect: 'NoExecute' }, a]);
  expect(changedTaints([a], [], [a])).toEqual([]);
});

test('labels of the operating system and processor have their older names too', () => {
  expect(
    labelsToUpdate({ 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'arm64' }),
  ).toEqual({
    'beta.kubernetes.io/os': 'linux',
  });
  expect(labelsToUpdate({})).toEqual({});
});

test('nodes are handled at the rate, in order, once', async () => {
  const clock = new FakeClock();
  const queue = new TaintQueue(0.1, clock);
  const done: string[] = [];
  const work = () =>
    queue.work(async (name) => {
      done.push(name);
      return name === 'bad' && done.length < 2 ? 0 : undefined;
    });
  for (const name of ['bad', 'b', 'c']) expect(queue.add(name)).toBe(true);
  expect(queue.add('b')).toBe(false);
  await work();
  expect(done).toEqual(['bad']);
  await clock.advance(10_000);
  await work();
  expect(done).toEqual(['bad', 'bad']);
  queue.perSecond = 0;
  await clock.advance(100_000);
  await work();
  expect(done).toEqual(['bad', 'bad']);
  queue.perSecond = 1;
  queue.remove('b');
  await clock.advance(1000);
  await work();
  expect(done).toEqual(['bad', 'bad', 'c']);
  expect(queue.add('c')).toBe(false);
  expect(queue.add('b')).toBe(true);
});
