// API aggregation through a server of another make: availability, identity, bodies, watches, upgrades, discovery, OpenAPI, failure.

import { once } from 'node:events';
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { until } from '../support/until.ts';
import {
  AggregatedServer,
  apiPath,
  apiService,
  group,
  serverName,
  service,
  version,
} from './support/aggregated-server.ts';
import { ApiClient, type Document } from './support/client.ts';

jest.setTimeout(30_000);

const name = `${version}.${group}`;
const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const flunders = `${apiPath}/namespaces/default/flunders`;
const v2Accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

let cluster: Cluster;
let api: ApiClient;
let remote: AggregatedServer;

async function condition(): Promise<Document> {
  const { body } = await api.get(`${apiServices}/${name}`);
  return body.status?.conditions?.find(({ type }: Document) => type === 'Available');
}

const reason = async (wanted: string) => (await condition())?.reason === wanted;

beforeAll(async () => {
  cluster = await startCluster();
  api = new ApiClient(cluster);
  remote = new AggregatedServer();
  const { data } = (await api.get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')).body;
  await remote.start(data['requestheader-client-ca-file'], serverName);
});
afterAll(async () => {
  await cluster.stop();
  await remote.stop();
});

describe('an aggregated API', () => {
  test('is unavailable until its Service is there, and says why', async () => {
    await api.made(apiServices, apiService(remote.authority, remote.port));
    await until('condition ServiceNotFound', () => reason('ServiceNotFound'));
    const { status, message } = await condition();
    expect([status, message]).toEqual(['False', 'service/wardle in "default" is not present']);
    const refused = await api.get(flunders);
    expect([refused.status, refused.body]).toEqual([503, 'service unavailable\n']);
    const table = await api.get(`${apiServices}/${name}`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.body.rows[0].cells.slice(0, 3)).toEqual([name, 'default/wardle', 'False (ServiceNotFound)']);
  });

  test('becomes available when its server answers', async () => {
    await api.made('/api/v1/namespaces/default/services', service);
    await until('condition Passed', () => reason('Passed'));
    expect(await condition()).toMatchObject({ status: 'True', message: 'all checks passed' });
    expect(remote.seen[0]!.headers).toMatchObject({
      'x-remote-user': 'system:kube-aggregator',
      'x-remote-group': 'system:masters',
    });
  });

  test('takes creates, gets, lists and watches, with bodies and errors as its server has them', async () => {
    const watch = await api.watch(flunders);
    const made = await api.post(flunders, {
      apiVersion: `${group}/${version}`,
      kind: 'Flunder',
      metadata: { name: 'red' },
      spec: { color: 'red' },
    });
    expect([made.status, made.body.metadata.uid]).toEqual([201, 'u-red']);
    expect((await api.get(`${flunders}/red`)).body.spec).toEqual({ color: 'red' });
    expect((await api.get(flunders)).body.items).toHaveLength(1);
    const missing = await api.get(`${flunders}/blue`);
    expect([missing.status, missing.body.reason]).toEqual([404, 'NotFound']);
    const events = await watch.until(({ object }) => object.metadata.name === 'red');
    expect(events[0]!.type).toBe('ADDED');
    watch.close();
    await until('the watch to end', () => remote.openWatches === 0);
  });

  test('is told who the user is by this server only', async () => {
    const asJane = {
      'impersonate-user': 'jane',
      'impersonate-group': 'system:masters',
      'impersonate-extra-Example.com%2fScope': 'a',
      'x-remote-user': 'mallory',
      'x-remote-group': 'evil',
      'x-remote-extra-evil': 'yes',
      'x-custom': 'kept',
    };
    await api.get(`${flunders}?limit=1`, asJane);
    const { headers, url } = remote.seen.at(-1)!;
    expect(url).toBe(`${flunders}?limit=1`);
    expect(headers).toMatchObject({
      'x-remote-user': 'jane',
      'x-remote-group': 'system:masters, system:authenticated',
      'x-remote-extra-example.com%2fscope': 'a',
      'x-custom': 'kept',
    });
    expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    for (const gone of ['authorization', 'impersonate-user', 'x-remote-extra-evil'])
      expect(headers[gone]).toBeUndefined();
  });

  test('is authorized here', async () => {
    const refused = await api.get(flunders, { 'impersonate-user': 'nobody' });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      `flunders.${group} is forbidden: User "nobody" cannot list resource "flunders" in API group "${group}" in the namespace "default"`,
    ]);
  });

  test.each(['websocket', 'SPDY/3.1'])('takes upgrades to %s', async (protocol) => {
    const request = https.request({
      host: '127.0.0.1',
      port: cluster.port,
      path: `${flunders}/red/echo`,
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${cluster.token}`, connection: 'Upgrade', upgrade: protocol },
    });
    request.end();
    const [answer, socket] = (await once(request, 'upgrade')) as [{ headers: Document }, import('node:net').Socket];
    expect(answer.headers.upgrade).toBe(protocol);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write('echo this\n');
    await until('the echo', () => text.endsWith('echo this\n'));
    expect(text).toBe('hello cluster-admin\necho this\n');
    socket.destroy();
  });

  test('an upgrade that this server answers itself is an answer like any other', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const answer = await api.get('/api/v1/namespaces/default/pods/none/exec', headers);
    expect([answer.status, answer.body.reason]).toEqual([404, 'NotFound']);
    expect((await api.get('/version', { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' })).status).toBe(200);
  });
});

describe('documents', () => {
  test('discovery lists its group where its priority puts it, in both forms', async () => {
    const found = async () => {
      const { items } = (await api.get('/apis', { accept: v2Accept })).body;
      return items.find(({ metadata }: Document) => metadata.name === group);
    };
    await until('discovery', async () => (await found())?.versions[0].freshness === 'Current');
    expect((await found()).versions[0].resources[0]).toMatchObject({ resource: 'flunders', scope: 'Namespaced' });
    const names = (await api.get('/apis')).body.groups.map((each: Document) => each.name);
    expect(names[0]).toBe('apiregistration.k8s.io');
    expect(names.at(-1)).toBe(group);
    const served = { groupVersion: `${group}/${version}`, version };
    expect((await api.get(`/apis/${group}`)).body).toEqual({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: group,
      versions: [served],
      preferredVersion: served,
    });
    expect((await api.get(apiPath)).body.resources[0].name).toBe('flunders');
    expect((await api.get('/apis/nobody.example.com')).status).toBe(404);
  });

  test('OpenAPI v3 names its document and gives it; v2 holds its paths and what they need', async () => {
    const key = apiPath.slice(1);
    await until('OpenAPI', async () => JSON.parse((await api.get('/openapi/v3')).body).paths[key] !== undefined);
    const { paths } = JSON.parse((await api.get('/openapi/v3')).body);
    expect(paths[key].serverRelativeURL).toBe(`/openapi/v3${apiPath}?hash=ABC`);
    expect(paths['api/v1']).toBeDefined();
    const document = (await api.get(paths[key].serverRelativeURL)).body;
    expect(document.components.schemas['com.example.wardle.v1alpha1.Flunder'].type).toBe('object');
    const v2 = (await api.get('/openapi/v2')).body;
    expect(v2.paths[`${apiPath}/namespaces/{namespace}/flunders`]).toBeDefined();
    expect(v2.definitions['com.example.wardle.v1alpha1.Flunder']).toBeDefined();
    expect(v2.definitions['io.k8s.api.core.v1.Pod']).toBeDefined();
    expect(v2.definitions.Other).toBeUndefined();
    expect(v2.paths['/apis/other.example.com/v1/x']).toBeUndefined();
  });
});

describe('when its server fails', () => {
  test('the condition says so, discovery is stale, requests are 503; and all is well again afterwards', async () => {
    remote.failWith = 500;
    // What the next periodic check would find is looked for at once after a change.
    await api.patch('/api/v1/namespaces/default/services/wardle', { metadata: { labels: { touched: 'yes' } } });
    await until('condition FailedDiscoveryCheck', () => reason('FailedDiscoveryCheck'));
    expect((await condition()).message).toMatch(
      /^failing or missing response from https:\/\/localhost:\d+\/apis\/wardle\.example\.com\/v1alpha1: bad status from .*: 500$/,
    );
    const { items } = (await api.get('/apis', { accept: v2Accept })).body;
    expect(items.some(({ metadata }: Document) => metadata.name === group)).toBe(true);
    expect((await api.get(flunders)).status).toBe(503);
    remote.failWith = undefined;
    await until('condition Passed', () => reason('Passed'));
    expect((await api.get(flunders)).status).toBe(200);
  });

  test('a server that is gone is 503 with the reason, and an answer broken off is seen as such', async () => {
    const watch = await api.watch(flunders);

    await remote.stop();
    expect(await watch.ended).toBe(false);
    const refused = await api.get(flunders);
    expect(refused.status).toBe(503);
    expect(refused.body).toMatch(/^(service unavailable|error trying to reach service: .*)\n$/);
  });

  test('without its APIService the group is gone', async () => {
    expect((await api.delete(`${apiServices}/${name}`)).status).toBe(200);
    await until('404', async () => (await api.get(flunders)).status === 404);
    const names = (await api.get('/apis')).body.groups.map((each: Document) => each.name);
    expect(names).not.toContain(group);
  });
});
