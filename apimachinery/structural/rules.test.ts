import { expect, test } from '@jest/globals';
import { fieldErrorMessage } from '../field.ts';
import type { KubeObject } from '../object.ts';
import { CustomResourceValidator } from './custom-resource.ts';
import { newCostBudget, RuleValidator } from './rules.ts';
import { type SchemaNode, schemaNode } from './schema.ts';
import { StructuralSchema } from './structural.ts';

type Props = Record<string, unknown>;

const text = { type: 'string', maxLength: 64 };

function rules(...validations: Props[]): Props {
  return { 'x-kubernetes-validations': validations };
}

const mapItems = {
  type: 'object',
  required: ['k'],
  ...rules(
    { rule: '!has(self.v) || !has(oldSelf.v) || self.v >= oldSelf.v', message: 'v must not decrease' },
    { rule: '!has(self.v) || self.v < 100' },
  ),
  properties: { k: text, v: { type: 'integer' } },
};

const schema = StructuralSchema.of({
  type: 'object',
  ...rules({ rule: "self.metadata.name != 'forbidden'", message: 'name must not be forbidden' }),
  properties: {
    spec: {
      type: 'object',
      ...rules(
        {
          rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
          messageExpression: "'min over max: ' + (self.min > 5 ? 'much' : 'little')",
        },
        {
          rule: '!has(self.im) || self.im == oldSelf.im',
          message: 'im is immutable',
          fieldPath: '.im',
          reason: 'FieldValueForbidden',
        },
      ),
      properties: {
        min: { type: 'integer' },
        max: { type: 'integer' },
        im: { ...text, ...rules({ rule: 'self == oldSelf', message: 'immutable' }) },
        r: { ...text, ...rules({ rule: "self.matches('^a')", reason: 'FieldValueRequired' }) },
        d: { ...text, ...rules({ rule: "self != 'dup'", reason: 'FieldValueDuplicate', message: 'dup' }) },
        list: { type: 'array', maxItems: 10, items: { ...text, ...rules({ rule: "self.startsWith('a')" }) } },
        map: {
          type: 'array',
          maxItems: 10,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: mapItems,
        },
        m: {
          type: 'object',
          maxProperties: 10,
          additionalProperties: { type: 'integer', ...rules({ rule: 'self > 0', message: 'must be positive' }) },
        },
        opt: {
          ...text,
          ...rules({
            rule: "oldSelf.hasValue() ? self == oldSelf.value() : self == 'first'",
            optionalOldSelf: true,
            message: 'opt',
          }),
        },
        ios: { 'x-kubernetes-int-or-string': true, ...rules({ rule: "self < 5 || self == '50%'" }) },
        div: { type: 'integer', ...rules({ rule: '10 / self > 1' }) },
        key: { type: 'object', additionalProperties: text, ...rules({ rule: "self['need'] == 'x'" }) },
        message: {
          type: 'integer',
          ...rules(
            { rule: 'self == 1', messageExpression: "1 / (self - 2) > 0 ? 'a' : 'b'" },
            { rule: 'self == 1', messageExpression: "''", message: 'fallback' },
          ),
        },
        date: {
          type: 'string',
          format: 'date-time',
          ...rules({ rule: "self > timestamp('2026-01-01T00:00:00Z')" }),
        },
        set: {
          type: 'array',
          maxItems: 10,
          'x-kubernetes-list-type': 'set',
          items: text,
          ...rules({ rule: "self == ['b','a']" }),
        },
        nullable: { ...text, nullable: true, ...rules({ rule: "self == 'x'" }) },
        escaped: {
          type: 'object',
          properties: { 'a-b': text, namespace: text },
          ...rules({ rule: 'self.a__dash__b == self.__namespace__' }),
        },
        embedded: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
          ...rules({ rule: "self.metadata.name == 'p'" }),
        },
        short: { type: 'string', maxLength: 3 },
      },
    },
  },
});

const gvk = { group: 'x.example', version: 'v1', kind: 'Thing' };
const validator = new CustomResourceValidator({ gvk, namespaced: false, schema });

function thing(spec: unknown, name = 'a'): KubeObject {
  return { apiVersion: 'x.example/v1', kind: 'Thing', metadata: { name, resourceVersion: '1' }, spec };
}

