import { expect, test } from '@jest/globals';
import { semanticEqual } from './semantic-equal.ts';

test.each<[unknown, unknown, boolean]>([
  [undefined, {}, true],
  [null, [], true],
  [{ a: [] }, { b: null }, true],
  [{ a: [1] }, { a: [2] }, false],
  [{ list: [] }, {}, true],
  [{ part: { list: [] } }, { part: {} }, true],
  [{ count: 1, name: '' }, { count: 1 }, false],
  [{ part: { count: 0 } }, {}, false],
  [undefined, false, false],
  [{ count: 1 }, { count: 2 }, false],
  [['a', 'b'], ['b', 'a'], false],
  [{ label: '' }, {}, false],
  [{ label: '' }, undefined, false],
  [{ a: 'b', label: '' }, { a: 'b' }, false],
])('%j and %j: %s', (a, b, equal) => {
  expect(semanticEqual(a, b)).toBe(equal);
  expect(semanticEqual(b, a)).toBe(equal);
});
