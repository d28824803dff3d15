import { expect, test } from '@jest/globals';
import { fieldErrorMessage } from '../field.ts';
import { CorrelatedObject } from './correlate.ts';
import { StructuralSchema } from './structural.ts';

const schema = StructuralSchema.of({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['must'],
      properties: {
        must: { type: 'string' },
        i: { type: 'integer', format: 'int32', minimum: 1, maximum: 10, multipleOf: 2 },
        n: { type: 'number', maximum: 2.5 },
        s: { type: 'string', minLength: 2, maxLength: 4, pattern: '^a+$' },
        f: { type: 'string', format: 'date-time' },
        e: { type: 'string', enum: ['a', 'b'] },
        ei: { type: 'integer', enum: [1, 2] },
        ios: { 'x-kubernetes-int-or-string': true },
        any: { type: 'string', anyOf: [{ pattern: '^x' }, { maxLength: 1 }] },
        one: {
          type: 'object',
          properties: { a: { type: 'string' }, b: { type: 'string' } },
          oneOf: [{ required: ['a'] }, { required: ['b'] }],
        },
        not: { type: 'string', not: { enum: ['bad'] } },
        all: { type: 'integer', allOf: [{ minimum: 5 }, { multipleOf: 5 }] },
        map: { type: 'object', additionalProperties: { type: 'string', maxLength: 2 } },
        items: { type: 'array', minItems: 2, maxItems: 3, items: { type: 'integer' } },
        props: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'integer' } },
        nullable: { type: 'string', nullable: true },
        nothing: { type: 'object', additionalProperties: false },
      },
    },
  },
});

function errorsOf(spec: unknown): string[] {
  return schema.validateValues({ spec }).map(fieldErrorMessage);
}

