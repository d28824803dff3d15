import { expect, test } from '@jest/globals';
import { decodeContinueToken, encodeContinueToken } from './continue-token.ts';

const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each([
  { revision: 7, after: { namespace: 'default', name: 'a' } },
  { revision: 7, after: { namespace: '', name: 'system:node' } },
  { revision: -1, after: { namespace: 'default', name: 'a..b' } },
])('what is encoded is decoded: %j', (one) => {
  expect(decodeContinueToken(encodeContinueToken(one))).toEqual(one);
});

test.each([
  ['no base64', '!!', 'continue key is not valid: illegal base64 data'],
  ['no JSON', Buffer.from('x').toString('base64url'), 'continue key is not valid: invalid character'],
  ['another version', token({ v: 'v9', rv: 1, start: '/a\u0000' }), 'does not recognize this encoded version'],
  ['no revision', token({ v: 'meta.k8s.io/v1', rv: 0, start: '/a\u0000' }), 'incorrect encoded start resourceVersion'],
  ['no start', token({ v: 'meta.k8s.io/v1', rv: 1, start: '' }), 'encoded start key'],
  ['a way out', token({ v: 'meta.k8s.io/v1', rv: 1, start: '../a\u0000' }), 'continue key is not valid: ../a'],
  ['a way up', token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a/..\u0000' }), 'continue key is not valid: a/..'],
  ['more than a key', token({ v: 'meta.k8s.io/v1', rv: 1, start: 'a/b/c\u0000' }), 'continue key is not valid: a/b/c'],
])('%s is refused', (_, text, message) => {
  expect(() => decodeContinueToken(text)).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining(message) }),
  );
});
