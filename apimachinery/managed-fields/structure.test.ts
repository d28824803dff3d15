import { describe, expect, it, test } from '@jest/globals';
import type { JsonObject } from '../object.ts';
import { compare } from './compare.ts';
import { mergeTypeOfKind } from './definition-types.ts';
import { sharedText } from './set-texts.ts';
import { CreatedSets, hasStructure, structureOf } from './structure.ts';

const type = mergeTypeOfKind({ group: '', version: 'v1', kind: 'Pod' })!;
const base: JsonObject = { metadata: {}, spec: { containers: null }, status: {} };
const pod = (spec: JsonObject, labels: JsonObject = { a: 'b' }): JsonObject => ({ metadata: { labels }, spec });
const containers = (image: string, name = 'c'): JsonObject => ({
  containers: [{ name, image, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
});

describe('structure', () => {
  const cases: [string, JsonObject, JsonObject, boolean][] = [
    ['other values', pod(containers('a')), pod(containers('b')), true],
    ['another label', pod(containers('a')), pod(containers('a'), { c: 'b' }), false],
    ['another key', pod(containers('a')), pod(containers('a', 'd')), false],
    ['one element more', pod({ containers: [] }), pod(containers('a')), false],
    ['a field more', pod({ containers: [], nodeName: 'n' }), pod({ containers: [] }), false],
    ['values of an atomic map', pod({ nodeSelector: { a: 'b' } }), pod({ nodeSelector: { c: 'd', e: 'f' } }), true],
    ['an atomic map that is empty', pod({ nodeSelector: { a: 'b' } }), pod({ nodeSelector: {} }), false],
    ['an atomic list that is empty', pod({ tolerations: [{ key: 'a' }] }), pod({ tolerations: [] }), false],
    ['a null', pod({ securityContext: null }), pod({ securityContext: { runAsUser: 1 } }), false],
  ];
  test.each(cases)('%s', (_name, a, b, same) => {
    expect(hasStructure(a, structureOf(b, base, type))).toBe(same);
    expect(hasStructure(b, structureOf(a, base, type))).toBe(same);
    const [left, right] = [a, b].map((one) => compare(base, one, type, 'omitted').changed);
    if (same) expect(left).toEqual(right);
    else expect(left).not.toEqual(right);
  });

  it('is computed once, and its text with it', () => {
    const sets = new CreatedSets(type, base);
    let made = 0;
    const setOf = (object: JsonObject) =>
      sets.setOf(object, () => {
        made++;
        return compare(base, object, type, 'omitted').changed;
      });
    const set = setOf(pod(containers('a')));
    expect(setOf(pod(containers('b')))).toBe(set);
    expect(made).toBe(1);
    expect(JSON.parse(sharedText(set)!)).toEqual(set);
    expect(sharedText({})).toBeUndefined();
    for (const name of 'defgh') setOf(pod(containers('a', name)));
    expect(setOf(pod(containers('a')))).toBe(set);
    expect(made).toBe(7);
  });
});
