// The loop around reconcile: errors, retries, times, the end.
import { expect, test } from '@jest/globals';
import { newConflict } from '../apimachinery/status.ts';
import { Controller, type ControllerOptions } from './controller.ts';
import { silentLog } from './testing/clients.ts';
import { FakeClock } from './testing/fake-clock.ts';

function controllerOf(reconcile: ControllerOptions['reconcile'], more: Partial<ControllerOptions> = {}) {
  const clock = new FakeClock();
  const controller = new Controller({ name: 'test', log: silentLog, clock, reconcile, ...more });
  return { clock, controller };
}

test('what fails or panics is tried again, later each time, and is forgotten when it succeeds', async () => {
  const at: number[] = [];
  const failures = [new Error('no'), newConflict({ group: '', resource: 'pods' }, 'a', 'changed'), undefined];
  const { clock, controller } = controllerOf((): Promise<void> => {
    at.push(clock.now());
    const failure = failures[at.length - 1];
    // Not a rejection: what throws at once is caught too.
    if (failure !== undefined) throw failure;
    return Promise.resolve();
  });
  await controller.start();
  controller.enqueue('a');
  await clock.advance(100);
  expect(at.map((ms) => ms - at[0]!)).toEqual([0, 5, 15]);
  expect(controller.queue.numRequeues('a')).toBe(0);
  await controller.stop();
  expect(clock.timers).toBe(0);
});

test('requeueAfterMs looks again without counting a failure', async () => {
  let calls = 0;
  const { clock, controller } = controllerOf(async () => (++calls < 3 ? { requeueAfterMs: 1000 } : undefined));
  await controller.start();
  controller.enqueue('a');
  await clock.advance(999);
  expect(calls).toBe(1);
  await clock.advance(5000);
  expect(calls).toBe(3);
  await controller.stop();
});

test('after maxRetries a key is let go until something happens to it', async () => {
  let calls = 0;
  const reconcile = async () => {
    calls += 1;
    throw new Error('never');
  };
  const { clock, controller } = controllerOf(reconcile, { maxRetries: 3 });
  await controller.start();
  controller.enqueue('a');
  await clock.advance(1_000_000);
  expect(calls).toBe(4);
  controller.enqueue('a');
  await clock.advance(0);
  expect(calls).toBe(5);
  await controller.stop();
});

test('stop aborts the signal and waits for what is under way, within limits', async () => {
  const under = Promise.withResolvers<void>();
  let aborted = false;
  const { clock, controller } = controllerOf((key, signal) => {
    signal.addEventListener('abort', () => {
      aborted = true;
      if (key === 'polite') under.resolve();
    });
    return under.promise;
  });
  await controller.start();
  controller.enqueue('rude');
  await clock.advance(0);
  let stopped = false;
  const stop = controller.stop().then(() => {
    stopped = true;
  });
  await clock.advance(4999);
  expect([aborted, stopped]).toEqual([true, false]);
  await clock.advance(1);
  await stop;
  under.resolve();
});
