// The namespace controller at work on a real server: everything goes, Pods first, and what remains is said.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { isForbidden, isNotFound } from '../../client/errors.ts';
import { ConfigMap, CustomResourceDefinition, Namespace, Pod, Secret } from '../../client/kinds.ts';
import type { ApiObject, Resource } from '../../client/resource.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { namespaceConditions } from './conditions.ts';
import { namespace as controller } from './namespace.ts';

jest.setTimeout(60_000);

describe('conditions', () => {
  const now = Date.UTC(2026, 0, 1);
  const fine = namespaceConditions([], { contentErrors: [] }, now)!;

  test('say that all is well, once', () => {
    expect(fine.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered',
      'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions',
      'NamespaceDeletionContentFailure False ContentDeleted',
      'NamespaceContentRemaining False ContentRemoved',
      'NamespaceFinalizersRemaining False ContentHasNoFinalizers',
    ]);
    expect(namespaceConditions(fine, { contentErrors: [] }, now + 1000)).toBeUndefined();
  });

  test('say what remains, in order, and when that began', () => {
    const remaining = new Map([
      ['secrets.', 1],
      ['pods.', 2],
    ]);
    const finalizers = new Map([['example.com/hold', 1]]);
    const first = namespaceConditions(fine, { contentErrors: ['b', 'a'], remaining, finalizers }, now + 5000)!;
    expect(Object.fromEntries(first.map(({ type, message }) => [type, message]))).toMatchObject({
      NamespaceDeletionContentFailure: 'Failed to delete all resource types, 2 remaining: a, b',
      NamespaceContentRemaining:
        'Some resources are remaining: pods. has 2 resource instances, secrets. has 1 resource instances',
      NamespaceFinalizersRemaining:
        'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    });
    const fewer = new Map([['pods.', 1]]);
    const second = namespaceConditions(first, { contentErrors: [], remaining: fewer, finalizers }, now + 9000)!;
    const remains = second.find(({ type }) => type === 'NamespaceContentRemaining');
    expect(remains).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' });
    expect(remains?.message).toBe('Some resources are remaining: pods. has 1 resource instances');
  });
});

describe('the namespace controller', () => {
  let cluster: ControllersCluster;

  beforeAll(async () => {
    const controllerFlags = { 'namespace-deletion-grace-period': 50 };
    cluster = await startControllersCluster([controller], { controllerFlags });
  });

  afterAll(() => cluster.stop());

  const gone = (name: string) =>
    until(`namespace ${name} to go`, async () => {
      try {
        await cluster.client.resource(Namespace).get({ name });
        return false;
      } catch (error) {
        return isNotFound(error);
      }
    });
  const conditionOf = async (name: string, type: string) => {
    const { status } = await cluster.client.resource(Namespace).get({ name });
    return status?.conditions?.find((condition) => condition.type === type);
  };
  const pod = (namespace: string, name: string, more: object = {}) =>
    cluster.client.resource(Pod).create({
      metadata: { namespace, name, ...more },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });

  test('Namespaces [Serial] should ensure that all pods are removed when a namespace is deleted', async () => {
    const namespace = await newNamespace(cluster.client);
    await pod(namespace, 'one');
    await cluster.client.resource(Secret).create({ metadata: { namespace, name: 'secret' } });
    await cluster.client.resource(Namespace).delete({ name: namespace });
    await gone(namespace);
    await cluster.client.resource(Namespace).create({ metadata: { name: namespace } });
    expect((await cluster.client.resource(Pod).list({ namespace })).items).toEqual([]);
    expect((await cluster.client.resource(Secret).list({ namespace })).items).toEqual([]);
  });

  test('OrderedNamespaceDeletion: namespace deletion should delete pod first', async () => {
    const namespace = await newNamespace(cluster.client);
    await pod(namespace, 'held', { finalizers: ['example.com/hold'] });
    await cluster.client.resource(ConfigMap).create({ metadata: { namespace, name: 'used' } });
    await cluster.client.resource(Namespace).delete({ name: namespace });
    await until('the pod to be marked', async () => {
      const { metadata } = await cluster.client.resource(Pod).get({ namespace, name: 'held' });
      return metadata.deletionTimestamp !== undefined;
    });
    await until('conditions', async () => conditionOf(namespace, 'NamespaceDeletionContentFailure'));
    await cluster.client.resource(ConfigMap).get({ namespace, name: 'used' });
    const late = cluster.client.resource(ConfigMap).create({ metadata: { namespace, name: 'late' } });
    expect(isForbidden(await late.catch((error: unknown) => error))).toBe(true);
    const release = { metadata: { finalizers: null } };
    await cluster.client.resource(Pod).patch({ namespace, name: 'held' }, 'merge', release);
    await gone(namespace);
  });

  test('a custom resource with a finalizer keeps the namespace, which says so', async () => {
    const resource: Resource<ApiObject> = {
      group: 'ns.example.com',
      version: 'v1',
      resource: 'holds',
      kind: 'Hold',
      namespaced: true,
    };
    await cluster.client.resource(CustomResourceDefinition).create({
      metadata: { name: 'holds.ns.example.com' },
      spec: {
        group: 'ns.example.com',
        scope: 'Namespaced',
        names: { plural: 'holds', singular: 'hold', kind: 'Hold', listKind: 'HoldList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    const namespace = await newNamespace(cluster.client);
    const holds = cluster.client.resource(resource);
    await until('the resource', async () => {
      try {
        return await holds.create({ metadata: { namespace, name: 'h', finalizers: ['example.com/hold'] } });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
    await cluster.client.resource(Namespace).delete({ name: namespace });
    const remaining = await until('what remains', async () => {
      const condition = await conditionOf(namespace, 'NamespaceContentRemaining');
      return condition?.status === 'True' ? condition : undefined;
    });
    expect(remaining).toMatchObject({
      reason: 'SomeResourcesRemain',
      message: 'Some resources are remaining: holds.ns.example.com has 1 resource instances',
    });
    expect(await conditionOf(namespace, 'NamespaceFinalizersRemaining')).toMatchObject({
      reason: 'SomeFinalizersRemain',
      message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    });
    await holds.patch({ namespace, name: 'h' }, 'merge', { metadata: { finalizers: null } });
    await gone(namespace);
  });
});
