// No expression stalls the server: what it may cost, what one operation may do, and patterns that other engines backtrack in.
import { describe, expect, it } from '@jest/globals';
import {
  baseEnvironment,
  bindJson,
  CelCostLimitError,
  type CelProgram,
  CelRuntimeError,
  dynType,
  listType,
  perCallLimit,
  stringType,
} from './index.ts';

const environment = baseEnvironment().extend({
  variables: { list: listType(stringType), text: stringType, x: dynType },
});

function compile(expression: string): CelProgram {
  return environment.compile(expression) as CelProgram;
}

const list = bindJson(
  Array.from({ length: 1000 }, (_, at) => `item ${at}`),
  listType(stringType),
);

/** The limit error that an evaluation ends with. */
function limitOf(run: () => unknown): CelCostLimitError {
  try {
    run();
  } catch (error) {
    if (error instanceof CelCostLimitError) return error;
    throw error;
  }
  throw new Error('no limit was reached');
}

describe('the cost of an evaluation', () => {
  it.each([
    ['x', 1],
    ['x.a.b', 3],
    ['has(x.a.b)', 2],
    ['x.a == x.a', 5],
    ["'a' in list", 1001],
    ['list.all(i, true)', 3002],
    ['[x, x]', 12],
    ['[1, 2]', 0],
    ["{'a': x}", 31],
    ['x in [1, 2]', 1],
    ["duration('1h') == duration('60m')", 1],
    ['x.c ? x.a : x.d', 3],
    ['list[0]', 2],
    ['list.map(i, i).size()', 13_003],
    ["'aaaaaaaaaaaaaaaaaaaa'.contains('aaaaaaaaaaaaaaa')", 4],
    ["'aaaaaaaaaaaaaaaaaaaa'.matches('aaaaaaaaaaaaaaa')", 12],
  ])('%s costs %d', (expression, cost) => {
    const x = bindJson({ a: { b: 1 }, c: true });
    expect(compile(expression).evaluate({ list, x }).cost).toBe(cost);
  });

  it('is limited to 1,000,000 for a call, however much the caller allows', () => {
    const nested = compile('list.all(a, list.all(b, list.all(c, list.all(d, a != b || c != d || true))))');
    const error = limitOf(() => nested.evaluate({ list }, { costLimit: 1e12 }));
    expect(error.message).toBe('operation cancelled: actual cost limit exceeded');
    expect(error.cost).toBeGreaterThan(perCallLimit);
    expect(error.cost).toBeLessThan(perCallLimit + 1000);
  });

  it('is limited further by the caller', () => {
    const program = compile('list.all(a, a.size() > 0)');
    const { cost } = program.evaluate({ list });
    expect(program.evaluate({ list }, { costLimit: cost }).value).toBe(true);
    expect(limitOf(() => program.evaluate({ list }, { costLimit: cost - 1 })).cost).toBe(cost);
  });

  it('is not absorbed by || or all', () => {
    const program = compile('list.all(a, list.all(b, list.all(c, true))) || true');
    expect(limitOf(() => program.evaluate({ list }))).toBeInstanceOf(CelCostLimitError);
  });
});

describe('work that costs do not count', () => {
  it('ends: a list that doubles', () => {
    const doubling = compile('list.slice(0, 30).map(i, list).flatten().map(i, list).flatten().size() > 0');
    expect(limitOf(() => doubling.evaluate({ list }))).toBeInstanceOf(CelCostLimitError);
  });

  it('ends: two lists that are shared on every level', () => {
    const level = (depth: number, inner: string): string => (depth === 0 ? inner : `[${inner}].map(v, [v, v])[0]`);
    const build = Array.from({ length: 28 }).reduce<string>((inner) => level(1, inner), 'dyn(list)');
    const program = compile(`${build} == ${build}`);
    expect(() => program.evaluate({ list })).toThrow(CelRuntimeError);
  });

  it('ends: text that grows without bound', () => {
    const grow = "text.replace('', text).replace('', text).replace('', text).size() > 0";
    expect(() => compile(grow).evaluate({ text: 'a'.repeat(1000) })).toThrow(CelRuntimeError);
  });

  it('ends: a range of a trillion', () => {
    expect(limitOf(() => compile('lists.range(1000000000000).size() > 0').evaluate({}))).toBeInstanceOf(
      CelCostLimitError,
    );
  });
});

describe('compiling', () => {
  it('ends: a chain of optMap, which doubles with each link', () => {
    const program = environment.compile(`optional.of(1)${'.optMap(v, v)'.repeat(60)}.hasValue()`);
    expect(program).toMatchObject({ message: expect.stringContaining('optMap() target is too large') });
  });

  it('takes thousands of free types', () => {
    const program = compile(Array(9000).fill('[]==[]').join('||'));
    expect(program.evaluate({}).value).toBe(true);
  });
});

describe('patterns', () => {
  it.each(['(a+)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(a|a)*b', '(.*)*x', '(a|b|ab)*bc', 'a.{40}c'])(
    '%s takes time linear in the text',
    (pattern) => {
      const program = compile(`text.matches(r'${pattern}')`);
      expect(program.evaluate({ text: `${'a'.repeat(20_000)}!` }).value).toBe(false);
    },
  );

  it('cannot be larger than RE2 allows', () => {
    expect(environment.compile("'a'.matches('((a{100}){100}){100}')")).toMatchObject({
      message: expect.stringContaining('invalid matches argument'),
    });
  });
});
