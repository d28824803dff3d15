// What an answer looks like: tables, partial metadata, YAML, indentation, compression, headers, and what cannot be served.

import https from 'node:https';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, apps, configMap, core, type Document, deployment } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
let made: Document;
const path = core('configmaps', 'shown');
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
  made = await api.made(core('configmaps'), configMap('shown', { data: { a: 'b' } }));
});
afterAll(() => cluster.stop());

const as = (kind: string, version = 'v1') => ({ accept: `application/json;as=${kind};v=${version};g=meta.k8s.io` });

describe('Table', () => {
  test.each(['v1', 'v1beta1'])('of one object, %s', async (version) => {
    const { body, headers } = await api.get(path, as('Table', version));
    expect(headers['content-type']).toBe('application/json');
    expect(body).toMatchObject({
      kind: 'Table',
      apiVersion: `meta.k8s.io/${version}`,
      metadata: { resourceVersion: made.metadata.resourceVersion },
    });
    expect(body.columnDefinitions.map(({ name, type }: Document) => [name, type])).toEqual([
      ['Name', 'string'],
      ['Data', 'string'],
      ['Age', 'string'],
    ]);
    expect(body.rows).toHaveLength(1);
    expect(body.rows[0].cells.slice(0, 2)).toEqual(['shown', 1]);
    expect(body.rows[0].object).toMatchObject({
      kind: 'PartialObjectMetadata',
      apiVersion: `meta.k8s.io/${version}`,
      metadata: made.metadata,
    });
  });

  test('of a list, with its metadata', async () => {
    await api.made(core('configmaps'), configMap('shown-2'));
    const { body } = await api.get(`${core('configmaps')}?limit=1`, as('Table'));
    expect(body.metadata).toEqual({
      resourceVersion: expect.stringMatching(/^\d+$/),
      continue: expect.any(String),
      remainingItemCount: expect.any(Number),
    });
    expect(body.rows).toHaveLength(1);
  });

  test.each([
    ['None', null],
    ['Metadata', 'PartialObjectMetadata'],
    ['Object', 'ConfigMap'],
  ])('includeObject=%s', async (include, kind) => {
    const { body } = await api.get(`${path}?includeObject=${include}`, as('Table'));
    expect(body.rows[0].object?.kind ?? null).toBe(kind);
  });

  test('any other includeObject is refused', async () => {
    const { status, body } = await api.get(`${path}?includeObject=Some`, as('Table'));
    expect({ status, reason: body.reason }).toEqual({ status: 400, reason: 'BadRequest' });
  });

  test('a client falls back to what the server has', async () => {
    const accept = `${as('Table', 'v9').accept},${as('Table').accept},application/json`;
    expect((await api.get(path, { accept })).body.kind).toBe('Table');
    const plain = 'application/json;as=Table;v=v9;g=meta.k8s.io,application/json';
    expect((await api.get(path, { accept: plain })).body.kind).toBe('ConfigMap');
  });
});

describe('PartialObjectMetadata', () => {
  test('of one object and of a list', async () => {
    expect((await api.get(path, as('PartialObjectMetadata'))).body).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: made.metadata,
    });
    const { body } = await api.get(core('configmaps'), as('PartialObjectMetadataList'));
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(body.items.find(({ metadata }: Document) => metadata.name === 'shown').metadata).toEqual(made.metadata);
    expect(body.items[0]).not.toHaveProperty('data');
  });

  test('a single object is no list, and a list no single object', async () => {
    expect((await api.get(path, as('PartialObjectMetadataList'))).status).toBe(406);
    expect((await api.get(core('configmaps'), as('PartialObjectMetadata'))).status).toBe(406);
  });
});

