// Definitions that come and go, on two servers over one database, under watches and writes (stands for [sig-api-machinery]
// CustomResourceDefinition resources "creating/deleting custom resource definition objects works", "listing custom resource definition objects
// works" and the finalizer tests of apiextensions-apiserver's integration suite).
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { send } from '../support/https.ts';
import { until } from '../support/until.ts';
import { ApiClient, type Document, summary } from './support/client.ts';
import { conditionsOf, crds, definition, established, path, removed, specSchema } from './support/custom.ts';
import { type SecondServer, startSecondServer } from './support/second-server.ts';

jest.setTimeout(60_000);

let cluster: Cluster;
let second: SecondServer;
let one: ApiClient;
let two: ApiClient;
beforeAll(async () => {
  cluster = await startCluster();
  second = await startSecondServer(cluster);
  one = new ApiClient(cluster);
  two = second.api;
});
afterAll(async () => {
  await second.stop();
  await cluster.stop();
});

const object = (group: string, kind: string, name: string, metadata: object = {}): Document => ({
  apiVersion: `${group}/v1`,
  kind,
  metadata: { name, ...metadata },
});

describe('two servers', () => {
  test('serve a resource as soon as either has said that it is established', async () => {
    for (let i = 0; i < 10; i++) {
      const [maker, user] = i % 2 === 0 ? [one, two] : [two, one];
      const group = `both-${i}.io`;
      await established(maker, definition(group, 'Thing'));
      const made = await user.post(path(group, 'v1', 'things'), object(group, 'Thing', 'a'));
      expect([i, made.status]).toEqual([i, 201]);
      expect((await maker.get(path(group, 'v1', 'things', 'a'))).body).toEqual(made.body);
    }
  });

  test('see each other’s changes of objects and of the schema', async () => {
    const versions = (properties: Document) => [
      { name: 'v1', served: true, storage: true, schema: specSchema(properties) },
    ];
    await established(one, definition('shared.io', 'Thing', { versions: versions({ a: { type: 'string' } }) }));
    const watch = await two.watch(path('shared.io', 'v1', 'things'));
    const made = object('shared.io', 'Thing', 'x');
    await one.made(path('shared.io', 'v1', 'things'), { ...made, spec: { a: '1', b: '2' } });
    expect((await watch.next()).object.spec).toEqual({ a: '1' });
    const wider = versions({ a: { type: 'string' }, b: { type: 'string', default: 'later' } });
    await one.patch(`${crds}/things.shared.io`, { spec: { versions: wider } });
    for (const server of [one, two]) {
      await until('the default', async () => {
        const { body } = await server.get(path('shared.io', 'v1', 'things', 'x'));
        return body.spec.b === 'later';
      });
    }
    await two.patch(path('shared.io', 'v1', 'things', 'x'), { spec: { b: 'now' } });
    expect((await watch.next()).object.spec).toEqual({ a: '1', b: 'now' });
    watch.close();
  });

  test('accept a name for one of two definitions that ask for it at the same time', async () => {
    for (let i = 0; i < 5; i++) {
      const named = (kind: string) =>
        definition(`race-${i}.io`, kind, {
          names: { plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), kind, shortNames: ['rc'] },
        });
      await Promise.all([one.made(crds, named('Cup')), two.made(crds, named('Mug'))]);
      const settled = await until('the names to settle', async () => {
        const { items } = (await one.get(crds)).body;
        const both = items.filter((crd: Document) => crd.spec.group === `race-${i}.io`);
        const accepted = both.filter((crd: Document) => conditionsOf(crd)['NamesAccepted']?.status === 'True');
        return accepted.length === 1 && both.every((crd: Document) => conditionsOf(crd)['NamesAccepted']) && both;
      });
      const holders = settled.filter((crd: Document) => crd.status.acceptedNames.shortNames?.includes('rc'));
      expect(holders).toHaveLength(1);
    }
  });
});

