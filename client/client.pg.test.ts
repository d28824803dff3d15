// The calls of a client, over both transports: the same answers, the same errors, the same ends.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../testing/index.ts';
import { Client } from './client.ts';
import { retryOnConflict } from './errors.ts';
import { ConfigMap, CoreEvent, CSIDriver, Namespace, Pod } from './kinds.ts';
import { transports } from './testing/clients.ts';
import type { Transport } from './transport.ts';
import type { WatchEvent } from './watch.ts';

// The first cluster prepares a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});

afterAll(async () => {
  await cluster.stop();
});

describe.each(Object.entries(transports))('over %s', (_name, open) => {
  let transport: Transport;
  let client: Client;

  beforeEach(() => {
    transport = open(cluster);
    client = new Client(transport, { userAgent: 'tests', fieldManager: 'tests' });
  });

  afterEach(async () => {
    await transport.close();
    await cluster.reset();
  });

  const inDefault = (name: string) => ({ namespace: 'default', name });

  test('an object is made, read, changed, patched and deleted', async () => {
    const maps = client.resource(ConfigMap);
    const made = await maps.create({ metadata: inDefault('a'), data: { x: '1' } });
    expect([made.kind, made.apiVersion, made.data]).toEqual(['ConfigMap', 'v1', { x: '1' }]);
    expect(await maps.get(made.metadata)).toEqual(made);
    const changed = await maps.update({ ...made, data: { x: '2' } });
    await expect(maps.update({ ...made, data: { x: '3' } })).rejects.toMatchObject({ reason: 'Conflict' });
    expect((await maps.patch(inDefault('a'), 'merge', { data: { y: '1' } })).data).toEqual({ x: '2', y: '1' });
    expect((await maps.patch(inDefault('a'), 'json', [{ op: 'remove', path: '/data/x' }])).data).toEqual({ y: '1' });
    expect((await maps.patch(inDefault('a'), 'strategic', { data: { z: '' } })).data).toEqual({ y: '1', z: '' });
    const preconditions = { resourceVersion: changed.metadata.resourceVersion! };
    await expect(maps.delete(inDefault('a'), { preconditions })).rejects.toMatchObject({ reason: 'Conflict' });
    expect(await maps.delete(inDefault('a'))).toMatchObject({ kind: 'Status', status: 'Success' });
    await expect(maps.get(inDefault('a'))).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('failures carry the Status of the server', async () => {
    const maps = client.resource(ConfigMap);
    await maps.create({ metadata: inDefault('a') });
    await expect(maps.create({ metadata: inDefault('a') })).rejects.toMatchObject({
      message: 'configmaps "a" already exists',
      code: 409,
      reason: 'AlreadyExists',
    });
    await expect(maps.create({ metadata: inDefault('A_') })).rejects.toMatchObject({ code: 422, reason: 'Invalid' });
    await expect(maps.create({ metadata: { namespace: 'none', name: 'a' } })).rejects.toMatchObject({
      reason: 'NotFound',
    });
    await expect(maps.get({ name: 'a' })).rejects.toThrow('an empty namespace may not be set');
    await expect(client.text({ method: 'GET', path: '/none' })).rejects.toMatchObject({ code: 404 });
    expect(await client.text({ method: 'GET', path: '/readyz' })).toBe('ok');
  });

  test('a dry run writes nothing; a status is written apart; subresources have paths of their own', async () => {
    await client.resource(ConfigMap).create({ metadata: inDefault('a') }, { dryRun: true });
    await expect(client.resource(ConfigMap).get(inDefault('a'))).rejects.toMatchObject({ reason: 'NotFound' });
    const pods = client.resource(Pod);
    const pod = await pods.create({ metadata: inDefault('p'), spec: { containers: [{ name: 'c', image: 'i' }] } });
    const running = await pods.updateStatus({ ...pod, status: { phase: 'Running' } });
    expect(running.status?.phase).toBe('Running');
    await pods.createSubresource(inDefault('p'), 'binding', { target: { kind: 'Node', name: 'n' } });
    expect((await pods.get(inDefault('p'))).spec?.nodeName).toBe('n');
    expect(await pods.delete(inDefault('p'), { gracePeriodSeconds: 5 })).toMatchObject({ kind: 'Pod' });
    await pods.delete(inDefault('p'), { gracePeriodSeconds: 0 });
  });

  test('lists are selected, paged, and complete; metadata alone is read where that is asked for', async () => {
    const maps = client.resource(ConfigMap);
    const names = Array.from({ length: 7 }, (_, i) => `m-${i}`);
    for (const name of names)
      await maps.create({ metadata: { ...inDefault(name), labels: { of: 'list' } }, data: { name } });
    const selection = { namespace: 'default', labelSelector: 'of=list' };
    const page = await maps.list({ ...selection, limit: 3 });
    expect(page.items.map(({ kind, metadata }) => [kind, metadata.name])).toEqual(
      names.slice(0, 3).map((name) => ['ConfigMap', name]),
    );
    const all = await maps.listAll({ ...selection, limit: 3 });
    expect(all.items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect((await maps.list({ fieldSelector: 'metadata.name=m-3' })).items).toHaveLength(1);
    const partial = await maps.metadata().list(selection);
    expect(partial.items[0]).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'm-0' } });
    expect(partial.items[0]).not.toHaveProperty('data');
    await maps.deleteCollection(selection);
    expect((await maps.list(selection)).items).toEqual([]);
    expect((await client.resource(CSIDriver).list()).items).toEqual([]);
  });

  test('a watch tells what happens from a revision on, ends by close, and is refused for what is gone', async () => {
    const maps = client.resource(ConfigMap);
    const { metadata } = await maps.list();
    const watch = await maps.watch({ namespace: 'default', resourceVersion: metadata.resourceVersion });
    const made = await maps.create({ metadata: inDefault('w') });
    await maps.update({ ...made, data: { a: 'b' } });
    await maps.delete(inDefault('w'));
    const events: WatchEvent<ConfigMap>[] = [];
    for await (const event of watch) {
      events.push(event);
      if (event.type === 'DELETED') watch.close();
    }
    expect(events.map(({ type, object }) => [type, object.metadata.name, object.data])).toEqual([
      ['ADDED', 'w', undefined],
      ['MODIFIED', 'w', { a: 'b' }],
      ['DELETED', 'w', { a: 'b' }],
    ]);
    const old = await maps.watch({ resourceVersion: '1' });
    await expect(old[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reason: 'Expired' });
  });

  test('the signal ends requests and watches, and leaving a loop ends the watch', async () => {
    const ending = new AbortController();
    const reason = new Error('enough');
    const watch = await client.resource(CoreEvent).watch({ signal: ending.signal });
    const next = watch[Symbol.asyncIterator]().next();
    ending.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(client.resource(Namespace).list({ signal: ending.signal })).rejects.toBe(reason);
    const other = await client
      .resource(Namespace)
      .watch({ sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' });
    for await (const { object } of other) {
      expect(object.kind).toBe('Namespace');
      break;
    }
    await expect(
      client.request({ method: 'GET', path: '/api/v1/pods', query: { watch: true }, timeoutMs: 20 }),
    ).rejects.toThrow('the request took longer than 20 ms');
  });

  test('a conflict is tried again on what is there then', async () => {
    const maps = client.resource(ConfigMap);
    await maps.create({ metadata: inDefault('a'), data: { count: '0' } });
    const increment = () =>
      retryOnConflict(async () => {
        const map = await maps.get(inDefault('a'));
        return maps.update({ ...map, data: { count: String(Number(map.data!['count']) + 1) } });
      });
    await Promise.all([increment(), increment(), increment()]);
    expect((await maps.get(inDefault('a'))).data).toEqual({ count: '3' });
    await expect(maps.create({ metadata: inDefault('a') })).rejects.toMatchObject({ reason: 'AlreadyExists' });
  });

  test('many watches share a connection, and requests pass them by', async () => {
    const maps = client.resource(ConfigMap);
    const watches = await Promise.all(Array.from({ length: 300 }, () => maps.watch({ namespace: 'default' })));
    const seen = watches.map(async (watch) => {
      for await (const { object } of watch) if (object.metadata.name === 'seen') return true;
      return false;
    });
    await maps.create({ metadata: inDefault('seen') });
    expect((await Promise.all(seen)).filter(Boolean)).toHaveLength(300);
  });
});
