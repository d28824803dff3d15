import { describe, expect, it, test } from '@jest/globals';
import { mergeTypeOfKind } from './definition-types.ts';
import {
  difference,
  hasPath,
  including,
  inOrder,
  intersection,
  namedFields,
  parseFieldSet,
  recursiveDifference,
  union,
  withNamedFields,
} from './field-set.ts';
import { comparePathElements, FieldSetError, keyElement, parsePathElement, printPath } from './path-element.ts';

type Operation = typeof union;
const a = { 'f:x': {}, 'f:y': { '.': {}, 'f:z': {} } };

describe('operations', () => {
  const cases: [string, Operation, object, object, object][] = [
    ['a union has the fields of both', union, { 'f:x': {} }, { 'f:y': {} }, { 'f:x': {}, 'f:y': {} }],
    [
      'a member stays one when fields below it come',
      union,
      { 'f:x': {} },
      { 'f:x': { 'f:y': {} } },
      { 'f:x': { '.': {}, 'f:y': {} } },
    ],
    ['and the other way round', union, { 'f:x': { 'f:y': {} } }, { 'f:x': {} }, { 'f:x': { '.': {}, 'f:y': {} } }],
    [
      'an intersection has members of both only',
      intersection,
      a,
      { 'f:y': { 'f:z': {} }, 'f:w': {} },
      { 'f:y': { 'f:z': {} } },
    ],
    ['a parent and a child have nothing in common', intersection, { 'f:x': {} }, { 'f:x': { 'f:y': {} } }, {}],
    [
      'a difference leaves fields below a removed one',
      difference,
      a,
      { 'f:y': {} },
      { 'f:x': {}, 'f:y': { 'f:z': {} } },
    ],
    [
      'a difference leaves the parent of a removed one',
      difference,
      a,
      { 'f:y': { 'f:z': {} } },
      { 'f:x': {}, 'f:y': {} },
    ],
    ['nodes without members go', difference, { 'f:y': { 'f:z': {} } }, { 'f:y': { 'f:z': {} } }, {}],
    ['a recursive difference takes all below', recursiveDifference, a, { 'f:y': {} }, { 'f:x': {} }],
    [
      'a recursive difference goes along paths',
      recursiveDifference,
      a,
      { 'f:y': { 'f:z': {} } },
      { 'f:x': {}, 'f:y': {} },
    ],
  ];
  test.each(cases)('%s', (_name, operation, left, right, wanted) => {
    const before = JSON.stringify([left, right]);
    expect(operation(left as never, right as never)).toEqual(wanted);
    expect(JSON.stringify([left, right])).toBe(before);
  });

  it('has the paths of its members', () => {
    expect(hasPath(a, ['f:y'])).toBe(true);
    expect(hasPath({ 'f:y': { 'f:z': {} } }, ['f:y'])).toBe(false);
    expect(hasPath(a, [])).toBe(false);
    expect(namedFields(['status', 'metadata.labels'])).toEqual({ 'f:status': {}, 'f:metadata': { 'f:labels': {} } });
  });

  it('keeps what a pattern takes in', () => {
    const set = { 'f:spec': { 'f:list': { 'k:{"name":"a"}': { '.': {}, 'f:x': {}, 'f:y': {} } } }, 'f:status': {} };
    expect(including(set, [['f:spec', 'f:list', '*', 'f:x']])).toEqual({
      'f:spec': { 'f:list': { 'k:{"name":"a"}': { '.': {}, 'f:x': {} } } },
    });
  });

  it('adds the named fields on the way, and no entries of maps', () => {
    const type = mergeTypeOfKind({ group: '', version: 'v1', kind: 'ConfigMap' })!;
    const set = { 'f:metadata': { 'f:labels': { 'f:a': {} } } };
    expect(withNamedFields(set, type)).toEqual({ 'f:metadata': { '.': {}, 'f:labels': { '.': {}, 'f:a': {} } } });
  });
});

describe('fieldsV1', () => {
  it('is written in upstream order: names, keys by value, values, indexes', () => {
    const elements = ['i:10', 'i:2', 'v:"b"', 'v:"a"', 'v:2', 'k:{"port":443}', 'k:{"port":80}', 'f:b', 'f:a', '.'];
    const set = Object.fromEntries(elements.map((element) => [element, {}]));
    expect(Object.keys(inOrder(set))).toEqual(elements.toReversed());
  });

  it('is read in canonical form, without what is not known', () => {
    const read = parseFieldSet({ 'k:{"b": 1, "a":"x"}': {}, 'x:future': {}, 'f:y': { '.': {} }, 'f:z': null } as never);
    expect(read).toEqual({ 'k:{"a":"x","b":1}': {}, 'f:y': {}, 'f:z': {} });
  });

  test.each(['f', 'noColon', 'k:[]', 'v:{', 'i:x'])('refuses the element %s', (element) => {
    expect(() => parsePathElement(element)).toThrow(FieldSetError);
  });

  it('prints paths as conflicts do', () => {
    const path = ['f:spec', keyElement(['port', 'protocol'], [80, 'TCP']), 'v:"a"', 'i:0'];
    expect(printPath(path)).toBe('.spec[port=80,protocol="TCP"][="a"][0]');
    expect(comparePathElements('k:{"a":1}', 'k:{"a":1,"b":1}')).toBeLessThan(0);
  });
});
