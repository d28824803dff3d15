import { expect, test } from '@jest/globals';
import { core } from './index.ts';
import { kindPairs } from './kind-pairs.ts';

test.each(kindPairs(import.meta.dirname, core))('$name: stored, warned of and printed as before', (pair) => {
  expect(pair.actual).toBe(pair.expected);
});