/** Words of kube-apiserver 1.36. */
test.each<[unknown, string[]]>([
  [{ i: 'x' }, ['spec.i: Invalid value: "string": spec.i in body must be of type integer: "string"']],
  [{ i: 3 }, ['spec.i: Invalid value: 3: spec.i in body should be a multiple of 2']],
  [{ i: 12 }, ['spec.i: Invalid value: 12: spec.i in body should be less than or equal to 10']],
  [{ i: 0 }, ['spec.i: Invalid value: 0: spec.i in body should be greater than or equal to 1']],
  [
    { i: 1.5 },
    [
      'spec.i: Invalid value: "float64": spec.i in body must be of type int32: "float64"',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.i',
      'spec.i: Invalid value: 1.5: spec.i in body should be a multiple of 2',
    ],
  ],
  [
    { i: 1e20 },
    [
      'spec.i: Invalid value: "float64": spec.i in body must be of type int32: "float64"',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.i',
      'spec.i: Invalid value: 1e+20: spec.i in body should be a multiple of 2',
      'spec.i: Invalid value: 1e+20: spec.i in body should be less than or equal to 10',
    ],
  ],
  [{ n: 3 }, ['spec.n: Invalid value: 3: spec.n in body should be less than or equal to 2']],
  [{ n: 2.7 }, ['spec.n: Invalid value: 2.7: spec.n in body should be less than or equal to 2.5']],
  [{ s: 'b' }, ['spec.s: Invalid value: "b": spec.s in body should be at least 2 chars long']],
  [{ s: 'aaaaaa' }, ['spec.s: Too long: may not be more than 4 bytes']],
  [{ s: '\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}' }, ['spec.s: Too long: may not be more than 4 bytes']],
  [{ s: 'ab' }, ['spec.s: Invalid value: "ab": spec.s in body should match \'^a+$\'']],
  [{ f: 'bad' }, ['spec.f: Invalid value: "bad": spec.f in body must be of type date-time: "bad"']],
  [{ f: 5 }, ['spec.f: Invalid value: "int64": spec.f in body must be of type date-time: "int64"']],
  [{ e: 'c' }, ['spec.e: Unsupported value: "c": supported values: "a", "b"']],
  [
    { e: 5 },
    [
      'spec.e: Invalid value: "integer": spec.e in body must be of type string: "integer"',
      'spec.e: Unsupported value: 5: supported values: "a", "b"',
    ],
  ],
  [{ ei: 3 }, ['spec.ei: Unsupported value: 3: supported values: "1", "2"']],
  [{ ios: true }, ['spec.ios: Invalid value: "boolean": spec.ios in body must be of type integer,string: "boolean"']],
  [
    { any: 'yy' },
    [
      '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)',
      'spec.any: Invalid value: "yy": spec.any in body should match \'^x\'',
    ],
  ],
  [
    { one: {} },
    [
      '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid',
      'spec.one.a: Required value',
    ],
  ],
  [
    { one: { a: '1', b: '2' } },
    ['<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ],
  [{ not: 'bad' }, ['<nil>: Invalid value: "": "spec.not" must not validate the schema (not)']],
  [
    { all: 3 },
    [
      'spec.all: Invalid value: 3: spec.all in body should be greater than or equal to 5',
      'spec.all: Invalid value: 3: spec.all in body should be a multiple of 5',
      '<nil>: Invalid value: "": "spec.all" must validate all the schemas (allOf). None validated',
    ],
  ],
  [
    { map: { 'a.b': 'xxx', c: 5 } },
    [
      'spec.map.a.b: Too long: may not be more than 2 bytes',
      'spec.map.c: Invalid value: "integer": spec.map.c in body must be of type string: "integer"',
    ],
  ],
  [{ items: [1] }, ['spec.items: Invalid value: 1: spec.items in body should have at least 2 items']],
  [{ items: [1, 2, 3, 4] }, ['spec.items: Too many: 4: must have at most 3 items']],
  [{ props: {} }, ['spec.props: Invalid value: 0: spec.props in body should have at least 1 properties']],
  [{ props: { a: 1, b: 2, c: 3 } }, ['spec.props: Too many: 3: must have at most 2 items']],
  [{ nullable: null }, []],
  [{ s: null }, ['spec.s: Invalid value: "null": spec.s in body must be of type string: "null"']],
  [{ nothing: { x: 1 } }, ['spec.nothing: Invalid value: "x": spec.nothing.x in body is a forbidden property']],
  [{ i: 2, n: 2, s: 'aaa', f: '2026-01-02T03:04:05Z', ios: 'x', any: 'x', one: { a: '' }, all: 10 }, []],
])('value %j', (spec, wanted) => {
  expect(errorsOf({ must: '', ...(spec as object) })).toEqual(wanted);
});

test('what is missing and what is no object at all', () => {
  expect(errorsOf({})).toEqual(['spec.must: Required value']);
  expect(errorsOf('x')).toEqual(['spec: Invalid value: "string": spec in body must be of type object: "string"']);
  expect(schema.validateValues([]).map(fieldErrorMessage)).toEqual([
    '<nil>: Invalid value: "array":  in body must be of type object: "array"',
  ]);
});

test('status is told at its own path, in messages without it', () => {
  const status = { type: 'object', properties: { replicas: { type: 'integer' } } };
  const withStatus = StructuralSchema.of({ type: 'object', properties: { status } });
  expect(withStatus.validateStatusValues({ replicas: 'x' }).map(fieldErrorMessage)).toEqual([
    'status.replicas: Invalid value: "string": replicas in body must be of type integer: "string"',
  ]);
});

const ratcheted = StructuralSchema.of({
  type: 'object',
  properties: {
    a: { type: 'string', maxLength: 2 },
    b: { type: 'string' },
    list: { type: 'array', items: { type: 'string', maxLength: 2 } },
    map: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'string', maxLength: 2 } } },
    },
    all: { type: 'object', properties: { x: { type: 'string' } }, allOf: [{ properties: { x: { maxLength: 2 } } }] },
  },
});

/** KEP-4008: what was wrong before and is unchanged may stay. */
test.each<[string, unknown, unknown, string[]]>([
  ['an unchanged field', { a: 'xxx', b: '1' }, { a: 'xxx', b: '2' }, []],
  ['a changed field', { a: 'xxx' }, { a: 'yyy' }, ['a']],
  ['an item of a list that grows', { list: ['xxx'] }, { list: ['xxx', 'y'] }, ['list[0]']],
  ['a list as it was', { list: ['xxx'], b: '1' }, { list: ['xxx'], b: '2' }, []],
  ['an item of a map list', { map: [{ k: '1', v: 'xxx' }] }, { map: [{ k: '2' }, { k: '1', v: 'xxx' }] }, []],
  [
    'an item with another key',
    { map: [{ k: '1', v: 'xxx' }] },
    {
      map: [
        { k: '2', v: 'xxx' },
        { k: '1', v: 'xxx' },
      ],
    },
    ['map[0].v'],
  ],
  ['a schema in allOf, unchanged as a whole', { all: { x: 'xxx' }, b: '1' }, { all: { x: 'xxx' }, b: '2' }, []],
  ['a new field', { b: '1' }, { a: 'xxx', b: '1' }, ['a']],
])('ratcheting: %s', (_, old, object, wanted) => {
  const errors = ratcheted.validateValues(object, new CorrelatedObject(object, old, ratcheted.root));
  expect(errors.map(({ field }) => field)).toEqual(wanted);
});
