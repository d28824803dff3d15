import { expect, test } from '@jest/globals';
import { fieldErrorMessage } from '../field.ts';
import { deducedType, scalarType } from '../managed-fields/merge-type.ts';
import type { KubeObject } from '../object.ts';
import { CustomResourceValidator } from './custom-resource.ts';
import { validateDefaults } from './defaults-validation.ts';
import { findField } from './field-path.ts';
import { schemaNode } from './schema.ts';
import { StructuralSchema } from './structural.ts';

type Props = Record<string, unknown>;

function object(properties: Props, rest: Props = {}): Props {
  return { type: 'object', properties, ...rest };
}

function ofSpec(spec: Props): StructuralSchema {
  return StructuralSchema.of(object({ spec: object(spec) }));
}

const string = { type: 'string' };
const preserve = { 'x-kubernetes-preserve-unknown-fields': true };
const embedded = { 'x-kubernetes-embedded-resource': true };

test.each<[string, Props, unknown, unknown, string[]]>([
  ['unknown fields', { a: string }, { a: 'x', b: 1 }, { a: 'x' }, ['spec.b']],
  ['in items', { l: { type: 'array', items: object({ a: string }) } }, { l: [{ b: 1 }] }, { l: [{}] }, ['spec.l[0].b']],
  [
    'known below preserved',
    { p: object({ k: object({}) }, preserve) },
    { p: { x: 1, k: { y: 2 } } },
    { p: { x: 1, k: {} } },
    ['spec.p.k.y'],
  ],
  [
    'below maps',
    { m: { type: 'object', additionalProperties: object({ a: string }) } },
    { m: { x: { b: 1 } } },
    { m: { x: {} } },
    ['spec.m.x.b'],
  ],
  [
    'any map keeps no objects',
    { m: { type: 'object', additionalProperties: true } },
    { m: { x: 1, y: { z: 1 } } },
    { m: { x: 1, y: {} } },
    ['spec.m.y.z'],
  ],
  [
    'items of a preserved list',
    { l: { type: 'array', items: { type: 'object', ...preserve } } },
    { l: [{ b: 1 }] },
    { l: [{ b: 1 }] },
    [],
  ],
])('pruning: %s', (_, spec, value, wanted, removed) => {
  const subject = { apiVersion: 'v1', kind: 'K', metadata: { x: 1 }, spec: structuredClone(value) };
  expect(ofSpec(spec).prune(subject)).toEqual(removed);
  expect(subject).toEqual({ apiVersion: 'v1', kind: 'K', metadata: { x: 1 }, spec: wanted });
});

test.each<[string, Props, unknown, unknown]>([
  ['missing', { a: { ...string, default: 'd' } }, {}, { a: 'd' }],
  ['there', { a: { ...string, default: 'd' } }, { a: '' }, { a: '' }],
  ['null where null may not be', { a: { ...string, default: 'd' } }, { a: null }, { a: 'd' }],
  ['null where it may', { a: { ...string, default: 'd', nullable: true } }, { a: null }, { a: null }],
  ['null without default', { a: string }, { a: null }, {}],
  ['within a default', { o: { ...object({ a: { ...string, default: 'd' } }), default: {} } }, {}, { o: { a: 'd' } }],
  ['not within what is missing', { o: object({ a: { ...string, default: 'd' } }) }, {}, {}],
  [
    'in items',
    { l: { type: 'array', items: object({ a: { ...string, default: 'd' } }) } },
    { l: [{}, { a: 'x' }] },
    { l: [{ a: 'd' }, { a: 'x' }] },
  ],
  [
    'in maps',
    { m: { type: 'object', additionalProperties: object({ a: { ...string, default: 'd' } }) } },
    { m: { x: {} } },
    { m: { x: { a: 'd' } } },
  ],
  ['null items stay', { l: { type: 'array', items: string } }, { l: [null] }, { l: [null] }],
])('defaults: %s', (_, spec, value, wanted) => {
  const schema = ofSpec(spec);
  const subject = { spec: structuredClone(value) };
  schema.applyDefaults(subject);
  schema.dropNulls(subject);
  expect(subject.spec).toEqual(wanted);
  schema.applyDefaults(subject);
  expect(subject.spec).toEqual(wanted);
});

test('a default is copied for each object', () => {
  const schema = ofSpec({ o: { ...object({}), ...preserve, default: { list: [] } } });
  const [one, two] = [{ spec: {} }, { spec: {} }] as { spec: { o?: { list: unknown[] } } }[];
  schema.applyDefaults(one);
  one!.spec.o!.list.push(1);
  schema.applyDefaults(two);
  expect(two).toEqual({ spec: { o: { list: [] } } });
});

