import { expect, test } from '@jest/globals';
import { compareBytes, compareKeys, keyString } from './keys.ts';

test('strings compare by their UTF-8 bytes, not their UTF-16 units', () => {
  const words = ['', 'B', 'a', 'a-b', 'a.b', 'ab', 'é', '\uffff', '🚀'];
  expect(words.toReversed().sort(compareBytes)).toEqual(words);
  expect('🚀' < '\uffff').toBe(true);
});

test('keys compare part by part', () => {
  const keys = [
    { resource: 'a', namespace: '', name: 'z' },
    { resource: 'a', namespace: 'n', name: 'a' },
    { resource: 'a', namespace: 'n1', name: 'a' },
    { resource: 'ab', namespace: '', name: 'a' },
  ];
  expect(keys.toReversed().sort(compareKeys)).toEqual(keys);
});

test('no two keys have the same string', () => {
  const strings = [
    keyString({ resource: 'a', namespace: 'b', name: 'c' }),
    keyString({ resource: 'a', namespace: 'bc', name: '' }),
    keyString({ resource: 'ab', namespace: '', name: 'c' }),
  ];
  expect(new Set(strings).size).toBe(3);
});
