// The queue on a clock that stands still: order, backoff, hints, events during an attempt, gates, nominations.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Pod } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { action, assignedPodDelete, nodeAdd, type QueueingHint } from '../framework/events.ts';
import type { QueuedPod } from '../framework/pod-info.ts';
import { prioritySort } from '../plugins/priority-sort.ts';
import { schedulingGates } from '../plugins/scheduling-gates.ts';
import { node, pod } from '../testing/fixtures.ts';
import { type RegisteredHint, SchedulingQueue } from './scheduling-queue.ts';

let clock: FakeClock;
let queue: SchedulingQueue;
let nodeHint: QueueingHint;

beforeEach(() => {
  clock = new FakeClock();
  nodeHint = 'Queue';
  const gates = schedulingGates();
  const hints: RegisteredHint[] = [
    { event: { resource: 'Node', action: action.add }, plugin: 'fit', hint: () => nodeHint },
    { event: { resource: 'Pod', action: action.delete }, plugin: 'fit', hint: undefined },
    { event: { resource: 'Pod', action: action.updatePodLabel }, plugin: 'labels', hint: undefined },
    { event: { resource: 'Node', action: action.add }, plugin: 'waiter', hint: undefined },
    ...gates.events!().map(({ event, hint }) => ({ event, plugin: gates.name, hint })),
  ];
  const profiles = new Map([['default-scheduler', { preEnqueue: [gates], hints }]]);
  queue = new SchedulingQueue({ less: (a, b) => prioritySort().less!(a, b), profiles, clock });
});
afterEach(() => {
  queue.close();
  expect(clock.timers).toBe(0);
});

/** Pops a pod and sends it back, turned away by `plugins`, or failed where there are none. */
function refuse(plugins: string[] = ['fit'], pending: string[] = []): QueuedPod {
  const queued = queue.pop()!;
  queued.unschedulablePlugins = new Set(plugins);
  queued.pendingPlugins = new Set(pending);
  queue.addUnschedulable(queued);
  return queued;
}

const states = () => {
  const { active, backoff, unschedulable } = queue.counts;
  return { active, backoff, unschedulable };
};

test('the most important pod first, of equals the one that came first', async () => {
  queue.add(pod('low', { priority: 1 }));
  await clock.advance(1);
  queue.add(pod('low2', { priority: 1 }));
  queue.add(pod('high', { priority: 10 }));
  expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()].map((q) => q?.pod.metadata.name)).toEqual([
    'high',
    'low',
    'low2',
    undefined,
  ]);
});

test('a pod that was turned away waits for an event that its plugin asked for', () => {
  queue.add(pod('p'));
  refuse();
  expect(states()).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
  queue.move({ resource: 'Node', action: action.updateNodeLabel }, node('n'), node('n'));
  expect(queue.counts.unschedulable).toBe(1);
  nodeHint = 'QueueSkip';
  queue.move(nodeAdd, undefined, node('n'));
  expect(queue.counts.unschedulable).toBe(1);
  nodeHint = 'Queue';
  queue.move(nodeAdd, undefined, node('n'));
  expect(states()).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
});

test('backoff doubles from one second to ten, and ends by itself', async () => {
  queue.add(pod('p'));
  const waits: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    // Failures, unlike refusals, are never tried early.
    const began = clock.now();
    refuse([]);
    expect(queue.counts.backoff).toBe(1);
    expect(queue.pop()).toBeUndefined();
    while (queue.counts.active === 0) await clock.advance(500);
    waits.push((clock.now() - began) / 1000);
  }
  // One second more at most, because backoffs end at whole seconds.
  expect(waits.map((wait, i) => wait - Math.min(2 ** i, 10)).every((late) => late >= 0 && late <= 1.5)).toBe(true);
});

test('a refused pod in backoff is tried early where nothing else waits', () => {
  queue.add(pod('p'));
  refuse();
  queue.move(assignedPodDelete, pod('gone', { node: 'n' }), undefined);
  expect(states()).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
  expect(queue.pop()?.pod.metadata.name).toBe('p');
});

