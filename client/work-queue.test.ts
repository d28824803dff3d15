// The queue: what waits once, what is given out to one only, what comes later, and how it ends.
import { describe, expect, test } from '@jest/globals';
import { defaultControllerRateLimiter, ExponentialFailureRateLimiter, TokenBucket } from './rate-limiters.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { WorkQueue } from './work-queue.ts';

function queueWithClock(): { queue: WorkQueue; clock: FakeClock } {
  const clock = new FakeClock();
  return { queue: new WorkQueue({ clock }), clock };
}

test('a key waits once however often it is added, in the order of first adds', async () => {
  const { queue } = queueWithClock();
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
  expect(queue.length).toBe(3);
  expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['a', 'b', 'c']);
});

test('a key that is worked on is not given out again before it is done', async () => {
  const { queue } = queueWithClock();
  queue.add('a');
  expect(await queue.get()).toBe('a');
  queue.add('a');
  queue.add('a');
  queue.add('b');
  expect(await queue.get()).toBe('b');
  let given: string | undefined;
  const next = queue.get().then((key) => {
    given = key;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBeUndefined();
  queue.done('a');
  await next;
  expect(given).toBe('a');
  queue.done('a');
  expect(queue.length).toBe(0);
});

test('with many workers, no key is ever in two hands, and the last add of each is always seen', async () => {
  const { queue } = queueWithClock();
  const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
  const wanted = new Map(keys.map((key) => [key, 0]));
  const seen = new Map<string, number>();
  const held = new Set<string>();
  let overlaps = 0;
  const work = async () => {
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      if (held.has(key)) overlaps += 1;
      held.add(key);
      seen.set(key, wanted.get(key)!);
      for (let i = 0; i < 3; i++) await Promise.resolve();
      held.delete(key);
      queue.done(key);
    }
  };
  const workers = Array.from({ length: 8 }, work);
  for (let i = 0; i < 2000; i++) {
    const key = keys[(i * 7) % keys.length]!;
    wanted.set(key, i);
    queue.add(key);
    if (i % 5 === 0) await Promise.resolve();
  }
  await queue.shutDownWithDrain();
  await Promise.all(workers);
  expect(overlaps).toBe(0);
  expect(seen).toEqual(wanted);
});

test('addAfter adds at its time, and the earliest of several times counts', async () => {
  const { queue, clock } = queueWithClock();
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 200);
  queue.addAfter('b', 0);
  expect(queue.length).toBe(1);
  await clock.advance(49);
  expect(queue.length).toBe(1);
  await clock.advance(1);
  expect(queue.length).toBe(2);
  await clock.advance(1000);
  expect(queue.length).toBe(2);
  expect(clock.timers).toBe(0);
});

test('failures wait longer each time until they are forgotten', async () => {
  const { queue, clock } = queueWithClock();
  const waits: number[] = [];
  for (let failure = 0; failure < 5; failure++) {
    queue.addRateLimited('a');
    waits.push(clock.nextInMs!);
    await clock.advance(clock.nextInMs!);
    queue.done((await queue.get())!);
  }
  expect(waits).toEqual([5, 10, 20, 40, 80]);
  expect(queue.numRequeues('a')).toBe(5);
  queue.forget('a');
  expect(queue.numRequeues('a')).toBe(0);
  queue.addRateLimited('a');
  expect(clock.nextInMs).toBe(5);
  queue.shutDown();
});

describe('the end', () => {
  test('shutDown drops what waits, takes nothing new, and leaves no timer', async () => {
    const { queue, clock } = queueWithClock();
    queue.add('a');
    queue.addAfter('b', 10);
    const shut = queue.shutDown();
    expect(shut).toBeUndefined();
    queue.add('c');
    expect([queue.length, clock.timers, await queue.get()]).toEqual([0, 0, undefined]);
  });

  test('a drain waits for what is worked on, and for what was added to it', async () => {
    const { queue } = queueWithClock();
    queue.add('a');
    await queue.get();
    queue.add('a');
    let drained = false;
    const drain = queue.shutDownWithDrain().then(() => {
      drained = true;
    });
    queue.done('a');
    await Promise.resolve();
    expect(drained).toBe(false);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    await drain;
    expect(await queue.get()).toBeUndefined();
  });
});

test('what is measured', async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const metrics = {
    added: () => void seen.push('added'),
    waited: (ms: number) => void seen.push(`waited ${ms}`),
    worked: (ms: number) => void seen.push(`worked ${ms}`),
    retried: () => void seen.push('retried'),
  };
  const queue = new WorkQueue({ clock, metrics });
  queue.add('a');
  await clock.advance(7);
  await queue.get();
  await clock.advance(11);
  queue.done('a');
  queue.addRateLimited('a');
  queue.shutDown();
  expect(seen).toEqual(['added', 'waited 7', 'worked 11', 'retried']);
});

test('the limits: 5 ms doubled up to 1,000 s by key, and 10 a second after 100 at once for all', () => {
  const clock = new FakeClock();
  const single = new ExponentialFailureRateLimiter(5, 1_000_000);
  const waits = Array.from({ length: 20 }, () => single.whenMs('a'));
  expect([waits[0], waits[10], waits[17], waits[18], waits[19]]).toEqual([5, 5120, 655_360, 1_000_000, 1_000_000]);
  const all = defaultControllerRateLimiter(clock);
  const many = Array.from({ length: 102 }, (_, i) => all.whenMs(`k${i}`));
  expect([many[0], many[99], many[100], many[101]]).toEqual([5, 5, 100, 200]);
  const bucket = new TokenBucket(2, 1, clock);
  expect([bucket.tryTake(), bucket.tryTake(), bucket.reserveMs()]).toEqual([true, false, 500]);
});
