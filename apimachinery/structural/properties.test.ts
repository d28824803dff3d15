// Properties that hold for any schema and any JSON: what is accepted is what has no errors, nothing throws, and reading an
// object a second time changes nothing.
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import { CorrelatedObject } from './correlate.ts';
import { StructuralSchema } from './structural.ts';
import { accepts } from './value-accepts.ts';
import { valueErrors } from './value-errors.ts';
import { valueSchema } from './value-schema.ts';

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Generator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#next() * values.length)]!;
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  json(depth: number): unknown {
    const scalars = [null, true, false, 0, 1, -1, 2.5, 1e20, 4294967296, '', 'a', 'aaa', '1.2.3.4', '\u{1f600}', '50%'];
    if (depth === 0 || this.chance(0.3)) return this.pick(scalars);
    const size = this.pick([0, 1, 2, 3]);
    if (this.chance(0.4)) return Array.from({ length: size }, () => this.json(depth - 1));
    return this.fields(() => this.json(depth - 1));
  }

  fields<T>(make: () => T): Record<string, T> {
    const names = ['a', 'b', 'c', 'apiVersion', 'kind', 'metadata', 'labels', 'toString', '__proto__'];
    const entries = names.filter(() => this.chance(0.4)).map((name) => [name, make()] as const);
    return Object.fromEntries(entries);
  }

  schema(depth: number): Record<string, unknown> {
    const schema: Record<string, unknown> = {};
    const maybe = (keyword: string, ...values: unknown[]): void => {
      if (this.chance(0.15)) schema[keyword] = this.pick(values);
    };
    if (this.chance(0.8)) schema['type'] = this.pick(['string', 'integer', 'number', 'boolean', 'object', 'array']);
    maybe('nullable', true);
    maybe('format', 'int32', 'ipv4', 'date-time', 'float', 'nonsense', 'byte', 'uri', 'email');
    maybe('enum', ['a', 1], [null], [{ a: 1 }]);
    maybe('minimum', 0, 1.5);
    maybe('maximum', 1, 2.5, 1e30);
    maybe('exclusiveMaximum', true);
    maybe('multipleOf', 2, 0.5, 0, -1);
    maybe('pattern', '^a+$', '(', '\\d');
    maybe('maxLength', 0, 2);
    maybe('minLength', 1);
    maybe('maxItems', 1);
    maybe('minProperties', 1);
    maybe('required', ['a'], ['b', 'toString']);
    maybe('default', 'a', {}, [], 0);
    maybe('x-kubernetes-int-or-string', true);
    maybe('x-kubernetes-preserve-unknown-fields', true);
    maybe('x-kubernetes-embedded-resource', true);
    maybe('x-kubernetes-list-type', 'set', 'map');
    maybe('x-kubernetes-list-map-keys', ['a'], ['a', 'b']);
    if (depth > 0) this.#below(schema, depth - 1);
    return schema;
  }

  #below(schema: Record<string, unknown>, depth: number): void {
    if (this.chance(0.6)) schema['properties'] = this.fields(() => this.schema(depth));
    if (this.chance(0.4)) schema['items'] = this.schema(depth);
    if (this.chance(0.3)) schema['additionalProperties'] = this.pick([true, false, this.schema(depth)]);
    for (const keyword of ['allOf', 'anyOf', 'oneOf'])
      if (this.chance(0.15)) schema[keyword] = [this.schema(depth), this.schema(depth)];
    if (this.chance(0.1)) schema['not'] = this.schema(depth);
  }
}

/** Not structuredClone: within jest its objects are of another realm, and so never equal. */
function clone<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const cases = 1000;

test('what is accepted is what has no errors', () => {
  let accepted = 0;
  for (let seed = 0; seed < cases; seed++) {
    const generator = new Generator(seed);
    const schema = valueSchema(generator.schema(3), { literal: generator.chance(0.2) });
    const value = generator.json(3);
    const errors = valueErrors(value, schema, '', undefined, true);
    if (accepts(value, schema) !== (errors.length === 0)) throw new Error(`seed ${seed}: ${JSON.stringify(errors)}`);
    if (errors.length === 0) accepted++;
  }
  expect(accepted).toBeGreaterThan(cases / 100);
  expect(accepted).toBeLessThan(cases / 2);
});

test('reading twice is reading once, and nothing throws', () => {
  for (let seed = 0; seed < cases; seed++) {
    const generator = new Generator(seed);
    const schema = StructuralSchema.of({ ...generator.schema(3), type: 'object' });
    const [value, old] = [generator, generator].map((one) => one.fields(() => one.json(3)));
    const read = (object: Record<string, unknown>): string | undefined => {
      schema.applyDefaults(object);
      return schema.decode(object).error;
    };
    const error = read(value!);
    const once = clone(value!);
    read(once);
    if (error === undefined && !isDeepStrictEqual(once, value))
      throw new Error(`seed ${seed}: ${JSON.stringify(value)} became ${JSON.stringify(once)}`);
    const errors = [
      ...schema.validateValues(value, new CorrelatedObject(value, old, schema.root)),
      ...schema.validateEmbedded(value),
      ...schema.validateListTopology(value),
    ];
    if (errors.some(({ field, body }) => field === '' || body.includes('undefined')))
      throw new Error(`seed ${seed}: ${JSON.stringify(errors)}`);
  }
  expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
});

test('what did not change is never refused', () => {
  for (let seed = 0; seed < cases; seed++) {
    const generator = new Generator(seed);
    const schema = StructuralSchema.of({ type: 'object', properties: { a: generator.schema(2) } });
    const value = { a: generator.json(3) };
    const errors = schema.validateValues(value, new CorrelatedObject(value, clone(value), schema.root));
    // What has no schema of its own cannot be compared, nor can items of map lists that have no keys.
    const known =
      schema.prune(clone(value)).length === 0 &&
      !/preserve|"map"|"additionalProperties":[tf]/.test(JSON.stringify(schema.props));
    if (known && errors.length > 0 && !JSON.stringify(value).match(/apiVersion|kind|metadata/))
      throw new Error(`seed ${seed}: ${JSON.stringify(errors)}`);
  }
});

test('deep values and schemas are walked to their end', () => {
  const depth = 900;
  let schema: Record<string, unknown> = { type: 'string', maxLength: 1 };
  let value: unknown = 'xx';
  for (let i = 0; i < depth; i++) {
    schema = i % 2 === 0 ? { type: 'object', properties: { a: schema } } : { type: 'array', items: schema };
    value = i % 2 === 0 ? { a: value } : [value];
  }
  const root = StructuralSchema.of({ type: 'object', properties: { a: schema } });
  const object = { a: value };
  root.applyDefaults(object);
  expect(root.decode(object)).toEqual({ unknown: [] });
  expect(root.validateListTopology(object)).toEqual([]);
  expect(root.validateValues(object, new CorrelatedObject(object, {}, root.root))).toHaveLength(1);
});

test('a million faults are told as ten thousand', () => {
  const root = StructuralSchema.of({ type: 'object', properties: { l: { type: 'array', items: { type: 'string' } } } });
  expect(root.validateValues({ l: Array.from({ length: 100_000 }, () => 1) })).toHaveLength(10_000);
});
