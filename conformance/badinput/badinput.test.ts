// Whatever a client sends, the answer is a Status of the right code, the server goes on, and nothing is stored.
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { parsed, type RawRequest, send } from '../support/https.ts';

jest.setTimeout(60_000);

let cluster: Cluster;
const listPath = '/api/v1/namespaces/default/configmaps';
let before: string[];

async function stored(): Promise<string[]> {
  const answer = await send(cluster, { path: listPath });
  expect(answer.status).toBe(200);
  return parsed(answer).items!.map(({ metadata }) => metadata.name);
}

beforeAll(async () => {
  cluster = await startCluster();
  const there = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'there' }, data: { a: 'b' } });
  expect((await send(cluster, { method: 'POST', path: listPath, body: there })).status).toBe(201);
  before = await stored();
});
afterEach(async () => {
  expect(await stored()).toEqual(before);
});
afterAll(() => cluster.stop());

/** Sends it and checks that the answer is a Status of this code and reason. */
async function refused(request: RawRequest, code: number, reason: string, message?: string | RegExp): Promise<void> {
  const answer = await send(cluster, request);
  expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({
    status: code,
    type: 'application/json',
  });
  expect(parsed(answer)).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason });
  if (message !== undefined)
    expect(parsed(answer)['message']).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message);
}

const post = (body: string | Buffer, contentType = 'application/json'): RawRequest => ({
  method: 'POST',
  path: listPath,
  body,
  headers: { 'content-type': contentType },
});
const configMap = (metadata: object, more: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, ...more });

/** `depth` objects or lists inside each other, closed again. */
const nested = (depth: number, open: string, close: string) => open.repeat(depth) + '1' + close.repeat(depth);

const aliasBomb = [
  'apiVersion: v1',
  'kind: ConfigMap',
  'metadata: {name: bomb}',
  'a: &a ["x","x","x","x","x","x","x","x","x","x"]',
  ...'bcdefghij'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[i]}`).join(',')}]`),
].join('\n');

