// The quota controller at work on a real server: what holds, what is used, what is freed, scopes and custom resources.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { isForbidden } from '../../client/errors.ts';
import { CustomResourceDefinition, Pod, ResourceQuota, Secret, Service } from '../../client/kinds.ts';
import type { ApiObject, Resource } from '../../client/resource.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { resourceQuota } from './resourcequota.ts';

jest.setTimeout(60_000);

describe('the quota controller', () => {
  let cluster: ControllersCluster;

  beforeAll(async () => {
    cluster = await startControllersCluster([resourceQuota]);
  });

  afterAll(() => cluster.stop());

  const used = (namespace: string, name: string, expected: Record<string, string>) =>
    until(`${name} to use ${JSON.stringify(expected)}`, async () => {
      const { status } = await cluster.client.resource(ResourceQuota).get({ namespace, name });
      return Object.entries(expected).every(([resource, amount]) => status?.used?.[resource] === amount);
    });
  const quota = (namespace: string, name: string, hard: Record<string, string>, more: object = {}) =>
    cluster.client.resource(ResourceQuota).create({ metadata: { namespace, name }, spec: { hard, ...more } });
  const pod = (namespace: string, name: string, requests: Record<string, string> = {}, more: object = {}) =>
    cluster.client.resource(Pod).create({
      metadata: { namespace, name },
      spec: { containers: [{ name: 'c', image: 'i', resources: { requests } }], ...more },
    });

  test('ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.', async () => {
    const namespace = await newNamespace(cluster.client);
    await cluster.client.resource(Secret).create({ metadata: { namespace, name: 'before' } });
    const hard = { pods: '5', secrets: '10', 'requests.cpu': '2', 'count/deployments.apps': '3' };
    await quota(namespace, 'q', hard);
    await used(namespace, 'q', { pods: '0', secrets: '1', 'requests.cpu': '0', 'count/deployments.apps': '0' });
    const { status } = await cluster.client.resource(ResourceQuota).get({ namespace, name: 'q' });
    expect(status?.hard).toEqual(hard);
  });

  test('ResourceQuota should create a ResourceQuota and capture the life of a pod.', async () => {
    const namespace = await newNamespace(cluster.client);
    await quota(namespace, 'q', { pods: '1', 'requests.cpu': '500m' });
    await used(namespace, 'q', { pods: '0' });
    await pod(namespace, 'first', { cpu: '500m' });
    await used(namespace, 'q', { pods: '1', 'requests.cpu': '500m' });
    const refused = await pod(namespace, 'second', { cpu: '1m' }).catch((error: unknown) => error);
    expect(isForbidden(refused)).toBe(true);
    const ended = { status: { phase: 'Succeeded' } };
    await cluster.client.resource(Pod).patch({ namespace, name: 'first' }, 'merge', ended, { subresource: 'status' });
    await used(namespace, 'q', { pods: '0', 'requests.cpu': '0' });
    await pod(namespace, 'second', { cpu: '100m' });
    await used(namespace, 'q', { pods: '1', 'requests.cpu': '100m' });
    await cluster.client.resource(Pod).delete({ namespace, name: 'second' });
    await used(namespace, 'q', { pods: '0', 'requests.cpu': '0' });
  });

  test('ResourceQuota should verify ResourceQuota with terminating scopes.', async () => {
    const namespace = await newNamespace(cluster.client);
    await quota(namespace, 'terminating', { pods: '5' }, { scopes: ['Terminating'] });
    await quota(namespace, 'not-terminating', { pods: '5' }, { scopes: ['NotTerminating'] });
    await pod(namespace, 'long');
    await pod(namespace, 'short', {}, { activeDeadlineSeconds: 3600 });
    await used(namespace, 'terminating', { pods: '1' });
    await used(namespace, 'not-terminating', { pods: '1' });
  });

  test('ResourceQuota should create a ResourceQuota and capture the life of a service.', async () => {
    const namespace = await newNamespace(cluster.client);
    await quota(namespace, 'q', { services: '5', 'services.nodeports': '1' });
    await used(namespace, 'q', { services: '0' });
    const ports = [{ port: 80 }];
    const service = await cluster.client
      .resource(Service)
      .create({ metadata: { namespace, name: 's' }, spec: { type: 'NodePort', ports } });
    await used(namespace, 'q', { services: '1', 'services.nodeports': '1' });
    await cluster.client.resource(Service).patch(service.metadata, 'merge', { spec: { type: 'ClusterIP' } });
    await used(namespace, 'q', { services: '1', 'services.nodeports': '0' });
    await cluster.client.resource(Service).delete(service.metadata);
    await used(namespace, 'q', { services: '0' });
  });

  test('ResourceQuota should be able to update and delete ResourceQuota.', async () => {
    const namespace = await newNamespace(cluster.client);
    const { metadata } = await quota(namespace, 'q', { pods: '5' });
    await used(namespace, 'q', { pods: '0' });
    await cluster.client.resource(ResourceQuota).patch(metadata, 'merge', { spec: { hard: { secrets: '7' } } });
    await used(namespace, 'q', { secrets: '0', pods: '0' });
    const { status } = await cluster.client.resource(ResourceQuota).get(metadata);
    expect(status?.hard).toEqual({ pods: '5', secrets: '7' });
    await cluster.client.resource(ResourceQuota).delete(metadata);
  });

  test('ResourceQuota should create a ResourceQuota and capture the life of a custom resource.', async () => {
    const namespace = await newNamespace(cluster.client);
    const resource: Resource<ApiObject> = {
      group: 'quota.example.com',
      version: 'v1',
      resource: 'things',
      kind: 'Thing',
      namespaced: true,
    };
    const counted = 'count/things.quota.example.com';
    await quota(namespace, 'q', { [counted]: '2' });
    await cluster.client.resource(CustomResourceDefinition).create({
      metadata: { name: 'things.quota.example.com' },
      spec: {
        group: 'quota.example.com',
        scope: 'Namespaced',
        names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    const things = cluster.client.resource(resource);
    // From now on it is known how many there are; before, none may be made.
    await used(namespace, 'q', { [counted]: '0' });
    await things.create({ metadata: { namespace, name: 'a' } });
    await used(namespace, 'q', { [counted]: '1' });
    await things.delete({ namespace, name: 'a' });
    await used(namespace, 'q', { [counted]: '0' });
  });
});
