// Work by key: never twice at once, again where it was asked for meanwhile, again after a failure.
import { expect, test } from '@jest/globals';
import { KeyedQueue } from './keyed-queue.ts';

/** Runs that end when the test says so. */
function gated(): { run(key: string): Promise<void>; runs: string[]; finish(): void } {
  const waiting: (() => void)[] = [];
  const runs: string[] = [];
  return {
    runs,
    run(key) {
      runs.push(key);
      return new Promise((resolve) => waiting.push(resolve));
    },
    finish: () => waiting.shift()!(),
  };
}

test('a key that is added while it runs runs once more, whatever the number of times', async () => {
  const work = gated();
  const queue = new KeyedQueue(work.run, () => undefined);
  queue.add('a');
  for (let i = 0; i < 5; i++) queue.add('a');
  expect(work.runs).toEqual(['a']);
  work.finish();
  while (work.runs.length < 2) await null;
  work.finish();
  await queue.settled();
  expect(work.runs).toEqual(['a', 'a']);
  expect(queue.settled()).toBeUndefined();
});

test('keys run beside each other, and can be waited for one by one', async () => {
  const work = gated();
  const queue = new KeyedQueue(work.run, () => undefined);
  queue.add('a');
  queue.add('b');
  expect(work.runs).toEqual(['a', 'b']);
  work.finish();
  await queue.settled('a');
  expect(queue.settled('a')).toBeUndefined();
  expect(queue.settled('b')).toBeInstanceOf(Promise);
  work.finish();
  await queue.close();
});

test('a failed run is told and run again', async () => {
  const errors: unknown[] = [];
  let runs = 0;
  const done = new Promise<void>((resolve) => {
    const queue = new KeyedQueue(
      async () => {
        runs += 1;
        if (runs < 3) throw new Error(`run ${runs}`);
        resolve();
      },
      (key, error) => errors.push(`${key}: ${(error as Error).message}`),
    );
    queue.add('a');
  });
  await done;
  expect(errors).toEqual(['a: run 1', 'a: run 2']);
});

test('nothing runs after the end', async () => {
  const work = gated();
  const queue = new KeyedQueue(work.run, () => undefined);
  queue.add('a');
  queue.add('a');
  const closed = queue.close();
  work.finish();
  await closed;
  queue.add('b');
  expect(work.runs).toEqual(['a']);
});
