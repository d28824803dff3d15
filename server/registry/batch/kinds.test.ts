import { expect, test } from '@jest/globals';
import { kindPairs } from '../core/kind-pairs.ts';
import { batch } from './index.ts';

test.each(kindPairs(import.meta.dirname, batch))('$name: stored, warned of and printed as before', (pair) => {
  expect(pair.actual).toBe(pair.expected);
});
