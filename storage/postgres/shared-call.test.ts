import { expect, test } from '@jest/globals';
import { SharedCall } from './shared-call.ts';

/** Calls that end when the test says so. */
function controlled() {
  const calls: PromiseWithResolvers<number>[] = [];
  const shared = new SharedCall(() => {
    const call = Promise.withResolvers<number>();
    calls.push(call);
    return call.promise;
  });
  return { calls, shared };
}

test('a caller never gets the result of a call that began before it asked', async () => {
  const { calls, shared } = controlled();
  const first = shared.get();
  const second = shared.get();
  const third = shared.get();
  expect(calls).toHaveLength(1);
  calls[0]!.resolve(1);
  expect(await first).toBe(1);
  // Begun for those who asked in the meantime, both of them.
  await Promise.resolve();
  expect(calls).toHaveLength(2);
  calls[1]!.resolve(2);
  expect(await Promise.all([second, third])).toEqual([2, 2]);
});

test('a failure reaches those who share the call, and nobody else', async () => {
  const { calls, shared } = controlled();
  const first = shared.get();
  const second = shared.get();
  calls[0]!.reject(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  await Promise.resolve();
  calls[1]!.resolve(2);
  expect(await second).toBe(2);
});