describe('bodies', () => {
  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['truncated', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"'],
    ['no JSON', 'certainly not JSON'],
    ['a list', '[]'],
    ['a number', '42'],
    ['a string', '"ConfigMap"'],
    ['garbage after it', `${configMap({ name: 'x' })} and more`],
    ['binary', Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919) % 256))],
    ['not UTF-8 outside of strings', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(configMap({ name: 'x' }))])],
    ['a string where an object belongs', '{"apiVersion":"v1","kind":"ConfigMap","metadata":"x"}'],
    ['an object where a string belongs', configMap({ name: { x: 1 } })],
    ['a list where a map belongs', configMap({ name: 'x' }, { data: ['a'] })],
    ['a number where a string belongs', configMap({ name: 'x' }, { data: { a: 1 } })],
    ['no base64', configMap({ name: 'x' }, { binaryData: { a: '***' } })],
    [
      '100,000 nested lists',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":${nested(100_000, '[', ']')}}`,
    ],
    [
      '100,000 nested objects',
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":${nested(100_000, '{"a":', '}')}}`,
    ],
    ['100,000 nested lists never closed', '['.repeat(100_000)],
  ])('%s', async (_, body) => {
    await refused(post(body), 400, 'BadRequest');
  });

  test('a number too large for any integer', async () => {
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'a', image: 'b' }] },
    });
    const path = '/api/v1/namespaces/default/pods';
    await refused({ method: 'POST', path, body: body.replace('Seconds":0', 'Seconds":1e400') }, 400, 'BadRequest');
    await refused(
      { method: 'POST', path, body: body.replace('Seconds":0', 'Seconds":99999999999999999999') },
      400,
      'BadRequest',
    );
  });

  test('larger than 3 MiB, whether it says so beforehand or not', async () => {
    const body = configMap({ name: 'x' }, { data: { a: 'x'.repeat(3 * 1024 * 1024) } });
    await refused(post(body), 413, 'RequestEntityTooLarge', /limit is 3145728/);
    await refused(
      {
        ...post(body),
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      },
      413,
      'RequestEntityTooLarge',
    );
  });

  test('more than 1 MiB of data, which no ConfigMap may have', async () => {
    await refused(
      post(configMap({ name: 'x' }, { data: { a: 'x'.repeat(1024 * 1024 + 1) } })),
      422,
      'Invalid',
      /may not be more than 1048576 bytes/,
    );
  });

  test.each([
    ['an alias bomb', aliasBomb],
    ['an alias of itself', 'apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: x, labels: *m}'],
    ['no YAML', 'a: b: c: [}'],
    ['tabs', 'apiVersion: v1\n\tkind: ConfigMap'],
    ['100,000 nested lists', `a: ${nested(100_000, '[', ']')}`],
    ['several documents of another kind', 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n---\nkind: ConfigMap\n'],
  ])('YAML: %s', async (_, body) => {
    await refused(post(body, 'application/yaml'), 400, 'BadRequest');
  });

  test('content types that are not known here', async () => {
    await refused(post(configMap({ name: 'x' }), 'text/plain'), 415, 'UnsupportedMediaType');
    await refused(post(configMap({ name: 'x' }), 'application/x-www-form-urlencoded'), 415, 'UnsupportedMediaType');
    const patch = {
      method: 'PATCH',
      path: `${listPath}/there`,
      body: '{}',
      headers: { 'content-type': 'application/json' },
    };
    await refused(patch, 415, 'UnsupportedMediaType');
    await refused({ path: listPath, headers: { accept: 'image/png' } }, 406, 'NotAcceptable');
  });

  test.each([
    ['application/json-patch+json', '{"op":"add"}', 400],
    ['application/json-patch+json', '[{"op":"explode","path":"/data"}]', 422],
    ['application/json-patch+json', '[{"op":"remove","path":"/nowhere/at/all"}]', 422],
    [
      'application/json-patch+json',
      `[${Array(10_001).fill('{"op":"add","path":"/data/a","value":"b"}').join(',')}]`,
      413,
    ],
    ['application/merge-patch+json', '{"data":', 400],
    ['application/merge-patch+json', '{"metadata":{"name":"other"}}', 400],
    ['application/strategic-merge-patch+json', '[]', 400],
    ['application/strategic-merge-patch+json', '{"data":"x"}', 422],
  ])('a patch of %s, %s', async (contentType, body, code) => {
    const answer = await send(cluster, {
      method: 'PATCH',
      path: `${listPath}/there`,
      body,
      headers: { 'content-type': contentType },
    });
    expect({ status: answer.status, kind: parsed(answer)['kind'] }).toEqual({ status: code, kind: 'Status' });
    expect(parsed(await send(cluster, { path: `${listPath}/there` }))).toMatchObject({ data: { a: 'b' } });
  });
});

