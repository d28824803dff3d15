import { expect, test } from '@jest/globals';
import { semanticEqual } from './fields.ts';

test.each<[unknown, unknown, boolean]>([
  [undefined, {}, true],
  [null, [], true],
  [{ list: [] }, {}, true],
  [{ count: 1, name: '' }, { count: 1 }, true],
  [{ part: { count: 0 } }, {}, true],
  [{ count: 1 }, { count: 2 }, false],
  [['a', 'b'], ['b', 'a'], false],
  [{ label: '' }, {}, false],
  [{ label: '' }, undefined, false],
  [{ a: 'b', label: '' }, { a: 'b' }, false],
])('%j and %j: %s', (a, b, equal) => {
  expect(semanticEqual(a, b)).toBe(equal);
  expect(semanticEqual(b, a)).toBe(equal);
});
