// Documents as CEL sees them by their declared types, and back.
import { describe, expect, it } from '@jest/globals';
import {
  baseEnvironment,
  bindJson,
  boolType,
  bytesType,
  type CelProgram,
  type CelType,
  celToJson,
  doubleType,
  durationType,
  dynType,
  escapeFieldName,
  intType,
  listType,
  mapType,
  objectType,
  stringType,
  timestampType,
  unescapeFieldName,
} from './index.ts';

function evaluate(expression: string, value: unknown, type: CelType): unknown {
  const program = baseEnvironment()
    .extend({ variables: { self: type } })
    .compile(expression) as CelProgram;
  return celToJson(program.evaluate({ self: bindJson(value, type) }).value);
}

const self = objectType('self', {
  count: intType,
  ratio: doubleType,
  when: timestampType,
  wait: durationType,
  data: bytesType,
  'with-dash': stringType,
  namespace: stringType,
  on: boolType,
  labels: mapType(stringType, stringType),
  set: listType(stringType, { listType: 'set' }),
  ports: listType(objectType('self.ports', { name: stringType, port: intType }), {
    listType: 'map',
    listMapKeys: ['name'],
  }),
  orString: dynType,
});

describe('a bound document', () => {
  it.each<[expression: string, document: unknown, result: unknown]>([
    ['self.count + 1', { count: 1 }, 2],
    ['self.ratio * 2.0', { ratio: 1 }, 2],
    ["self.when < timestamp('2024-01-01T00:00:00Z')", { when: '2023-01-01T00:00:00Z' }, true],
    ["self.wait == duration('90m')", { wait: '1h30m' }, true],
    ["self.data == b'hi'", { data: 'aGk=' }, true],
    ['self.with__dash__dash + self.__namespace__', { 'with-dash': 'a', namespace: 'b' }, 'ab'],
    ['has(self.on)', { on: null }, false],
    ['has(self.on)', {}, false],
    ["self.labels['a/b']", { labels: { 'a/b': 'c' } }, 'c'],
    ["'__proto__' in self.labels", { labels: {} }, false],
    ["self.set == ['b', 'a']", { set: ['a', 'b'] }, true],
    ["self.set + ['a', 'c']", { set: ['a', 'b'] }, ['a', 'b', 'c']],
    [
      'self.ports == self.ports.reverse()',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 2 },
        ],
      },
      true,
    ],
    [
      '(self.ports + self.ports).size()',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 2 },
        ],
      },
      2,
    ],
    ['type(self.orString) == int ? self.orString > 1 : self.orString.endsWith("%")', { orString: '5%' }, true],
    ['self.ports.map(p, p.name)', { ports: [{ name: 'a' }] }, ['a']],
  ])('%s of %j', (expression, document, result) => {
    expect(evaluate(expression, document, self)).toEqual(result);
  });

  it('is not copied: what an expression gives back is the document', () => {
    const labels = { a: 'b' };
    expect(evaluate('self.labels', { labels }, self)).toBe(labels);
  });

  it('says what does not fit its type', () => {
    expect(() => evaluate('self.count', { count: 'x' }, self)).toThrow('invalid data, expected int, got string');
    expect(() => evaluate('self.count', {}, self)).toThrow('no such key: count');
  });

  it('reads whole numbers of untyped documents as int', () => {
    expect(evaluate('type(self.a) == int && type(self.b) == double', { a: 1, b: 1.5 }, dynType)).toBe(true);
  });
});

describe('names of fields', () => {
  it.each([
    ['a.b-c/d', 'a__dot__b__dash__c__slash__d'],
    ['a__b', 'a__underscores__b'],
    ['in', '__in__'],
    ['plain_name', 'plain_name'],
  ])('%s is %s', (name, identifier) => {
    expect(escapeFieldName(name)).toBe(identifier);
    expect(unescapeFieldName(identifier)).toBe(name);
  });

  it.each(['', '1a', 'a$b', 'é'])('%j cannot be written', (name) => {
    expect(escapeFieldName(name)).toBeUndefined();
  });
});
