import { expect, test } from '@jest/globals';
import { asInternal } from './internal-form.ts';
import { structDiff } from './struct-diff.ts';

test('shows what changes with three lines around it', () => {
  const old = { list: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] };
  const changed = { list: ['a', 'B', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', '<k>'] };
  expect(structDiff(old, changed)).toBe(
    [
      '@@ -1,7 +1,7 @@',
      ' {',
      '  "list": [',
      '   "a",',
      '-  "b",',
      '+  "B",',
      '   "c",',
      '   "d",',
      '   "e",',
      '@@ -9,6 +9,7 @@',
      '   "g",',
      '   "h",',
      '   "i",',
      '-  "j"',
      '+  "j",',
      '+  "\\u003ck\\u003e"',
      '  ]',
      ' }',
      '',
    ].join('\n'),
  );
});

test('nothing changes, nothing is shown', () => {
  expect(structDiff({ a: 1 }, { a: 1 })).toBe('');
});

test('structs have the names and the order of the internal type', () => {
  const reference = { name: 'p', kind: 'Pod', apiVersion: 'v1' };
  expect(JSON.stringify(asInternal('ObjectReference', reference))).toBe(
    '{"Kind":"Pod","Namespace":"","Name":"p","UID":"","APIVersion":"v1","ResourceVersion":"","FieldPath":""}',
  );
  const spec = asInternal('PodSpec', { hostNetwork: true, containers: [{ name: 'c' }] });
  expect(spec).toMatchObject({ SecurityContext: { HostNetwork: true }, Containers: [{ Name: 'c', TTY: false }] });
  expect(asInternal('PodSpec', undefined)).toBeNull();
});
