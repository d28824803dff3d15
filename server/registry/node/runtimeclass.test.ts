import { expect, test } from '@jest/globals';
import { type Body, created, createErrors, row, updateErrors } from '../kind-harness.ts';
import { runtimeClass } from './runtimeclass.ts';

test.each<[string, Body, string[]]>([
  ['all there is', { handler: 'h', overhead: { podFixed: { cpu: '0.25', memory: '64Mi' } } }, []],
  ['no handler', {}, ['handler: Required value']],
  [
    'a toleration twice',
    { handler: 'h', scheduling: { tolerations: [{ operator: 'Exists' }, { operator: 'Exists' }] } },
    [
      'scheduling.tolerations[1]: Duplicate value: {"Key":"","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}',
    ],
  ],
])('%s', (_, body, errors) => {
  expect(createErrors(runtimeClass, body)).toEqual(errors);
});

test('the handler stays, the overhead is written in canonical form', () => {
  const old = created(runtimeClass, { handler: 'h', overhead: { podFixed: { cpu: '0.25' } } });
  expect(old['overhead'].podFixed).toEqual({ cpu: '250m' });
  expect(updateErrors(runtimeClass, { handler: 'i' }, old)).toEqual([
    'handler: Invalid value: "i": field is immutable',
  ]);
  expect(row(runtimeClass, { handler: 'h' })).toEqual(['a', 'h', '60s']);
});

test('labels that nodes no longer have are warned of', () => {
  const body = { handler: 'h', scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } };
  expect(runtimeClass.warnings!(created(runtimeClass, body), undefined)).toEqual([
    'scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead',
  ]);
});
