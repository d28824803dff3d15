// Values that a type of the API may be given: plausible ones, borders, and what fits the type's JSON but nothing else.
import { type Definition, dereference, type Field, type SpecialName, type Type } from '../../schemas/schemas.ts';
import type { Random } from './random.ts';

const words = [
  '',
  'a',
  'x',
  'main',
  'web',
  'Bad_',
  'two words',
  'a.example',
  'example.com/name',
  '-',
  '.',
  '..',
  '../up',
  '/a',
  '/a/../b',
  'UPPER',
  '0',
  '1',
  '-1',
  '10.1.2.3',
  '010.0.0.1',
  '127.0.0.1',
  '2001:db8::1',
  '10.0.0.0/8',
  '10.0.0.1/8',
  '2001:db8::/64',
  '*',
  '*.example.com',
  'Always',
  'None',
  'TCP',
  'cpu',
  'memory',
  'hugepages-2Mi',
  'pods',
  'metadata.name',
  'v1',
  'https://x.example/y',
  'TZ=UTC 0 0 * * *',
  '* * * * *',
  'ünïcödé',
  '\u0000',
  '\ud800',
  '😀',
  'a\nb',
  ' spaced ',
  'kubernetes.io/x',
  'x'.repeat(64),
  'x'.repeat(254),
  `${'a.'.repeat(140)}a`,
  '(a+)+$',
  'true',
  'null',
  '{}',
  '__proto__',
  'constructor',
];
const integers = [
  0, 1, 2, 3, 5, 10, 80, 100, 101, 255, 256, 511, 512, 3600, 65_535, 65_536, 86_401, -1, -2, 2_147_483_647,
  -2_147_483_648,
];
const huge = [2_147_483_648, 2 ** 53, 2 ** 63, 1e20, 1.5, -0];
const quantities = [
  '0',
  '1',
  '100m',
  '1Gi',
  '-1',
  '1.5',
  '0.5',
  '3Mi',
  '1e3',
  '1E',
  '999999999999999999999',
  '0.0000000001',
  'lots',
  '',
];
const times = [
  '2020-01-02T03:04:05Z',
  '2020-01-02T03:04:05.000006Z',
  '2020-01-02T03:04:05+02:00',
  'yesterday',
  '',
  '0001-01-01T00:00:00Z',
];

const specials: Partial<Record<SpecialName, (random: Random) => unknown>> = {
  Quantity: (random) => (random.chance(0.2) ? random.pick(integers) : random.pick(quantities)),
  Time: (random) => random.pick(times),
  MicroTime: (random) => random.pick(times),
  Duration: (random) => random.pick(['1s', '0s', '-1s', '1h1m', 'soon', '']),
  IntOrString: (random) => random.pick([0, 1, -1, 80, 65_536, '0%', '50%', '101%', 'http', 'Bad_', '', '-1%', '%']),
};

/** Any JSON that fits no schema in particular. */
export function anything(random: Random, depth = 3): unknown {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(integers);
    case 3:
      return random.pick(huge);
    case 4:
      return random.pick(words);
    case 5:
      return Array.from({ length: random.below(4) }, () => anything(random, depth - 1));
    case 6:
      return nested(random.pick([20, 200, 2000]), random.chance(0.5));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.pick(words), anything(random, depth - 1)]),
      );
  }
}

/** Lists or objects inside one another. */
function nested(depth: number, lists: boolean): unknown {
  let value: unknown = 'deep';
  for (let i = 0; i < depth; i++) value = lists ? [value] : { a: value };
  return value;
}

/** A value of the type, of which structure and JSON types are right and the rest need not be. */
export function fittingValue(random: Random, type: Type, field?: Field, depth = 3): unknown {
  const below = dereference(type);
  switch (below.kind) {
    case 'string':
      return stringOf(random, field);
    case 'bool':
      return random.chance(0.5);
    case 'int':
    case 'int32':
    case 'int64':
      return random.pick(integers);
    case 'float64':
      return random.pick([0, 0.5, -1, 100]);
    case 'bytes':
      return random.pick(['', 'AAEC', 'bm90aGluZw==']);
    case 'slice':
      return Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, () =>
        fittingValue(random, below.element, field, depth - 1),
      );
    case 'map':
      return random.chance(0.1)
        ? {}
        : { [random.pick(words.slice(1))]: fittingValue(random, below.element, field, depth - 1) };
    case 'special':
      return specials[below.special]?.(random) ?? anything(random, 1);
    case 'struct':
      return structOf(random, below.definition, depth);
    default:
      return undefined;
  }
}

function stringOf(random: Random, field: Field | undefined): string {
  const choices = field?.enum ?? field?.elementEnum;
  if (choices !== undefined && random.chance(0.75)) return random.pick(choices);
  return random.pick(words);
}

/** Every required field and a few of the others. */
function structOf(random: Random, definition: Definition, depth: number): Record<string, unknown> {
  const fields = [...definition.fields.values()];
  const chosen = fields.filter((field) =>
    field.required ? random.chance(0.95) : depth > 0 && random.chance(2.5 / fields.length),
  );
  return Object.fromEntries(chosen.map((field) => [field.name, fittingValue(random, field.type, field, depth - 1)]));
}

/** A word that may or may not be a name. */
export function word(random: Random): string {
  return random.pick(words);
}
