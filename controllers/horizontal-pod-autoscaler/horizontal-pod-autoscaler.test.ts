// The autoscaler at work on a real server. Custom resources in the groups of the metrics APIs stand for a metrics server.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { timestamp } from '../../client/clock.ts';
import { isNotFound } from '../../client/errors.ts';
import { CoreEvent, CustomResourceDefinition, Deployment, HorizontalPodAutoscaler, Pod } from '../../client/kinds.ts';
import type { ApiObject, Resource } from '../../client/resource.ts';
import { until } from '../../conformance/support/until.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { newNamespace } from '../testing/namespaces.ts';
import { setPodReady } from '../testing/objects.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

jest.setTimeout(60_000);

interface Metrics extends ApiObject {
  [field: string]: unknown;
}

const podMetrics: Resource<Metrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};
const queueLength: Resource<Metrics> = {
  group: 'external.metrics.k8s.io',
  version: 'v1beta1',
  resource: 'queuelength',
  kind: 'QueueLength',
  namespaced: true,
};

describe('the autoscaler', () => {
  let cluster: ControllersCluster;
  let namespace: string;

  beforeAll(async () => {
    const controllerFlags = {
      'horizontal-pod-autoscaler-sync-period': 100,
      'horizontal-pod-autoscaler-downscale-stabilization': 0,
      'horizontal-pod-autoscaler-cpu-initialization-period': 0,
    };
    cluster = await startControllersCluster([horizontalPodAutoscaler], { controllerFlags });
    namespace = await newNamespace(cluster.client);
  });

  afterAll(() => cluster.stop());

  const serve = async ({ group, version, resource, kind }: Resource<Metrics>): Promise<void> => {
    const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    await cluster.client.resource(CustomResourceDefinition).create({
      metadata: {
        name: `${resource}.${group}`,
        annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' },
      },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: resource, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    } as never);
  };
  const whenServed = <T>(work: () => Promise<T>): Promise<T> =>
    until('the metrics to be served', async () => {
      try {
        return (await work()) as T & {};
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  const deploy = async (name: string, replicas: number): Promise<void> => {
    const labels = { app: name };
    const spec = { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }] };
    const template = { metadata: { labels }, spec };
    const { metadata } = await cluster.client
      .resource(Deployment)
      .create({ metadata: { namespace, name }, spec: { replicas, selector: { matchLabels: labels }, template } });
    await cluster.client
      .resource(Deployment)
      .patch(metadata, 'merge', { status: { replicas } }, { subresource: 'status' });
    for (let index = 0; index < replicas; index++) {
      const key = { namespace, name: `${name}-${index}` };
      await cluster.client.resource(Pod).create({ metadata: { ...key, labels }, spec });
      await setPodReady(cluster.client, key, true);
      const startTime = timestamp(Date.now() - 3_600_000);
      await cluster.client.resource(Pod).patch(key, 'merge', { status: { startTime } }, { subresource: 'status' });
    }
  };
  const use = (name: string, cpu: string) =>
    whenServed(() =>
      cluster.client.resource(podMetrics).create({
        metadata: { namespace, name, labels: { app: name.replace(/-\d+$/, '') } },
        timestamp: timestamp(Date.now()),
        window: '30s',
        containers: [{ name: 'c', usage: { cpu, memory: '64Mi' } }],
      }),
    );
  const autoscale = (name: string, metrics: object[], more: object = {}) =>
    cluster.client.resource(HorizontalPodAutoscaler).create({
      metadata: { namespace, name },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: 1,
        maxReplicas: 10,
        metrics,
        ...more,
      } as never,
    });
  const get = (name: string) => cluster.client.resource(HorizontalPodAutoscaler).get({ namespace, name });
  const conditionsOf = async (name: string) =>
    Object.fromEntries(
      ((await get(name)).status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
    );
  const replicasOf = async (name: string) =>
    (await cluster.client.resource(Deployment).get({ namespace, name })).spec?.replicas;
  const events = async (name: string) =>
    (await cluster.client.resource(CoreEvent).list({ namespace })).items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason, message }) => `${reason}: ${message}`);
  const cpu = (averageUtilization: number) => ({
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  });

  test('says so where there are no metrics', async () => {
    await deploy('blind', 1);
    await autoscale('blind', [cpu(50)]);
    await until('the condition', async () => (await conditionsOf('blind'))['ScalingActive'] !== undefined);
    expect(await conditionsOf('blind')).toEqual({
      AbleToScale: 'True SucceededGetScale',
      ScalingActive: 'False FailedGetResourceMetric',
    });
    const [why] = (await get('blind')).status!.conditions!.filter(({ type }) => type === 'ScalingActive');
    expect(why?.message).toBe(
      'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: ' +
        'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
    );
  });

  test('says so where there is no target', async () => {
    await autoscale('nothing', [cpu(50)]);
    await until('the event', async () =>
      (await events('nothing')).includes('FailedGetScale: deployments.apps "nothing" not found'),
    );
    expect(await conditionsOf('nothing')).toEqual({ AbleToScale: 'False FailedGetScale' });
  });

  test('scales by what pods use of a resource', async () => {
    await serve(podMetrics);
    await deploy('cpu', 2);
    await use('cpu-0', '150m');
    await use('cpu-1', '150m');
    await autoscale('cpu', [cpu(50)], { maxReplicas: 3 });
    await until('three replicas', async () => (await replicasOf('cpu')) === 3);
    const { status } = await until('the status', async () => {
      const found = await get('cpu');
      return found.status?.desiredReplicas === 3 ? found : undefined;
    });
    expect(status?.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 150, averageValue: '150m' } } },
    ]);
    const expected =
      'SuccessfulRescale: New size: 3; reason: cpu resource utilization (percentage of request) above target';
    await until('the event', async () => (await events('cpu')).includes(expected));
    await until('the limit', async () => (await conditionsOf('cpu'))['ScalingLimited'] === 'True TooManyReplicas');
  });

  test('scales by a metric from outside, and down again', async () => {
    await serve(queueLength);
    await deploy('queue', 1);
    const { metadata } = await whenServed(() =>
      cluster.client.resource(queueLength).create({ metadata: { namespace, name: 'q' }, value: '40' }),
    );
    const external = { metric: { name: 'queuelength' }, target: { type: 'AverageValue', averageValue: '10' } };
    await autoscale('queue', [{ type: 'External', external }]);
    await until('four replicas', async () => (await replicasOf('queue')) === 4);
    await until('the event', async () =>
      (await events('queue')).includes(
        'SuccessfulRescale: New size: 4; reason: external metric queuelength(nil) above target',
      ),
    );
    await cluster.client.resource(queueLength).patch(metadata, 'merge', { value: '5' });
    const scaled = { status: { replicas: 4 } };
    await cluster.client
      .resource(Deployment)
      .patch({ namespace, name: 'queue' }, 'merge', scaled, { subresource: 'status' });
    await until('one replica', async () => (await replicasOf('queue')) === 1);
  });

  test('does nothing for a target without replicas, and brings one above its maximum back', async () => {
    await deploy('zero', 0);
    await autoscale('zero', [cpu(50)]);
    await until('the condition', async () => (await conditionsOf('zero'))['ScalingActive'] === 'False ScalingDisabled');
    await deploy('above', 4);
    await autoscale('above', [cpu(50)], { maxReplicas: 2 });
    await until('two replicas', async () => (await replicasOf('above')) === 2);
    await until('the event', async () =>
      (await events('above')).includes(
        'SuccessfulRescale: New size: 2; reason: Current number of replicas above Spec.MaxReplicas',
      ),
    );
  });
});