/** Words of kube-apiserver 1.36. */
test.each<[unknown, string[]]>([
  [{ min: 1, max: 2, r: 'a', list: ['a'], set: ['a', 'b'], nullable: null, im: 'x' }, []],
  [{ min: 2, max: 1 }, ['spec: Invalid value: min over max: little']],
  [{ r: 'b' }, ["spec.r: Required value: failed rule: self.matches('^a')"]],
  [{ d: 'dup' }, ['spec.d: Duplicate value: "dup"']],
  [{ list: ['a', 'b'] }, ['spec.list[1]: Invalid value: "b": failed rule: self.startsWith(\'a\')']],
  [{ map: [{ k: 'a', v: 200 }] }, ['spec.map[0]: Invalid value: failed rule: !has(self.v) || self.v < 100']],
  [{ m: { a: 0, b: 1 } }, ['spec.m[a]: Invalid value: 0: must be positive']],
  [{ opt: 'x' }, ['spec.opt: Invalid value: "x": opt']],
  [{ opt: 'first' }, []],
  [{ ios: 7 }, ["spec.ios: Invalid value: 7: failed rule: self < 5 || self == '50%'"]],
  [
    { ios: '60%' },
    [
      "spec.ios: Invalid value: \"\": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self < 5 || self == '50%'",
    ],
  ],
  [{ div: 0 }, ['spec.div: Invalid value: "integer": division by zero evaluating rule: 10 / self > 1']],
  [
    { key: { a: 'b' } },
    ["spec.key: Invalid value: \"object\": no such key: need evaluating rule: self['need'] == 'x'"],
  ],
  [
    { message: 2 },
    ['spec.message: Invalid value: 2: failed rule: self == 1', 'spec.message: Invalid value: 2: fallback'],
  ],
  [{ message: 3 }, ['spec.message: Invalid value: 3: a', 'spec.message: Invalid value: 3: fallback']],
  [
    { date: '2025-01-01T00:00:00Z' },
    ['spec.date: Invalid value: "2025-01-01T00:00:00Z": failed rule: self > timestamp(\'2026-01-01T00:00:00Z\')'],
  ],
  [{ set: ['a'] }, ["spec.set: Invalid value: failed rule: self == ['b','a']"]],
  [
    { escaped: { 'a-b': 'x', namespace: 'y' } },
    ['spec.escaped: Invalid value: failed rule: self.a__dash__b == self.__namespace__'],
  ],
  [
    { embedded: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'q' } } },
    ["spec.embedded: Invalid value: failed rule: self.metadata.name == 'p'"],
  ],
  [
    { short: 'xxxx', r: 'b' },
    [
      'spec.short: Too long: may not be more than 3 bytes',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ],
  ],
])('a new object %j', (spec, wanted) => {
  expect(validator.validate(thing(spec)).map(fieldErrorMessage)).toEqual(wanted);
});

test('rules at the root know the name', () => {
  expect(validator.validate(thing({}, 'forbidden')).map(fieldErrorMessage)).toEqual([
    '<nil>: Invalid value: name must not be forbidden',
  ]);
});

test.each<[string, unknown, unknown, string[], string[]]>([
  [
    'what may not change',
    { im: 'a' },
    { im: 'b' },
    ['spec.im: Forbidden: im is immutable', 'spec.im: Invalid value: "b": immutable'],
    [],
  ],
  [
    'items of maps, by their keys',
    {
      map: [
        { k: 'a', v: 5 },
        { k: 'b', v: 1 },
      ],
    },
    {
      map: [
        { k: 'b', v: 2 },
        { k: 'a', v: 4 },
      ],
    },
    ['spec.map[1]: Invalid value: v must not decrease'],
    [],
  ],
  ['an old value that may be missing', { opt: 'first' }, { opt: 'x' }, ['spec.opt: Invalid value: "x": opt'], []],
  [
    'what was wrong before and is the same',
    { r: 'b', min: 1 },
    { r: 'b', min: 2 },
    [],
    ["spec.r: Required value: failed rule: self.matches('^a')"],
  ],
  [
    'items of a list that has changed',
    { list: ['b'] },
    { list: ['b', 'a'] },
    ['spec.list[0]: Invalid value: "b": failed rule: self.startsWith(\'a\')'],
    [],
  ],
  [
    'an item of a map list that is the same',
    { map: [{ k: 'a', v: 200 }] },
    { map: [{ k: 'b' }, { k: 'a', v: 200 }] },
    [],
    ['spec.map[1]: Invalid value: failed rule: !has(self.v) || self.v < 100'],
  ],
  [
    'an error is no finding, and stays one',
    { div: 0 },
    { div: 0, min: 1 },
    ['spec.div: Invalid value: "integer": division by zero evaluating rule: 10 / self > 1'],
    [],
  ],
])('an update: %s', (_, old, spec, errors, warnings) => {
  const found: string[] = [];
  expect(validator.validateUpdate(thing(spec), thing(old), found).map(fieldErrorMessage)).toEqual(errors);
  expect(found).toEqual(warnings);
});

function expensive(rule: string): SchemaNode {
  return schemaNode({ type: 'array', items: { type: 'integer' }, ...rules({ rule }, { rule: 'size(self) > 0' }) });
}

test('a rule that costs too much ends them all', () => {
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  const found = RuleValidator.of(expensive('self.all(a, self.all(b, self.all(c, a + b + c >= 0)))'), false)!.validate(
    numbers,
  );
  expect(found.errors.map(fieldErrorMessage)).toEqual([
    '<nil>: Invalid value: "array": \'operation cancelled: actual cost limit exceeded\': no further validation rules will be run due to call cost exceeds limit for rule: self.all(a, self.all(b, self.all(c, a + b + c >= 0)))',
  ]);
});

test('rules of one object share a budget', () => {
  const items = {
    type: 'array',
    items: { type: 'integer' },
    ...rules({ rule: 'self.all(a, self.all(b, a + b >= 0))' }),
  };
  const node = schemaNode({ type: 'array', items });
  const lists = Array.from({ length: 100 }, () => Array.from({ length: 200 }, (_, i) => i));
  const budget = newCostBudget();
  const found = RuleValidator.of(node, false)!.validate(lists, { path: 'l', budget });
  expect(found.errors.map(fieldErrorMessage)).toEqual([
    expect.stringMatching(
      /^l\[\d+\]: Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run$/,
    ),
  ]);
  expect(budget.left).toBeLessThan(0);
});

test('a schema without rules has no validator', () => {
  expect(RuleValidator.of(schemaNode({ type: 'object', properties: { a: text } }), true)).toBeUndefined();
});