test('decoding reads metadata, and that of embedded resources', () => {
  const schema = ofSpec({ e: { ...object({ spec: object({ q: string }) }), ...embedded } });
  const e = { apiVersion: 'v1', kind: 'P', metadata: { name: 'x', bar: 1 }, spec: { q: '1', r: 2 }, zz: 1 };
  const subject: Props = { metadata: { name: 'a', foo: 5 }, spec: { e } };
  expect(schema.decode(subject)).toEqual({
    unknown: ['metadata.foo', 'spec.e.spec.r', 'spec.e.zz', 'spec.e.metadata.bar'],
  });
  expect(subject).toEqual({
    metadata: { name: 'a' },
    spec: { e: { apiVersion: 'v1', kind: 'P', metadata: { name: 'x' }, spec: { q: '1' } } },
  });
});

test.each<[string, Props, string]>([
  [
    'metadata',
    { metadata: { labels: 5 } },
    'json: cannot unmarshal number into Go struct field ObjectMeta.labels of type map[string]string',
  ],
  ['a kind', { spec: { e: { kind: 5 } } }, 'spec.e.kind: Invalid value: 5: must be a string'],
  [
    'embedded metadata',
    { spec: { e: { metadata: { labels: 5 } } } },
    'spec.e.metadata: Invalid value: {"labels":5}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type map[string]string',
  ],
])('%s of a wrong type is refused, and dropped from what is stored', (_, subject, error) => {
  const schema = ofSpec({ e: { type: 'object', ...embedded, ...preserve } });
  expect(schema.decode(structuredClone(subject)).error).toBe(error);
  expect(schema.decode(subject, { stored: true }).error).toBeUndefined();
  expect(JSON.stringify(subject)).not.toContain('5');
});

test.each<[string, Props, unknown, string[]]>([
  [
    'a set',
    { l: { type: 'array', 'x-kubernetes-list-type': 'set', items: string } },
    ['a', 'b', 'a', 'a', 'b'],
    ['spec.l[2]: Duplicate value: "a"', 'spec.l[4]: Duplicate value: "b"'],
  ],
  [
    'a set of objects',
    { l: { type: 'array', 'x-kubernetes-list-type': 'set', items: object({}) } },
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    ['spec.l[1]: Duplicate value: {"b":2,"a":1}'],
  ],
  [
    'a map',
    { l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: object({}) } },
    [
      { k: 1, x: 1 },
      { k: 1, x: 2 },
    ],
    ['spec.l[1]: Duplicate value: {"k":1}'],
  ],
  [
    'a map without keys',
    { l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: object({}) } },
    [{}, null],
    ['spec.l[1]: Duplicate value: {}'],
  ],
  [
    'a map of others',
    { l: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: object({}) } },
    [1],
    ['spec.l[0]: Invalid value: 1: must be an object for an array of list-type map'],
  ],
  ['1 and "1"', { l: { type: 'array', 'x-kubernetes-list-type': 'set', items: {} } }, [1, '1', true, 'true'], []],
])('items of %s are unique', (_, spec, list, wanted) => {
  expect(
    ofSpec(spec)
      .validateListTopology({ spec: { l: list } })
      .map(fieldErrorMessage),
  ).toEqual(wanted);
});

