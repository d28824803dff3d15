// Estimates as upstream's own tests of its libraries have them (apiserver pkg/cel/library/cost_test.go), and from the bounds of
// declared types.
import { describe, expect, it } from '@jest/globals';
import {
  baseEnvironment,
  boundedString,
  type CelProgram,
  dynType,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
} from './index.ts';

const constants: [expression: string, min: number, max: number][] = [
  ["'ABCDEFGHIJ abcdefghij'.lowerAscii()", 3, 3],
  ["'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()", 7, 9],
  ["'ABCDEFGHIJ abcdefghij'.upperAscii()", 3, 3],
  ["'ABCDEFGHIJ abcdefghij'.upperAscii() == 'abcdefghij ABCDEFGHIJ'.upperAscii()", 7, 9],
  ["strings.quote('ABCDEFGHIJ abcdefghij')", 3, 3],
  ["strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')", 7, 11],
  ["'abc 123 def 123'.replace('123', '456')", 3, 3],
  ["'abc 123 def 123'.split(' ')", 3, 3],
  ["'abc 123 def 123'.substring(5)", 2, 2],
  ["'  abc 123 def 123  '.trim()", 2, 2],
  ["'abc 123 def 123'.find('123')", 2, 2],
  ["'abc 123 def 123'.findAll('123')", 2, 2],
  ['quantity("12Mi")', 1, 1],
  ['isQuantity("20")', 1, 1],
  ['quantity("200M") == quantity("200M")', 3, 3],
  ['quantity("200M") == quantity("0.2G") && quantity("0.2G") == quantity("200M")', 3, 6],
  [
    'quantity("2M") == quantity("0.002G") && quantity("2000k") == quantity("2M") && quantity("0.002G") == quantity("2000k")',
    3,
    9,
  ],
  ['quantity("200M").compareTo(quantity("0.2G")) > 0', 4, 4],
  ['quantity("50k").add(quantity("20")) == quantity("50.02k")', 5, 5],
  ['quantity("50k").add(20).sub(quantity("100k")).asInteger() > 0', 6, 6],
  ['quantity("50k").add(20).sub(quantity("100k")).sub(-50000).asInteger() > 0', 7, 7],
  ['quantity("50").isInteger()', 2, 2],
  ['format.named("dns1123subdomain")', 1, 1],
  ['format.named("dns1123Subdomain").value().validate("my-name")', 34, 34],
  ['format.named("dns1123Label").value() == format.named("dns1123Label").value()', 5, 11],
  ['sets.contains([], [])', 21, 21],
  ['sets.contains([1], [1])', 22, 22],
  ['sets.contains([1], [1, 1])', 23, 23],
  ['sets.contains([1, 2, 3, 4], [2, 3])', 29, 29],
  ['!sets.contains([1], [2])', 23, 23],
  ['!sets.contains([1], [1, 2])', 24, 24],
  ['sets.equivalent([], [])', 21, 21],
  ['sets.equivalent([1], [1])', 23, 23],
  ['sets.equivalent([1], [1, 1])', 25, 25],
  ['!sets.equivalent([2, 1], [1])', 26, 26],
  ['sets.intersects([1], [1])', 22, 22],
  ['sets.intersects([1], [1, 1])', 23, 23],
  ['!sets.intersects([], [])', 22, 22],
  ['!sets.intersects([1], [2])', 23, 23],
  ['semver("1234.56789012345.67890123456789")', 4, 4],
  ['isSemver("1234.56789012345.67890123456789")', 4, 4],
  ['semver("1.2.3").major()', 2, 2],
  ["{'a': 1, 'b': 2}.all(k, v, v > 0)", 37, 41],
  ["{'a': 1, 'b': 2}.exists(k, v, v > 0)", 39, 43],
  ["{'a': 1, 'b': 2}.existsOne(k, v, v > 0)", 38, 40],
  ["{'a': 1, 'b': 2}.transformMap(k, v, v + 1)", 71, 71],
  ["{'a': 1, 'b': 2}.transformMap(k, v, v < 5, v + 1)", 67, 75],
  ["{'a': 1, 'b': 2}.transformMapEntry(k, v, {k: v + 1})", 131, 131],
  ["{'a': 1, 'b': 2}.transformMapEntry(k, v, v < 5, {k: v + 1})", 67, 135],
  ['[1, 2].all(i, v, v > 0)', 17, 21],
  ['[1, 2].exists(i, v, v > 0)', 19, 23],
  ['[1, 2].existsOne(i, v, v > 0)', 18, 20],
  ['[1, 2].transformList(i, v, v + 1)', 49, 49],
  ['[1, 2].transformList(i, v, v < 5, v + 1)', 27, 53],
];

const self = objectType('self', {
  text: boundedString(100),
  any: stringType,
  list: listType(boundedString(10), { maxElements: 20 }),
  map: mapType(boundedString(5), intType, { maxElements: 8 }),
  nested: listType(listType(intType, { maxElements: 7 }), { maxElements: 6 }),
});

const environment = baseEnvironment().extend({ variables: { self, other: dynType } });

function estimate(expression: string): { min: number; max: number } {
  return (environment.compile(expression) as CelProgram).estimateCost();
}

describe('an estimate', () => {
  it.each(constants)('%s', (expression, min, max) => {
    expect(estimate(expression)).toEqual({ min, max });
  });

  it.each([
    ['self.text.matches("abcd")', 3, 13],
    ['self.text == self.text', 5, 14],
    ['self.list.all(x, x.size() > 0)', 3, 123],
    ['self.list.exists(x, x == self.text)', 3, 163],
    ['self.map.all(k, k != "a")', 3, 43],
    ['self.nested.all(x, x.all(y, y > 0))', 3, 243],
    ['self.list.map(x, x + "a").size() > 0', 15, 315],
    ['has(self.text) && self.text.startsWith("ab")', 1, 4],
    ['self.text in self.list', 4, 24],
  ])('of bounded types: %s', (expression, min, max) => {
    expect(estimate(expression)).toEqual({ min, max });
  });

  it('has no bound where the type has none', () => {
    expect(estimate('self.any.contains(self.any)').max).toBe(2 ** 64);
    expect(estimate('other.all(x, x)').max).toBe(2 ** 64);
  });
});
