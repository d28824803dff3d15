import { expect, test } from '@jest/globals';
import { JSONPath, JSONPathError } from './jsonpath.ts';

const object = {
  spec: {
    a: [{ n: 'x', v: 1 }, { n: 'y', v: 2 }, { n: 'z' }],
    'b.c': 5,
    'd-e': { f: true },
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False' },
    ],
  },
};

test.each<[string, unknown[]]>([
  ['.spec.a[0].n', ['x']],
  ['.spec.a[-1].n', ['z']],
  ['.spec.a[*].n', ['x', 'y', 'z']],
  ['.spec.a[0:2].v', [1, 2]],
  ['.spec.a[1:].n', ['y', 'z']],
  ['.spec.a[::2].n', ['x', 'z']],
  ['.spec.a[0,1].n', ['x', 'y']],
  ['.spec.b\\.c', [5]],
  ["$.spec['b\\.c']", [5]],
  ['.spec.d-e.f', [true]],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type=='Other')].status", ['False']],
  ['.status.conditions[?(@.status!="True")].type', ['Other']],
  ['.spec.a[?(@.v)].n', ['x', 'y']],
  ['.spec.a[?(@.v>1)].n', ['y']],
  ['..n', ['x', 'y', 'z']],
  ['.nope.x', []],
  ['.spec.a.n', []],
])('path %s', (path, wanted) => {
  expect(JSONPath.parse(path).find(object)).toEqual(wanted);
});

test.each<[string, string]>([
  ['.spec.a[9]', 'array index out of bounds: index 9, length 3'],
  ['.spec.a[x]', 'invalid array index x'],
  ['.spec.a[0', 'unterminated array'],
  ['.spec.d-e[0]', 'map[string]interface {} is not array or slice'],
  ['.status.conditions[?(@.type=="Ready"].x', 'unterminated filter'],
  ['.spec.a[?(@.n>1)]', 'incompatible types for comparison'],
  ['....x', 'invalid multiple recursive descent'],
  ['.spec range', 'unrecognized identifier range'],
  ['%', "unrecognized character in action: U+0025 '%'"],
])('path %s is refused', (path, message) => {
  expect(() => JSONPath.parse(path).find(object)).toThrow(new JSONPathError(message));
});

test('values print as kubectl shows them', () => {
  expect(['a<b', 5, true, { b: '<', a: [1] }, null].map((value) => JSONPath.print(value))).toEqual([
    'a<b',
    '5',
    'true',
    '{"a":[1],"b":"\\u003c"}',
    '<no value>',
  ]);
});

test('paths that multiply end', () => {
  let deep: unknown = { a: {} };
  for (let i = 0; i < 400; i++) deep = { a: deep };
  expect(() => JSONPath.parse('..a..a..a..a').find(deep)).toThrow(/more than 10000 results/);
  expect(() => JSONPath.parse(`${'[?('.repeat(100)}@.x${')]'.repeat(100)}`)).toThrow(JSONPathError);
});
