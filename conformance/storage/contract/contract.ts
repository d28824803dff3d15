// The storage contract as tests: every backend passes all of them.
import { describe } from '@jest/globals';
import type { StorageBackend } from './backend.ts';
import { describeCompaction } from './compaction.ts';
import { describeLists } from './lists.ts';
import { describeWatches } from './watches.ts';
import { describeWrites } from './writes.ts';

/** Call it at the top of a test file, once. */
export function describeStorageContract(backend: StorageBackend): void {
  describe(`the storage contract on ${backend.name}`, () => {
    describeWrites(backend);
    describeLists(backend);
    describeWatches(backend);
    describeCompaction(backend);
  });
}