describe('names and paths', () => {
  test.each([
    ['a slash', 'a/b'],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a percent sign', 'a%b'],
    ['upper case', 'Upper'],
    ['a blank', 'a b'],
    ['an emoji', '🐘'],
    ['a quote', `a'";--`],
    ['a zero byte', 'a\u0000b'],
    ['254 characters', 'x'.repeat(254)],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('a name with %s', async (_, name) => {
    await refused(post(configMap({ name })), 422, 'Invalid');
  });

  test('no name', async () => {
    await refused(post(configMap({})), 422, 'Invalid', /name or generateName is required/);
  });

  test('names in the path', async () => {
    await refused({ path: `${listPath}/a%2Fb` }, 404, 'NotFound');
    await refused({ path: `${listPath}/..%2F..%2Fsecrets` }, 404, 'NotFound');
    await refused({ path: `${listPath}/${'x'.repeat(4000)}` }, 404, 'NotFound');
    for (const path of [
      `${listPath}/%ff`,
      `${listPath}/%zz`,
      `${listPath}/%00`,
      `${listPath}//there`,
      `${listPath}/../../there`,
    ]) {
      const { status } = await send(cluster, { path });
      expect([301, 400, 404]).toContain(status);
    }
  });

  test('another name or namespace in the body than in the path', async () => {
    await refused(
      { ...post(configMap({ name: 'x', namespace: 'kube-system' })) },
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
    await refused(
      { method: 'PUT', path: `${listPath}/there`, body: configMap({ name: 'here' }) },
      400,
      'BadRequest',
      'the name of the object (here) does not match the name on the URL (there)',
    );
    await refused(
      { method: 'POST', path: '/api/v1/namespaces/nowhere/configmaps', body: configMap({ name: 'x' }) },
      404,
      'NotFound',
      'namespaces "nowhere" not found',
    );
  });

  test('kinds, groups and versions that are not there', async () => {
    for (const path of [
      '/api/v1/potatoes',
      '/api/v2/pods',
      '/apis/nope/v1/things',
      '/apis/apps/v9/deployments',
      '/nope',
    ]) {
      expect((await send(cluster, { path })).status).toBe(404);
    }
    await refused(post('{"apiVersion":"v1","kind":"Potato","metadata":{"name":"x"}}'), 400, 'BadRequest');
    await refused(post('{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}'), 400, 'BadRequest');
  });

  test('methods that are not there', async () => {
    await refused({ method: 'PUT', path: listPath, body: '{}' }, 405, 'MethodNotAllowed');
    await refused({ method: 'POST', path: `${listPath}/there`, body: '{}' }, 405, 'MethodNotAllowed');
    expect((await send(cluster, { method: 'PROPFIND', path: listPath })).status).toBe(405);
  });

  test.each([
    ['limit=abc', 400],
    ['resourceVersion=abc', 400],
    ['resourceVersion=-1', 400],
    ['resourceVersion=1&resourceVersionMatch=Nope', 422],
    ['continue=abc', 400],
    ['labelSelector=a%20in%20(', 400],
    ['fieldSelector=nope%3Da', 400],
    ['fieldSelector=%3D%3D%3D', 400],
    ['watch=1&timeoutSeconds=abc', 400],
    [`labelSelector=${'a,'.repeat(3000)}a!!`, 400],
  ])('a query of %s', async (query, code) => {
    const answer = await send(cluster, { path: `${listPath}?${query}` });
    expect({ status: answer.status, kind: parsed(answer)['kind'] }).toEqual({ status: code, kind: 'Status' });
  });
});

describe('what looks harmful but is not', () => {
  test('names of JavaScript’s own stay ordinary keys', async () => {
    const body =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"__proto__":"a","constructor":"b","toString":"c"}}';
    expect((await send(cluster, post(body))).status).toBe(201);
    const read = await send(cluster, { path: `${listPath}/proto` });
    expect(read.body).toContain('"__proto__":"a"');
    expect(parsed(read)).toMatchObject({ data: { constructor: 'b', toString: 'c' } });
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    const patch = '{"data":{"__proto__":"z"},"__proto__":{"polluted":true}}';
    await send(cluster, {
      method: 'PATCH',
      path: `${listPath}/proto`,
      body: patch,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await send(cluster, { method: 'DELETE', path: `${listPath}/proto` })).status).toBe(200);
  });

  test('strings with every kind of character come back as they were', async () => {
    const value = 'zero \u0000 tab \t quote " backslash \\ line \u2028 emoji 🐘\u001f';
    expect((await send(cluster, post(configMap({ name: 'strings' }, { data: { value } })))).status).toBe(201);
    const read = parsed(await send(cluster, { path: `${listPath}/strings` }));
    expect((read['data'] as Record<string, string>)['value']).toBe(value);
    expect((await send(cluster, { method: 'DELETE', path: `${listPath}/strings` })).status).toBe(200);
  });
});
