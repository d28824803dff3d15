// The cache: what pods take, assumed and confirmed; images; the order of nodes over zones.
import { expect, test } from '@jest/globals';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { PodInfo } from '../framework/pod-info.ts';
import { cacheOf, node, pod } from '../testing/fixtures.ts';
import { SchedulerCache } from './cache.ts';

const taken = (cache: SchedulerCache, name: string) => {
  const { requested, pods, nonZeroMilliCPU } = cache.get(name)!;
  return [requested.milliCPU, nonZeroMilliCPU, pods.length];
};

test('an assumed pod counts at once, and once when it is confirmed', () => {
  const cache = cacheOf([node('n')]);
  const p = pod('p', { requests: { cpu: '1' } });
  cache.assumePod(new PodInfo(p), 'n');
  expect(taken(cache, 'n')).toEqual([1000, 1000, 1]);
  expect(() => cache.assumePod(new PodInfo(p), 'n')).toThrow("is in the cache, so can't be assumed");
  cache.addPod(pod('p', { requests: { cpu: '1' }, node: 'n' }));
  expect(taken(cache, 'n')).toEqual([1000, 1000, 1]);
  expect(cache.isAssumed('uid-p')).toBe(false);
  cache.forgetPod('uid-p');
  expect(taken(cache, 'n')).toEqual([1000, 1000, 1]);
  cache.removePod(pod('p', { node: 'n' }));
  expect(taken(cache, 'n')).toEqual([0, 0, 0]);
});

test('a pod that turns up on another node than was assumed moves there', () => {
  const cache = cacheOf([node('a'), node('b')]);
  cache.assumePod(new PodInfo(pod('p')), 'a');
  cache.addPod(pod('p', { node: 'b' }));
  // Nothing asked for counts as a tenth of a CPU when nodes are compared.
  expect([taken(cache, 'a'), taken(cache, 'b')]).toEqual([
    [0, 0, 0],
    [0, 100, 1],
  ]);
});

test('an assumed pod that nobody hears of expires where that is wanted', async () => {
  const clock = new FakeClock();
  const cache = new SchedulerCache({ clock, assumedPodTtlMs: 10_000 });
  cache.addNode(node('n'));
  cache.assumePod(new PodInfo(pod('p')), 'n');
  await clock.advance(60_000);
  expect(cache.isAssumed('uid-p')).toBe(true);
  cache.finishBinding('uid-p');
  await clock.advance(10_000);
  expect(cache.podCount).toBe(0);
  expect(clock.timers).toBe(0);
});

test('a node that goes is not listed, but its pods are remembered', () => {
  const cache = cacheOf([node('n'), node('m')], [pod('p', { node: 'n', requests: { cpu: '1' } })]);
  cache.removeNode('n');
  expect(cache.list().map(({ name }) => name)).toEqual(['m']);
  expect(cache.get('n')).toBeUndefined();
  cache.addNode(node('n'));
  expect(taken(cache, 'n')).toEqual([1000, 1000, 1]);
});

test('zones take turns', () => {
  const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } });
  const cache = cacheOf([
    node('a1', zone('a')),
    node('a2', zone('a')),
    node('a3', zone('a')),
    node('b1', zone('b')),
    node('c1', zone('c')),
    node('c2', zone('c')),
  ]);
  const names = () => cache.list().map(({ name }) => name);
  expect(names()).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  cache.addNode(node('a1', zone('b')));
  expect(names()).toEqual(['a2', 'b1', 'c1', 'a3', 'a1', 'c2']);
});

test('images are counted over nodes', () => {
  const images = { status: { images: [{ names: ['i:1'], sizeBytes: 7 }] } as never };
  const cache = cacheOf([node('a', images), node('b', images)]);
  expect(cache.get('a')!.images.get('i:1')!.nodes.size).toBe(2);
  cache.addNode(node('b'));
  expect(cache.get('a')!.images.get('i:1')!.nodes.size).toBe(1);
  cache.removeNode('a');
  expect(cache.get('b')!.images.size).toBe(0);
});
