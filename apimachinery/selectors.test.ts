import { describe, expect, test } from '@jest/globals';
import { compileFieldSelector, parseFieldSelector } from './field-selectors.ts';
import { parseLabelSelector, printLabelSelector, selectorFromLabels, selectorFromObject } from './selectors.ts';

const labels = { a: '1', b: 'two', 'x.example/c': '' };

describe('parseLabelSelector', () => {
  test.each([
    ['', true],
    ['a', true],
    ['!a', false],
    ['!z', true],
    ['a=1', true],
    ['a==1', true],
    ['a!=1', false],
    ['z!=1', true],
    ['a in (1,2)', true],
    ['a in (2)', false],
    ['a notin (1,2)', false],
    ['z notin (1)', true],
    ['x.example/c=', true],
    ['x.example/c in ()', true],
    ['a>0', true],
    ['a<1', false],
    ['b>1', false],
    ['in=1', false],
    ['a=1,b in (two , three),!z', true],
    ['a=1,b=three', false],
  ])('%s', (text, matches) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(matches);
  });

  test.each([
    ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['a in 1', "unable to parse requirement: found '1' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a=(', "unable to parse requirement: found '(', expected: identifier"],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });

  test('names the key and the value that no label can have', () => {
    expect(() => parseLabelSelector('-a=b')).toThrow(
      /^unable to parse requirement: <nil>: Invalid value: "-a": name part/,
    );
    expect(() => parseLabelSelector('a=-b')).toThrow(
      /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-b"/,
    );
  });

  test('matches objects without labels', () => {
    expect(parseLabelSelector('!a').matches(undefined)).toBe(true);
    expect(parseLabelSelector('constructor').matches({})).toBe(false);
  });

  test('prints in key order with sorted values', () => {
    expect(printLabelSelector(parseLabelSelector('z in (c,b,b),!y,a==1'))).toBe('a==1,!y,z in (b,c)');
  });
});

test('selectorFromObject', () => {
  expect(selectorFromObject(undefined).matches(labels)).toBe(false);
  expect(selectorFromObject({}).matches(labels)).toBe(true);
  const selector = selectorFromObject({
    matchLabels: { a: '1' },
    matchExpressions: [
      { key: 'b', operator: 'In', values: ['two'] },
      { key: 'z', operator: 'DoesNotExist' },
    ],
  });
  expect(selector.matches(labels)).toBe(true);
  expect(selector.matches({ a: '1', b: 'two', z: '' })).toBe(false);
  expect(() => selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Is' }] })).toThrow(
    '"Is" is not a valid label selector operator',
  );
});

test('selectorFromLabels', () => {
  expect(selectorFromLabels({ a: '1', b: 'two' }).matches(labels)).toBe(true);
  expect(selectorFromLabels({ a: '2' }).matches(labels)).toBe(false);
});

describe('parseFieldSelector', () => {
  test('terms, operators and escapes', () => {
    expect(parseFieldSelector('b!=2,a=1,c==x\\,y\\=\\\\,d=')).toEqual([
      { field: 'a', operator: '=', value: '1' },
      { field: 'b', operator: '!=', value: '2' },
      { field: 'c', operator: '=', value: 'x,y=\\' },
      { field: 'd', operator: '=', value: '' },
    ]);
    expect(parseFieldSelector('')).toEqual([]);
  });

  test.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\b', 'invalid field selector: invalid escape sequence: \\b'],
  ])('refuses %s', (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(message);
  });

  test('compiles to one function', () => {
    const matches = compileFieldSelector<Record<string, string>>(
      parseFieldSelector('a=1,b!=2'),
      (field) => (object) => object[field] ?? '',
    );
    expect(matches({ a: '1', b: '1' })).toBe(true);
    expect(matches({ a: '1', b: '2' })).toBe(false);
  });
});