test('what happens during an attempt is not missed', () => {
  queue.add(pod('p'));
  queue.add(pod('q'));
  const first = queue.pop()!;
  const second = queue.pop()!;
  queue.move(nodeAdd, undefined, node('n'));
  expect(queue.counts).toMatchObject({ inFlight: 2, events: 1 });
  for (const queued of [first, second]) {
    queued.unschedulablePlugins = new Set(['fit']);
    queue.addUnschedulable(queued);
  }
  expect(states()).toEqual({ active: 0, backoff: 2, unschedulable: 0 });
  expect(queue.counts).toMatchObject({ inFlight: 0, events: 0 });
});

test('events before the attempt are no reason', () => {
  queue.add(pod('p'));
  queue.add(pod('q'));
  const first = queue.pop()!;
  queue.move(nodeAdd, undefined, node('n'));
  const second = queue.pop()!;
  second.unschedulablePlugins = new Set(['fit']);
  queue.addUnschedulable(second);
  expect(states()).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
  queue.done(first.info.uid);
  expect(queue.counts).toMatchObject({ inFlight: 0, events: 0 });
});

test('a plugin that waits for something has its pod tried without backoff', () => {
  queue.add(pod('p'));
  refuse([], ['waiter']);
  queue.move(nodeAdd, undefined, node('n'));
  expect(states()).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
});

test('after five minutes a pod is tried although nothing has happened', async () => {
  queue.add(pod('p'));
  refuse();
  await clock.advance(299_000);
  expect(queue.counts.unschedulable).toBe(1);
  await clock.advance(40_000);
  expect(states()).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
});

describe('gates', () => {
  const gated = (names: string[]): Pod => pod('p', { spec: { schedulingGates: names.map((name) => ({ name })) } });

  test('a gated pod is not tried until the last gate is gone', () => {
    queue.add(gated(['a', 'b']));
    expect(queue.pop()).toBeUndefined();
    queue.update(gated(['a', 'b']), gated(['b']));
    expect(queue.pop()).toBeUndefined();
    queue.update(gated(['b']), gated([]));
    expect(queue.pop()?.attempts).toBe(1);
  });

  test('other events do not touch it', () => {
    queue.add(gated(['a']));
    queue.move(nodeAdd, undefined, node('n'));
    queue.activate([gated(['a'])]);
    expect(states()).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
  });
});

test('a change of the pod itself brings it back where it matters', () => {
  const before = pod('p', { labels: { a: '1' } });
  queue.add(before);
  refuse(['labels']);
  queue.update(before, pod('p', { labels: { a: '1' }, metadata: { annotations: { x: 'y' } } }));
  expect(queue.counts.unschedulable).toBe(1);
  queue.update(before, pod('p', { labels: { a: '2' } }));
  expect(queue.counts.backoff).toBe(1);
});

test('a pod that is deleted is forgotten wherever it is', () => {
  queue.add(pod('a'));
  queue.add(pod('u'));
  queue.pop();
  refuse();
  queue.delete(pod('a'));
  queue.delete(pod('u'));
  expect(states()).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
});

test('activation does not wait for backoff', () => {
  queue.add(pod('p'));
  refuse();
  queue.activate([pod('p')]);
  expect(states()).toEqual({ active: 1, backoff: 0, unschedulable: 0 });
});

test('nominations: kept over updates that are older, dropped with the pod', () => {
  const p = pod('p');
  queue.add(p);
  const queued = refuse();
  queue.nominator.add(queued.info, 'n');
  queue.update(p, pod('p', { labels: { x: 'y' } }));
  expect(queue.nominator.nominatedPodsForNode('n').map((info) => info.key)).toEqual(['default/p']);
  queue.update(pod('p', { status: { nominatedNodeName: 'n' } }), p);
  expect(queue.nominator.nominatedPodsForNode('n')).toEqual([]);
  queue.add(pod('q', { status: { nominatedNodeName: 'm' } }));
  expect(queue.nominator.nominatedPodsForNode('m')).toHaveLength(1);
  queue.delete(pod('q'));
  expect(queue.nominator.nominatedPodsForNode('m')).toEqual([]);
});

test('whoever waits is woken by a pod, and by the end', async () => {
  const woken = queue.wait();
  queue.add(pod('p'));
  await woken;
  queue.pop();
  const ended = queue.wait();
  queue.close();
  await ended;
});
