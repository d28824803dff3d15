import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition that nothing announces, looking every few milliseconds. The test's own timeout ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5);
}