describe('deletion of a definition', () => {
  test('deletes its objects first, ends watches, and refuses new objects meanwhile', async () => {
    await established(one, definition('gone.io', 'Thing'));
    const things = path('gone.io', 'v1', 'things');
    for (let i = 0; i < 50; i++) await one.made(things, object('gone.io', 'Thing', `t-${i}`));
    await one.made(things, object('gone.io', 'Thing', 'held', { finalizers: ['test.io/hold'] }));
    const watch = await two.watch(`${things}?resourceVersion=${(await one.get(things)).body.metadata.resourceVersion}`);
    const deleted = (await one.delete(`${crds}/things.gone.io`)).body;
    expect(deleted.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    expect(conditionsOf(deleted)['Terminating']).toEqual({
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    });
    await until('the others to go', async () => (await two.get(things)).body.items.length === 1);
    const refused = await until('creates to be refused', async () => {
      const answer = await two.post(things, object('gone.io', 'Thing', 'late'));
      if (answer.status === 201) await two.delete(`${things}/late`);
      return answer.status !== 201 && answer;
    });
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'things.gone.io "late" is forbidden: create not allowed while custom resource definition is terminating',
    ]);
    const { body } = await one.get(`${crds}/things.gone.io`);
    expect(conditionsOf(body)['Terminating']?.reason).toBe('InstanceDeletionInProgress');
    const [resource] = (await one.get('/apis/gone.io/v1')).body.resources;
    expect(resource.verbs).toEqual(['delete', 'deletecollection', 'get', 'list', 'watch']);
    await one.patch(`${things}/held`, { metadata: { finalizers: null } });
    await until('the definition to go', async () => (await one.get(`${crds}/things.gone.io`)).status === 404);
    expect(await watch.ended).toBe(true);
    expect(summary(watch.events.filter(({ type }) => type === 'DELETED'))).toContain('DELETED held');
    for (const server of [one, two]) {
      await until('the resource to go', async () => (await server.get(things)).status === 404);
      expect((await server.get('/apis/gone.io')).status).toBe(404);
    }
  });

  test('that was never established goes at once', async () => {
    const names = { plural: 'cups', singular: 'cup', kind: 'Cup' };
    await established(one, definition('never.io', 'Cup', { names }));
    await one.made(crds, definition('never.io', 'Mug', { names: { plural: 'mugs', singular: 'cup', kind: 'Mug' } }));
    await until('the conflict', async () => {
      return conditionsOf((await one.get(`${crds}/mugs.never.io`)).body)['NamesAccepted']?.status === 'False';
    });
    await removed(one, 'mugs.never.io');
    expect((await one.get(path('never.io', 'v1', 'cups'))).status).toBe(200);
  });

  test('and creation anew, again and again under watches and writes, never shows an object of the one before', async () => {
    const things = path('loop.io', 'v1', 'things');
    let writing = true;
    const statuses = new Set<number>();
    const write = async (server: ApiClient, prefix: string) => {
      for (let i = 0; writing; i++)
        statuses.add((await server.post(things, object('loop.io', 'Thing', `${prefix}-${i}`))).status);
    };
    const watch = async (server: ApiClient) => {
      const request = { method: 'GET', path: `${things}?watch=true&timeoutSeconds=5`, headers: {} };
      while (writing) statuses.add((await send(server.endpoint, request)).status);
    };
    const background = [write(one, 'a'), write(two, 'b'), watch(one), watch(two)];
    for (let round = 0; round < 8; round++) {
      const crd = await established(round % 2 === 0 ? one : two, definition('loop.io', 'Thing'));
      const { items } = (await one.get(things)).body;
      for (const { metadata } of items) expect(metadata.creationTimestamp >= crd.metadata.creationTimestamp).toBe(true);
      await removed(two, 'things.loop.io');
      expect((await two.get(crds)).body.items.filter((one: Document) => one.spec.group === 'loop.io')).toEqual([]);
    }
    writing = false;
    await Promise.all(background);
    expect([...statuses].filter((status) => ![200, 201, 403, 404, 409].includes(status))).toEqual([]);
    const rows = await cluster.storage.list({ resource: 'things.loop.io' });
    expect(rows.items).toEqual([]);
  });
});

describe('a server that starts', () => {
  test('serves what was defined before, and what another defined meanwhile', async () => {
    await established(one, definition('restart.io', 'Thing'));
    const things = path('restart.io', 'v1', 'things');
    const made = await one.made(things, object('restart.io', 'Thing', 'a'));
    await cluster.restart();
    expect((await one.get(`${things}/a`)).body).toEqual(made);
    expect((await one.get('/apis/restart.io/v1')).status).toBe(200);
  });

  test('is not slowed by a huge schema', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`field${i}`, { type: 'string', maxLength: i + 1, default: `${i % 10}` }]),
    );
    const versions = [{ name: 'v1', served: true, storage: true, schema: specSchema(properties) }];
    await established(one, definition('huge.io', 'Thing', { versions }));
    const made = await two.made(path('huge.io', 'v1', 'things'), { ...object('huge.io', 'Thing', 'a'), spec: {} });
    expect(Object.keys(made.spec)).toHaveLength(2000);
    expect((await one.get('/readyz')).status).toBe(200);
  });
});
