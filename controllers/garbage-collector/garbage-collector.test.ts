// The garbage collector at work on a real server: background, foreground and orphan, custom resources, and owners that do not exist.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { OwnerReference } from '../../apimachinery/object.ts';
import { isNotFound } from '../../client/errors.ts';
import { ConfigMap, CoreEvent, CustomResourceDefinition, ReplicationController } from '../../client/kinds.ts';
import type { ApiObject, Resource } from '../../client/resource.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { garbageCollector } from './garbage-collector.ts';

jest.setTimeout(60_000);

describe('the garbage collector', () => {
  let cluster: ControllersCluster;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startControllersCluster([garbageCollector]);
    namespace = await newNamespace(cluster.client);
  });

  afterAll(() => cluster.stop());

  const maps = () => cluster.client.resource(ConfigMap);
  const reference = (
    { apiVersion, kind, metadata }: ApiObject,
    more: Partial<OwnerReference> = {},
  ): OwnerReference => ({
    apiVersion,
    kind,
    name: metadata.name!,
    uid: metadata.uid!,
    ...more,
  });
  const map = (name: string, owners: OwnerReference[] = [], more: object = {}) =>
    maps().create({ metadata: { namespace, name, ownerReferences: owners, ...more } });
  const gone = (name: string, resource: Resource<ApiObject> = ConfigMap, within = namespace) =>
    until(`${name} to go`, async () => {
      try {
        await cluster.client.resource(resource).get({ namespace: within, name });
        return false;
      } catch (error) {
        if (isNotFound(error)) return true;
        throw error;
      }
    });
  const get = (name: string) => maps().get({ namespace, name });

  test('deletes dependents in the background, and theirs', async () => {
    const owner = await map('bg-owner');
    const child = await map('bg-child', [reference(owner)]);
    await map('bg-grandchild', [reference(child)]);
    await maps().delete(owner.metadata, { propagationPolicy: 'Background' });
    await gone('bg-owner');
    await gone('bg-child');
    await gone('bg-grandchild');
  });

  test('Garbage collector should orphan pods created by rc if delete options say so', async () => {
    const owner = await map('orphaning');
    await map('orphan', [reference(owner, { blockOwnerDeletion: true })]);
    await maps().delete(owner.metadata, { propagationPolicy: 'Orphan' });
    await gone('orphaning');
    expect((await get('orphan')).metadata.ownerReferences).toBeUndefined();
  });

  test('Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so', async () => {
    const owner = await map('fg-owner');
    await map('fg-child', [reference(owner, { blockOwnerDeletion: true })], { finalizers: ['example.com/hold'] });
    await map('fg-other', [reference(owner)]);
    await maps().delete(owner.metadata, { propagationPolicy: 'Foreground' });
    await gone('fg-other');
    await until('the child to be marked', async () => (await get('fg-child')).metadata.deletionTimestamp !== undefined);
    const held = await get('fg-owner');
    expect(held.metadata.finalizers).toEqual(['foregroundDeletion']);
    await maps().patch({ namespace, name: 'fg-child' }, 'merge', { metadata: { finalizers: null } });
    await gone('fg-child');
    await gone('fg-owner');
  });

  test("Garbage collector should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted", async () => {
    const going = await map('both-going');
    const staying = await map('both-staying');
    await map('both-child', [reference(going, { blockOwnerDeletion: true }), reference(staying)]);
    await maps().delete(going.metadata, { propagationPolicy: 'Foreground' });
    await gone('both-going');
    const child = await get('both-child');
    expect(child.metadata.ownerReferences).toEqual([reference(staying)]);
    expect(child.metadata.deletionTimestamp).toBeUndefined();
  });

  test('Garbage collector should not be blocked by dependency circle', async () => {
    const [a, b, c] = [await map('circle-a'), await map('circle-b'), await map('circle-c')];
    const block = { blockOwnerDeletion: true };
    const own = (object: ApiObject, owner: ApiObject) =>
      maps().patch(object.metadata, 'merge', { metadata: { ownerReferences: [reference(owner, block)] } });
    await own(a, c);
    await own(b, a);
    await own(c, b);
    await maps().delete(a.metadata, { propagationPolicy: 'Foreground' });
    for (const name of ['circle-a', 'circle-b', 'circle-c']) await gone(name);
  });

  test('what has an owner that does not exist goes, whether it is named wrongly or in another namespace', async () => {
    const other = await newNamespace(cluster.client);
    const elsewhere = await maps().create({ metadata: { namespace: other, name: 'elsewhere' } });
    await map('absent', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: randomUUID() }]);
    await gone('absent');
    await map('across', [reference(elsewhere)]);
    await gone('across');
    const event = await until('the event', async () => {
      const { items } = await cluster.client.resource(CoreEvent).list({ namespace });
      return items.find(({ reason }) => reason === 'OwnerRefInvalidNamespace');
    });
    const { uid } = elsewhere.metadata;
    expect(event).toMatchObject({
      type: 'Warning',
      message: `ownerRef [v1/ConfigMap, namespace: ${namespace}, name: elsewhere, uid: ${uid}] does not exist in namespace "${namespace}"`,
      involvedObject: { kind: 'ConfigMap', name: 'across' },
      source: { component: 'garbage-collector-controller' },
    });
    expect((await maps().get(elsewhere.metadata)).metadata.deletionTimestamp).toBeUndefined();
  });

  test('one that refers to its owner rightly stays when another refers to it wrongly', async () => {
    const owner = await map('named-owner');
    await map('named-right', [reference(owner)]);
    await map('named-wrong', [{ ...reference(owner), name: 'another' }]);
    await gone('named-wrong');
    expect((await get('named-right')).metadata.ownerReferences).toHaveLength(1);
  });

  test('Garbage collector should support cascading deletion of custom resources', async () => {
    const plural = 'collectables';
    const resource: Resource<ApiObject> = {
      group: 'gc.example.com',
      version: 'v1',
      resource: plural,
      kind: 'Collectable',
      namespaced: true,
    };
    await cluster.client.resource(CustomResourceDefinition).create({
      metadata: { name: `${plural}.gc.example.com` },
      spec: {
        group: 'gc.example.com',
        scope: 'Namespaced',
        names: { plural, singular: 'collectable', kind: 'Collectable', listKind: 'CollectableList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    const custom = cluster.client.resource(resource);
    const owner = await until('the resource', async () => {
      try {
        return await custom.create({ metadata: { namespace, name: 'owner' } });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
    await custom.create({ metadata: { namespace, name: 'child', ownerReferences: [reference(owner)] } });
    await map('of-custom', [reference(owner)]);
    await custom.create({ metadata: { namespace, name: 'kept', ownerReferences: [reference(owner)] } });
    await custom.delete(owner.metadata, { propagationPolicy: 'Background' });
    await gone('child', resource);
    await gone('kept', resource);
    await gone('of-custom');
  });

  test('Garbage collector should delete pods created by rc when not orphaning', async () => {
    const controllers = cluster.client.resource(ReplicationController);
    const rc = await controllers.create({
      metadata: { namespace, name: 'rc' },
      spec: {
        replicas: 0,
        selector: { a: 'b' },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    });
    await map('of-rc', [reference(rc)]);
    // Replication controllers leave their dependents alone unless they are told otherwise.
    await controllers.delete(rc.metadata, { propagationPolicy: 'Background' });
    await gone('of-rc');
  });
});