describe('Accept and Content-Type', () => {
  test.each([
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/yaml', 'application/yaml'],
    ['application/json;q=0.5, application/yaml;q=0.9', 'application/yaml'],
    ['text/html, application/json;q=0.2', 'application/json'],
  ])('%s is answered with %s', async (accept, type) => {
    expect((await api.get(path, { accept })).headers['content-type']).toBe(type);
  });

  test('nothing that can be served is 406', async () => {
    const { status, body } = await api.get(path, { accept: 'text/plain' });
    expect({ status, reason: body.reason }).toEqual({ status: 406, reason: 'NotAcceptable' });
    expect(body.message).toBe(
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
    const table = await api.get(path, { accept: 'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.body.message).toMatch(
      /^only the following media types are accepted: application\/json, application\/yaml/,
    );
  });

  test('a body of an unknown type is 415', async () => {
    const { status, body } = await api.post(core('configmaps'), 'a', { 'content-type': 'text/plain' });
    expect({ status, reason: body.reason }).toEqual({ status: 415, reason: 'UnsupportedMediaType' });
    const patch = await api.patch(path, {}, { 'content-type': 'application/json' });
    expect(patch.status).toBe(415);
  });

  test('YAML in, YAML out', async () => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n';
    const headers = { 'content-type': 'application/yaml', accept: 'application/yaml' };
    const created = await api.post(core('configmaps'), body, headers);
    expect({ status: created.status, data: parse(created.body).data }).toEqual({ status: 201, data: { a: '1' } });
    const list = parse((await api.get(core('configmaps'), headers)).body);
    expect(list.kind).toBe('ConfigMapList');
    expect(parse((await api.get(core('configmaps', 'none'), headers)).body)).toMatchObject({
      kind: 'Status',
      code: 404,
    });
  });

  test('pretty indents', async () => {
    const plain = await text('GET', path);
    const pretty = await text('GET', `${path}?pretty=true`);
    expect(plain.split('\n')).toHaveLength(2);
    expect(pretty).toContain('\n  "kind": "ConfigMap"');
    expect(JSON.parse(pretty)).toEqual(JSON.parse(plain));
    expect(await text('GET', path, { 'user-agent': 'curl/8' })).toBe(pretty);
  });

  async function text(method: string, url: string, headers: Record<string, string> = {}): Promise<string> {
    const { send } = await import('../support/https.ts');
    return (await send(cluster, { method, path: url, headers })).body;
  }
});

describe('headers', () => {
  test('every answer has an audit id and is not cached', async () => {
    for (const url of [path, core('configmaps'), core('configmaps', 'none')]) {
      const { headers } = await api.get(url);
      expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers['cache-control']).toBe('no-cache, private');
    }
    expect((await api.get(path, { 'audit-id': 'mine' })).headers['audit-id']).toBe('mine');
  });

  test('warnings', async () => {
    const { headers } = await api.get('/api/v1/endpoints');
    expect(headers['warning']).toBe(
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    );
    const unknown = await api.post(core('configmaps'), { ...configMap('warned'), nonsense: 1 });
    expect(unknown.headers['warning']).toBe('299 - "unknown field \\"nonsense\\""');
    const strict = await api.post(`${core('configmaps')}?fieldValidation=Strict`, { ...configMap('w'), nonsense: 1 });
    expect(strict.status).toBe(400);
  });

  test('answers over 128 KiB are compressed for who takes it', async () => {
    await api.made(core('configmaps'), configMap('large', { data: { a: 'x'.repeat(200_000) } }));
    const large = await raw(core('configmaps', 'large'), 'gzip');
    expect(large.encoding).toBe('gzip');
    expect(JSON.parse(gunzipSync(large.body).toString()).metadata.name).toBe('large');
    expect((await raw(core('configmaps', 'large'), 'identity')).encoding).toBeUndefined();
    expect((await raw(path, 'gzip')).encoding).toBeUndefined();
  });

  function raw(url: string, encoding: string): Promise<{ encoding: string | undefined; body: Buffer }> {
    const headers = { authorization: `Bearer ${cluster.token}`, 'accept-encoding': encoding };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: cluster.port, path: url, headers, rejectUnauthorized: false };
      const request = https.get(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ encoding: answer.headers['content-encoding'], body: Buffer.concat(chunks) }));
      });
      request.on('error', reject);
    });
  }
});

describe('versions', () => {
  test('autoscaling/v1 and v2 are one object', async () => {
    await api.made(apps('deployments'), deployment('scaled'));
    const group = (version: string, name = '') =>
      `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers${name}`;
    await api.made(group('v1'), {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: {
        maxReplicas: 3,
        targetCPUUtilizationPercentage: 70,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
      },
    });
    const v2 = (await api.get(group('v2', '/h'))).body;
    expect(v2.apiVersion).toBe('autoscaling/v2');
    expect(v2.spec.metrics[0].resource.target).toEqual({ type: 'Utilization', averageUtilization: 70 });
    const watch = await api.watch(group('v1'));
    await api.patch(group('v2', '/h'), { spec: { maxReplicas: 5 } });
    expect((await watch.until(({ type }) => type === 'MODIFIED')).at(-1)!.object).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { maxReplicas: 5, targetCPUUtilizationPercentage: 70 },
    });
    watch.close();
  });
});
