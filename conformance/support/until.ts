// Waiting for something to become true, in tests: asks again and again, never sleeps for a fixed time.

/**
 * Resolves with the first defined, non-false value of `probe`. Throws after `seconds`, naming `what`: the limit is for a test that
 * would hang, not a measure.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
