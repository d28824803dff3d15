// The storage contract as tests: every backend passes all of them.
import { describe, jest } from '@jest/globals';
import type { StorageBackend } from './backend.ts';
import { describeCompaction } from './compaction.ts';
import { describeConcurrency } from './concurrency.ts';
import { describeLists } from './lists.ts';
import { describeWatches } from './watches.ts';
import { describeWrites } from './writes.ts';

/** Call it at the top of a test file, once. */
export function describeStorageContract(backend: StorageBackend): void {
  // No test waits for time to pass; this is for machines under load.
  jest.setTimeout(60_000);
  describe(`the storage contract on ${backend.name}`, () => {
    describeWrites(backend);
    describeLists(backend);
    describeWatches(backend);
    describeCompaction(backend);
    describeConcurrency(backend);
  });
}
