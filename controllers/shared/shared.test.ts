// The small things that controllers share: slow start, expectations, hashes, percentages, conditions, errors.
import { describe, expect, test } from '@jest/globals';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { aggregate } from './aggregate.ts';
import { withCondition } from './conditions.ts';
import { Expectations } from './expectations.ts';
import { canonicalJSON, fnv32, fnv32a, safeEncode, templateHash } from './hash.ts';
import { scaledValue } from './int-or-string.ts';
import { podNamePrefix } from './pod-template.ts';
import { slowStartBatch } from './slow-start.ts';

describe('slow start', () => {
  test.each([
    [0, [], 0],
    [1, [1], 1],
    [10, [1, 2, 4, 3], 10],
  ])('%d calls go in batches of %j', async (count, batches, successes) => {
    const seen: number[] = [];
    let waiting = 0;
    const result = await slowStartBatch(count, async () => {
      waiting += 1;
      await Promise.resolve();
      if (waiting > 0) seen.push(waiting);
      waiting = 0;
    });
    expect(seen).toEqual(batches);
    expect(result).toEqual({ successes });
  });

  test('nothing is begun after the batch in which one failed', async () => {
    const begun: number[] = [];
    const { successes, error } = await slowStartBatch(100, async (index) => {
      begun.push(index);
      if (index === 4) throw new Error('no');
    });
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(successes).toBe(6);
    expect(error).toEqual(new Error('no'));
  });
});

test('expectations are fulfilled by what is seen, or given up after five minutes', async () => {
  const clock = new FakeClock();
  const expectations = new Expectations(clock);
  expect(expectations.satisfied('x')).toBe(true);
  expectations.expect('x', 2, ['a', 'b']);
  expectations.creationObserved('x', 2);
  expectations.deletionObserved('x', 'a');
  // The same deletion is seen twice: as an update, and at the end.
  expectations.deletionObserved('x', 'a');
  expect(expectations.satisfied('x')).toBe(false);
  expectations.deletionObserved('x', 'b');
  expect(expectations.satisfied('x')).toBe(true);
  expectations.expectCreations('x', 1);
  await clock.advance(300_000);
  expect(expectations.satisfied('x')).toBe(false);
  await clock.advance(1);
  expect(expectations.satisfied('x')).toBe(true);
});

test('hashes are those of FNV, in the letters of names', () => {
  expect(fnv32a(Buffer.from('foobar'))).toBe(0xbf9cf968);
  expect(fnv32(Buffer.from('foobar'))).toBe(0x31f0b262);
  expect(safeEncode('0123456789')).toBe('456789bcdf');
  expect(canonicalJSON({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}');
  expect(templateHash({ a: 1, b: 2 })).toBe(templateHash({ b: 2, a: 1 }));
  expect(templateHash({ a: 1 }, 1)).not.toBe(templateHash({ a: 1 }));
});

test.each([
  [3, 10, 3, 3],
  ['25%', 10, 3, 2],
  ['100%', 7, 7, 7],
  ['0%', 7, 0, 0],
])('%s of %d is %d, or %d rounded down', (value, total, up, down) => {
  expect(scaledValue(value, total, 'up')).toBe(up);
  expect(scaledValue(value, total, 'down')).toBe(down);
});

test('text that is no percentage is refused', () => {
  expect(() => scaledValue('3', 10, 'up')).toThrow('invalid type: string is not a percentage');
});

test('a condition of the same status keeps the time of its transition; the same reason keeps the list', () => {
  const before = [{ type: 'A', status: 'True', reason: 'x', lastTransitionTime: '1' }];
  expect(withCondition(before, { type: 'A', status: 'True', reason: 'x', lastTransitionTime: '2' })).toBe(before);
  expect(withCondition(before, { type: 'A', status: 'True', reason: 'y', lastTransitionTime: '2' })).toEqual([
    { type: 'A', status: 'True', reason: 'y', lastTransitionTime: '1' },
  ]);
  expect(withCondition(before, { type: 'A', status: 'False', reason: 'y', lastTransitionTime: '2' })).toEqual([
    { type: 'A', status: 'False', reason: 'y', lastTransitionTime: '2' },
  ]);
});

test('several failures are one, each message once', () => {
  const [a, b] = [new Error('a'), new Error('b')];
  expect(aggregate([])).toBeUndefined();
  expect(aggregate([a])).toBe(a);
  expect((aggregate([a, b, a]) as Error).message).toBe('[a, b]');
});

test('names of Pods begin with the owner’s name and a dash, where that leads to a name', () => {
  expect(podNamePrefix('web')).toBe('web-');
  expect(podNamePrefix('a'.repeat(254))).toBe('a'.repeat(254));
});
