import { describe, expect, it, test } from '@jest/globals';
import type { Json, JsonObject } from '../object.ts';
import { appliedFields } from './applied-fields.ts';
import { compare } from './compare.ts';
import { mergeTypeOfKind } from './definition-types.ts';
import { merge } from './merge.ts';
import { deducedType, type MergeType, scalarType } from './merge-type.ts';
import { reconcileFieldSet } from './reconcile.ts';
import { removeFields } from './remove.ts';
import { typedError } from './validate.ts';

const struct = (
  fields: Record<string, MergeType>,
  more: Partial<{ atomic: boolean; element: MergeType }> = {},
): MergeType => ({
  map: {
    atomic: more.atomic ?? false,
    fields: new Map(Object.entries(fields).map(([name, type]) => [name, { type }])),
    element: more.element,
  },
});
const list = (relationship: 'atomic' | 'map' | 'set', element: MergeType, keys: string[] = []): MergeType => ({
  list: { relationship, keys, element },
});
const text = scalarType('string');
const item = struct({ name: text, value: text, tags: list('set', text) });
const type = struct({
  scalar: text,
  set: list('set', text),
  items: list('map', item, ['name']),
  atomicList: list('atomic', item),
  labels: struct({}, { element: text }),
  atomicMap: struct({}, { atomic: true, element: text }),
  any: deducedType,
});

describe('compare', () => {
  const cases: [string, JsonObject, JsonObject, object, object][] = [
    ['a scalar', { scalar: 'a' }, { scalar: 'b' }, { 'f:scalar': {} }, {}],
    ['a new field', {}, { scalar: 'a' }, { 'f:scalar': {} }, {}],
    ['a field that went', { scalar: 'a' }, {}, {}, { 'f:scalar': {} }],
    ['a null', { scalar: 'a' }, { scalar: null }, { 'f:scalar': {} }, {}],
    ['a new map', {}, { labels: { a: 'x' } }, { 'f:labels': { '.': {}, 'f:a': {} } }, {}],
    ['a new entry of a map', { labels: { a: 'x' } }, { labels: { a: 'x', b: 'y' } }, { 'f:labels': { 'f:b': {} } }, {}],
    [
      'keys that objects inherit',
      { labels: {} },
      { labels: { constructor: 'x' } },
      { 'f:labels': { 'f:constructor': {} } },
      {},
    ],
    ['an atomic map', { atomicMap: { a: 'x' } }, { atomicMap: { a: 'y' } }, { 'f:atomicMap': {} }, {}],
    ['an atomic list', { atomicList: [{ name: 'a' }] }, { atomicList: [{ name: 'b' }] }, { 'f:atomicList': {} }, {}],
    ['a set in another order', { set: ['a', 'b'] }, { set: ['b', 'a'] }, {}, {}],
    [
      'a set that grows and shrinks',
      { set: ['a', 'b'] },
      { set: ['b', 'c'] },
      { 'f:set': { 'v:"c"': {} } },
      { 'f:set': { 'v:"a"': {} } },
    ],
    [
      'an element of a keyed list',
      { items: [{ name: 'a', value: 'x' }] },
      { items: [{ name: 'a', value: 'y' }] },
      { 'f:items': { 'k:{"name":"a"}': { 'f:value': {} } } },
      {},
    ],
    [
      'a new element, wherever it stands',
      { items: [{ name: 'b' }] },
      { items: [{ name: 'a', tags: ['t'] }, { name: 'b' }] },
      { 'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:tags': { '.': {}, 'v:"t"': {} } } } },
      {},
    ],
    [
      'repeated keys have one owner together',
      {
        items: [
          { name: 'a', value: 'x' },
          { name: 'a', value: 'y' },
        ],
      },
      {
        items: [
          { name: 'a', value: 'x' },
          { name: 'a', value: 'z' },
        ],
      },
      { 'f:items': { 'k:{"name":"a"}': {} } },
      {},
    ],
    [
      'an element that comes to repeat a key',
      { items: [{ name: 'a', value: 'x' }] },
      {
        items: [
          { name: 'a', value: 'x' },
          { name: 'a', value: 'z' },
        ],
      },
      { 'f:items': { 'k:{"name":"a"}': {} } },
      { 'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} } } },
    ],
    ['a null list and one with items', { set: null }, { set: ['a'] }, { 'f:set': { 'v:"a"': {} } }, {}],
    ['an empty list and none', { set: [] }, { set: null }, { 'f:set': {} }, {}],
    [
      'without a schema: objects by field, lists whole',
      { any: { a: 1, l: [1] } },
      { any: { a: 2, l: [2] } },
      { 'f:any': { 'f:a': {}, 'f:l': {} } },
      {},
    ],
    [
      'a value that becomes an object',
      { any: { a: 1 } },
      { any: { a: { b: 1 } } },
      { 'f:any': { 'f:a': { '.': {}, 'f:b': {} } } },
      {},
    ],
  ];
  test.each(cases)('%s', (_name, before, after, changed, removed) => {
    expect(compare(before, after, type, 'present')).toEqual({ changed, removed });
  });

  it('knows empty lists and maps of decoded objects for missing ones', () => {
    const configMap = mergeTypeOfKind({ group: '', version: 'v1', kind: 'ConfigMap' })!;
    const [before, after] = [{ metadata: { labels: { a: 'x' } } }, { metadata: { labels: {} }, data: {} }];
    expect(compare(before, after, configMap, 'omitted').changed).toEqual({});
    expect(compare(before, after, configMap, 'present').changed).toEqual({ 'f:data': {} });
  });
});

