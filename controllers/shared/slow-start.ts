// Many calls that would all fail alike are begun carefully: one, then two, then four, and so on (pkg/controller/replicaset slowStartBatch).

/** Of controllers that create Pods (controller.SlowStartInitialBatchSize). */
const firstBatch = 1;

export interface SlowStartResult {
  successes: number;
  /** The first failure; after the batch that it happened in nothing more was begun. */
  error?: unknown;
}

/** Calls `task` `count` times, in batches that double as long as none fails. `task` gets a running number from 0. */
export async function slowStartBatch(
  count: number,
  task: (index: number) => Promise<void>,
  initialBatchSize: number = firstBatch,
): Promise<SlowStartResult> {
  let begun = 0;
  let successes = 0;
  for (let size = Math.min(count, initialBatchSize); size > 0; size = Math.min(2 * size, count - begun)) {
    const from = begun;
    begun += size;
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => task(from + index)));
    const failed = results.filter((result) => result.status === 'rejected');
    successes += size - failed.length;
    if (failed.length > 0) return { successes, error: failed[0]!.reason };
  }
  return { successes };
}
