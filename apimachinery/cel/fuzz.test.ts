// Whatever the text, compiling gives a program or an error of its own kind, and so does running.
import { expect, it } from '@jest/globals';
import { baseEnvironment, bindJson, CelCompileError, CelRuntimeError, dynType, listType, stringType } from './index.ts';

const words = [
  ...[
    'x',
    'list',
    'x.a',
    'list[0]',
    '1',
    '-1',
    '2u',
    '1.5',
    "'a'",
    "b'a'",
    'null',
    'true',
    '[]',
    '{}',
    '[1, 2]',
    "{'a': 1}",
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '.',
    ',',
    ':',
    '?',
    '!',
    '-',
    '+',
    '*',
    '/',
    '%',
    '==',
    '!=',
    '<',
    '>=',
    'in',
    '&&',
    '||',
  ],
  ...[
    '.all(y, ',
    '.map(y, ',
    '.exists_one(i, v, ',
    '.filter(y, ',
    'has(',
    'size(',
    'type(',
    'dyn(',
    'int(',
    'string(',
    '.?b',
  ],
  ...[
    'optional.of(',
    '.orValue(',
    '.optMap(z, ',
    '.sort()',
    '.flatten()',
    '.join()',
    '.matches(',
    '.find(',
    '.replace(',
  ],
  ...[
    "quantity('1Ki')",
    "ip('::1')",
    "url('https://a/b')",
    "semver('1.2.3')",
    "duration('1h')",
    '.split(',
    '.format([',
    '"\\',
    'é',
    '`',
    '#',
  ],
  ...[
    "timestamp('2020-01-01T00:00:00Z')",
    '.sum()',
    '.min()',
    '.transformMap(i, v, ',
    '.sortBy(y, ',
    '.substring(',
    '.indexOf(',
  ],
];

/** A generator of whole numbers below `limit`, the same for each seed. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

it('never fails otherwise, over 8,000 random expressions', () => {
  const random = randomNumbers(20_261_120);
  const environment = baseEnvironment().extend({ variables: { x: dynType, list: listType(stringType) } });
  const values = {
    x: bindJson({ a: 1, b: [1, 'a', null, { c: 1.5 }] }),
    list: bindJson(['a', 'b'], listType(stringType)),
  };
  const outcomes = { refused: 0, failed: 0, ran: 0 };
  for (let round = 0; round < 8000; round++) {
    const expression = Array.from({ length: 1 + random(7) }, () => words[random(words.length)]).join(
      random(3) ? '' : ' ',
    );
    const program = environment.compile(expression);
    if (program instanceof CelCompileError) {
      outcomes.refused++;
      continue;
    }
    expect(program.estimateCost().min).toBeGreaterThanOrEqual(0);
    try {
      program.evaluate(values);
      outcomes.ran++;
    } catch (error) {
      expect(error).toBeInstanceOf(CelRuntimeError);
      outcomes.failed++;
    }
  }
  expect(outcomes.refused).toBeGreaterThan(4000);
  expect(outcomes.ran).toBeGreaterThan(100);
  expect(outcomes.failed).toBeGreaterThan(5);
});
