// HTTP/2 and HTTP/1.1 on one port, and the paths that are no resources.
import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { connect, said } from '../support/https.ts';
import { until } from '../support/until.ts';
import { ApiClient, configMap, core, type Document } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

describe('HTTP/2', () => {
  let session: ClientHttp2Session;
  beforeEach(() => {
    session = http2.connect(cluster.url, { rejectUnauthorized: false });
  });
  afterEach(() => session.destroy());

  function open(method: string, path: string, body?: string | Buffer): ClientHttp2Stream {
    const stream = session.request({
      ':method': method,
      ':path': path,
      authorization: `Bearer ${cluster.token}`,
      'content-type': 'application/json',
    });
    stream.setEncoding('utf8');
    stream.end(body);
    return stream;
  }

  async function answer(stream: ClientHttp2Stream): Promise<{ status: number; body: Document }> {
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    let text = '';
    for await (const chunk of stream) text += chunk;
    return { status: Number(headers[':status']), body: JSON.parse(text) };
  }

  test('many requests at once on one connection', async () => {
    const bodies = Array.from({ length: 100 }, (_, i) => JSON.stringify(configMap(`h2-${i}`)));
    const created = await Promise.all(bodies.map((body) => answer(open('POST', core('configmaps'), body))));
    expect(new Set(created.map(({ status }) => status))).toEqual(new Set([201]));
    const read = await Promise.all(created.map((_, i) => answer(open('GET', core('configmaps', `h2-${i}`)))));
    expect(read.map(({ body }) => body)).toEqual(created.map(({ body }) => body));
  });

  test('watches share the connection with everything else, and end one by one', async () => {
    const { body } = await answer(open('GET', core('configmaps')));
    const from = body.metadata.resourceVersion;
    const texts = Array.from({ length: 20 }, () => '');
    const watches = texts.map((_, i) => {
      const stream = open('GET', `${core('configmaps')}?watch=true&resourceVersion=${from}`);
      stream.on('data', (chunk: string) => {
        texts[i] += chunk;
      });
      return stream;
    });
    await Promise.all(watches.map((stream) => once(stream, 'response')));
    watches[0]!.close(http2.constants.NGHTTP2_CANCEL);
    await answer(open('POST', core('configmaps'), JSON.stringify(configMap('h2-watched'))));
    await until('19 watches to be told', () => texts.slice(1).every((text) => text.includes('"h2-watched"')));
    expect(new Set(texts.slice(1))).toEqual(new Set([texts[1]]));
    for (const stream of watches) stream.close();
  });

  test('a big body, and one that is too big', async () => {
    const big = JSON.stringify(configMap('h2-big', { data: { a: 'x'.repeat(900_000) } }));
    expect((await answer(open('POST', core('configmaps'), big))).status).toBe(201);
    expect((await answer(open('GET', core('configmaps', 'h2-big')))).body.data.a).toHaveLength(900_000);
    const huge = Buffer.alloc(3 * 1024 * 1024 + 1, 0x20);
    const refused = await answer(open('POST', core('configmaps'), huge));
    expect({ status: refused.status, reason: refused.body.reason }).toEqual({
      status: 413,
      reason: 'RequestEntityTooLarge',
    });
  });

  test('a stream that is reset in the middle of its body stores nothing and harms no other', async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': core('configmaps'),
      authorization: `Bearer ${cluster.token}`,
      'content-type': 'application/json',
    });
    stream.on('error', () => undefined);
    stream.write('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"h2-half"}');
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await once(stream, 'close');
    expect((await answer(open('GET', core('configmaps', 'h2-half')))).status).toBe(404);
  });
});