describe('what is applied', () => {
  it('owns leaves, elements and entries, and no declared struct, list or map', () => {
    const applied = {
      scalar: 'a',
      set: ['x'],
      items: [{ name: 'a', value: 'b' }],
      labels: { k: 'v' },
      atomicMap: { k: 'v' },
    };
    expect(appliedFields(applied, type)).toEqual({
      'f:scalar': {},
      'f:set': { 'v:"x"': {} },
      'f:items': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
      'f:labels': { 'f:k': {} },
      'f:atomicMap': {},
    });
    expect(appliedFields({ labels: {}, set: [], scalar: null }, type)).toEqual({ 'f:labels': {}, 'f:scalar': {} });
  });

  const names = (items: string) => [...items].map((name) => ({ name }));
  const orders: [string, string, string][] = [
    ['abc', 'cab', 'cab'],
    ['abc', 'b', 'abc'],
    ['abc', 'xb', 'axbc'],
    ['ab', 'cd', 'abcd'],
    ['aXbYc', 'cba', 'XYcba'],
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
  ];
  test.each(orders)('%s with %s applied is %s', (live, applied, wanted) => {
    const merged = merge({ items: names(live) }, { items: names(applied) }, type)['items'] as { name: string }[];
    expect((merged ?? []).map(({ name }) => name).join('')).toBe(wanted);
  });

  it('changes neither object by merging', () => {
    const [live, applied] = [
      { labels: { a: 'x' }, items: [{ name: 'a', value: 'x' }] },
      { labels: { b: 'y' }, items: [{ name: 'a', value: 'y' }] },
    ];
    const before = JSON.stringify([live, applied]);
    expect(merge(live, applied, type)).toEqual({ labels: { a: 'x', b: 'y' }, items: [{ name: 'a', value: 'y' }] });
    expect(JSON.stringify([live, applied])).toBe(before);
  });

  const refused: [Json, string][] = [
    [{ unknown: 1 }, '.unknown: field not declared in schema'],
    [{ set: ['a', 'a'] }, '.set: duplicate entries for key [="a"]'],
    [{ items: [{ name: 'a' }, { name: 'a' }] }, '.items: duplicate entries for key [name="a"]'],
    [
      { items: [{ value: 'a' }] },
      '.items: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ],
    [{ items: [null] }, '.items: element 0: associative list with keys may not have a null element'],
    [{ labels: { a: 1 } }, '.labels.a: expected string, got &value.valueUnstructured{Value:1}'],
    [{ set: 'a' }, '.set: expected list, got &{a}'],
    [
      { labels: 'a', scalar: true },
      'errors:\n  .labels: expected map, got &{a}\n  .scalar: expected string, got &value.valueUnstructured{Value:true}',
    ],
  ];
  test.each(refused)('%j is refused', (applied, message) => {
    expect(typedError(applied as JsonObject, type, { allowDuplicates: false })).toBe(message);
  });

  it('takes a key that is left out from the default', () => {
    const pod = mergeTypeOfKind({ group: '', version: 'v1', kind: 'Pod' })!;
    const spec = { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] };
    expect(JSON.stringify(appliedFields({ spec }, pod))).toContain(
      'k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}',
    );
  });
});

describe('removal', () => {
  it('takes fields and elements, and leaves what becomes empty', () => {
    const object = {
      scalar: 'a',
      labels: { a: 'x' },
      items: [{ name: 'a', value: 'x' }, { name: 'b' }],
      set: ['a', 'b'],
    };
    const set = {
      'f:scalar': {},
      'f:labels': { 'f:a': {} },
      'f:items': { 'k:{"name":"b"}': {} },
      'f:set': { 'v:"a"': {} },
    };
    expect(removeFields(object, set, type)).toEqual({ labels: {}, items: [{ name: 'a', value: 'x' }], set: ['b'] });
  });
});

describe('a schema that has changed', () => {
  it('makes one owner of what has become atomic', () => {
    const set = {
      'f:atomicMap': { 'f:a': {} },
      'f:atomicList': { 'k:{"name":"a"}': { '.': {} } },
      'f:labels': { 'f:a': {} },
    };
    expect(reconcileFieldSet(set, type)).toEqual({ 'f:atomicMap': {}, 'f:atomicList': {}, 'f:labels': { 'f:a': {} } });
    const same = { 'f:labels': { 'f:a': {} } };
    expect(reconcileFieldSet(same, type)).toBe(same);
  });
});
