import { expect, test } from '@jest/globals';
import { FakeClock } from '../client/testing/fake-clock.ts';
import { TimerWheel } from './timer-wheel.ts';

test('timers of one tick fire together, in order, never early; one timer is armed at a time', async () => {
  const clock = new FakeClock(0);
  const wheel = new TimerWheel(clock, 100);
  const fired: string[] = [];
  const set = (name: string, delayMs: number) => wheel.setTimeout(() => fired.push(`${name}@${clock.now()}`), delayMs);
  set('late', 950);
  set('b', 120);
  set('a', 130);
  const cleared = set('cleared', 140);
  set('now', 0);
  expect(clock.timers).toBe(1);
  cleared.clear();
  await clock.advance(500);
  expect(fired).toEqual(['now@0', 'b@200', 'a@200']);
  expect(clock.timers).toBe(1);
  await clock.advance(500);
  expect(fired).toContain('late@1000');
  expect(clock.timers).toBe(0);
  // One that arms itself anew.
  let count = 0;
  const again = () => {
    count += 1;
    wheel.setTimeout(again, 100);
  };
  again();
  await clock.advance(1000);
  expect(count).toBe(11);
  wheel.close();
  expect(clock.timers).toBe(0);
});