describe('HTTP/1.1', () => {
  test('a connection is kept for the next request', async () => {
    const socket = await connect(cluster.port);
    const request = `GET /version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${cluster.token}\r\n\r\n`;
    socket.write(request);
    expect(await said(socket, /\}\s*$/)).toMatch(/^HTTP\/1\.1 200 OK/);
    socket.write(request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(await said(socket)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test('a body over 3 MiB is 413', async () => {
    const { status, body } = await api.post(core('configmaps'), ' '.repeat(3 * 1024 * 1024 + 1));
    expect({ status, reason: body.reason, message: body.message }).toEqual({
      status: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  test('a method that the path does not have is 405', async () => {
    const { status, body } = await api.request('PUT', core('configmaps'), configMap('x'));
    expect({ status, reason: body.reason, message: body.message }).toEqual({
      status: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
    });
  });
});

describe('health', () => {
  test.each(['healthz', 'livez', 'readyz'])('/%s', async (endpoint) => {
    const plain = await api.get(`/${endpoint}`);
    expect({ status: plain.status, body: plain.body }).toEqual({ status: 200, body: 'ok' });
    const verbose = (await api.get(`/${endpoint}?verbose`)).body as string;
    expect(verbose.split('\n').slice(0, 2)).toEqual(['[+]ping ok', '[+]log ok']);
    expect(verbose).toMatch(new RegExp(`\n${endpoint} check passed\n$`));
    expect((await api.get(`/${endpoint}?verbose&exclude=ping`)).body).toContain('[+]ping excluded: ok\n');
    expect((await api.get(`/${endpoint}?verbose&exclude=nothing`)).body).toContain(
      'warn: some health checks cannot be excluded: no matches for "nothing"\n',
    );
    expect((await api.get(`/${endpoint}/ping`)).body).toBe('ok');
    expect((await api.get(`/${endpoint}/nothing`)).status).toBe(404);
  });
});

describe('other paths', () => {
  test('/version names the release', async () => {
    expect((await api.get('/version')).body).toMatchObject({ major: '1', minor: '36', gitVersion: expect.any(String) });
  });

  test('/ lists paths that answer', async () => {
    const { paths } = (await api.get('/')).body as { paths: string[] };
    expect(paths).toEqual([...paths].sort());
    expect(paths).toEqual(
      expect.arrayContaining(['/api', '/api/v1', '/apis', '/apis/apps/v1', '/livez/ping', '/version']),
    );
  });

  test('unknown ones', async () => {
    expect(await api.get('/nothing')).toMatchObject({ status: 404, body: '404 page not found\n' });
    for (const path of ['/api/v1/nothing', '/apis/nothing/v1/things', '/apis/apps/v9/deployments']) {
      const { status, body } = await api.get(path);
      expect({ path, status, body: typeof body === 'string' ? body : body.message }).toEqual({
        path,
        status: 404,
        body: !path.includes('nothing/v1')
          ? 'the server could not find the requested resource'
          : '404 page not found\n',
      });
    }
  });
});

describe('discovery', () => {
  const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

  test('aggregated, with an ETag that is answered with 304', async () => {
    for (const path of ['/api', '/apis']) {
      const { status, headers, body } = await api.get(path, { accept: aggregated });
      expect({ status, kind: body.kind, type: headers['content-type'] }).toEqual({
        status: 200,
        kind: 'APIGroupDiscoveryList',
        type: aggregated,
      });
      const etag = String(headers['etag']);
      expect(etag).toMatch(/^".+"$/);
      const again = await api.get(path, { accept: aggregated, 'if-none-match': etag });
      expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: '' });
      const other = await api.get(path, { accept: aggregated, 'if-none-match': '"other"' });
      expect(other.status).toBe(200);
    }
  });

  test('the old form, for who asks for plain JSON', async () => {
    expect((await api.get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await api.get('/apis')).body.kind).toBe('APIGroupList');
    expect((await api.get('/apis/apps')).body).toMatchObject({ kind: 'APIGroup', name: 'apps' });
    const { resources } = (await api.get('/apis/apps/v1')).body;
    expect(resources.map(({ name }: Document) => name)).toContain('deployments/scale');
  });
});