test('a whole object is validated in order, and again when it changes', () => {
  const schema = StructuralSchema.of(
    object({
      spec: object({ n: { type: 'integer' }, s: { type: 'array', 'x-kubernetes-list-type': 'set', items: string } }),
    }),
  );
  const scale = { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n', labelSelectorPath: '.status.s' };
  const gvk = { group: 'x.example', version: 'v1', kind: 'Thing' };
  const validator = new CustomResourceValidator({ gvk, namespaced: true, schema, scale });
  const make = (spec: unknown, rest: Props = {}): KubeObject => ({
    apiVersion: 'x.example/v1',
    kind: 'Thing',
    metadata: { name: 'a', namespace: 'b', resourceVersion: '1' },
    spec,
    ...rest,
  });
  const errors = validator.validate(make({ n: -1, s: ['a', 'a'] }, { status: { n: 'x', s: 1 } }));
  expect(errors.map(fieldErrorMessage)).toEqual([
    '.spec.n: Invalid value: -1: should be a non-negative integer',
    '.status.n: Invalid value: 0: .status.n accessor error: x is of the type string, expected int64',
    '.status.s: Invalid value: "": .status.s accessor error: 1 is of the type int64, expected string',
    'spec.s[1]: Duplicate value: "a"',
  ]);
  expect(validator.validateUpdate(make({ s: ['a', 'a'], n: 1 }), make({ s: ['b', 'b'] }))).toEqual([]);
  expect(validator.validateUpdate(make({ s: ['a', 'a'] }), make({ s: ['b'] }))).toHaveLength(1);
  expect(validator.validate(make({}, { kind: 'Other' })).map(fieldErrorMessage)).toEqual([
    'kind: Invalid value: "Other": must be Thing',
  ]);
});

test.each<[string, Props, string[]]>([
  ['fits', { a: { ...string, default: 'x' } }, []],
  [
    'does not fit',
    { a: { type: 'integer', default: 'x' } },
    ['s.properties[spec].properties[a].default: Invalid value: "string": s.properties[spec].properties[a].default'],
  ],
  [
    'has unknown fields',
    { a: { ...object({ b: string }), default: { b: '', c: 1 } } },
    ['s.properties[spec].properties[a].default: Invalid value: {"b":"","c":1}: must not have unknown fields'],
  ],
])('a default that %s', (_, spec, wanted) => {
  const errors = validateDefaults(schemaNode(object({ spec: object(spec) })), 's', () => []).map(fieldErrorMessage);
  expect(
    errors.map((message) => message.replace(/: {1,2}in body.*$/, ': s.properties[spec].properties[a].default')),
  ).toEqual(wanted);
});

test('a default within metadata must give metadata', () => {
  const labels = { type: 'object', additionalProperties: string, default: { 'a b': 'c' } };
  const root = schemaNode(object({ e: { ...object({ metadata: object({ labels }) }), ...embedded } }));
  expect(validateDefaults(root, 's', () => []).map(fieldErrorMessage)).toEqual([
    expect.stringMatching(
      /^s\.properties\[e\]\.properties\[metadata\]\.properties\[labels\]\.default: Invalid value: \{"a b":"c"\}: must result in valid metadata: metadata\.labels: Invalid value: "a b": /,
    ),
  ]);
});

test.each<[string, unknown]>([
  ['.spec.a', { path: 'spec.a' }],
  [".spec['a.b']", { path: 'spec.a.b' }],
  ['.spec.m.x', { path: 'spec.m[x]' }],
  ['.spec.nope', { error: 'does not refer to a valid field' }],
  ['spec', { error: 'expected [ or . but got: spec' }],
  ['.spec[0]', { error: 'expected single quoted string but got 0' }],
  [".spec['a", { error: "expected single quoted string but got 'a" }],
  [".spec['a'x", { error: 'expected ] but got x' }],
  [".spec['\\q']", { error: 'invalid string literal: invalid escape char \\q' }],
  ['.spec.', { error: 'unexpected end of JSON path' }],
])('path of a field: %s', (path, wanted) => {
  const spec = object({ a: string, 'a.b': string, m: { type: 'object', additionalProperties: string } });
  expect(findField(path, schemaNode(object({ spec })), { allowArrayNotation: true })).toMatchObject(wanted as object);
  expect(findField(".spec['a']", schemaNode(object({ spec })), { allowArrayNotation: false })).toEqual({
    error: 'array notation is not allowed',
  });
});

test('merge types follow lists, maps and preserved fields', () => {
  const spec = object({
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: string },
    plain: { type: 'array', items: string },
    map: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: object({ k: { ...string, default: 'd' } }),
    },
    atomic: object({ a: string }, { 'x-kubernetes-map-type': 'atomic' }),
    free: object({}, preserve),
    ios: { 'x-kubernetes-int-or-string': true },
  });
  const metadata = scalarType('untyped');
  const schema = StructuralSchema.of(object({ spec }));
  const root = schema.mergeType(metadata).map!;
  const fields = root.fields.get('spec')!.type.map!.fields;
  expect(schema.mergeType(metadata)).toBe(schema.mergeType(metadata));
  expect(root.fields.get('metadata')!.type).toBe(metadata);
  expect(root.element).toBeUndefined();
  expect(fields.get('set')!.type.list).toMatchObject({ relationship: 'set', keys: [] });
  expect(fields.get('plain')!.type.list!.relationship).toBe('atomic');
  expect(fields.get('map')!.type.list).toMatchObject({ relationship: 'map', keys: ['k'] });
  expect(fields.get('map')!.type.list!.element.map!.fields.get('k')!.default).toBe('d');
  expect(fields.get('atomic')!.type.map!.atomic).toBe(true);
  expect(fields.get('free')!.type.map!.element).toBe(deducedType);
  expect(fields.get('ios')!.type.scalar).toBe('untyped');
});

test('OpenAPI v2 says less than v3', () => {
  const spec = object(
    {
      ios: { 'x-kubernetes-int-or-string': true },
      n: { ...object({ a: string }), nullable: true, default: {} },
      p: object({ a: string }, preserve),
      any: { type: 'string', anyOf: [{ pattern: 'x' }], minLength: 1 },
    },
    { required: ['n', 'any'] },
  );
  const typeMeta = { apiVersion: string, kind: string, metadata: { $ref: 'meta' } };
  const schema = StructuralSchema.of(object({ spec }));
  const v2 = schema.openAPI({ dialect: 'v2', typeMeta });
  const v3 = schema.openAPI({ dialect: 'v3', typeMeta });
  expect(v2).toEqual({
    type: 'object',
    properties: {
      ...typeMeta,
      spec: {
        type: 'object',
        required: ['any'],
        properties: {
          ios: { 'x-kubernetes-int-or-string': true },
          n: {},
          p: preserve,
          any: { type: 'string', minLength: 1 },
        },
      },
    },
  });
  expect((v3['properties'] as Props)['spec']).toEqual({
    type: 'object',
    required: ['n', 'any'],
    properties: {
      ios: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      n: { type: 'object', nullable: true, default: {}, properties: { a: string } },
      p: { type: 'object', ...preserve, properties: { a: string } },
      any: { type: 'string', anyOf: [{ pattern: 'x' }], minLength: 1 },
    },
  });
});
