// The official JavaScript client, unmodified: typed and dynamic calls, every patch type, watches.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

let cluster: Cluster;
let config: KubeConfig;
beforeAll(async () => {
  cluster = await startCluster();
  config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfigPath);
});
afterAll(() => cluster.stop());

const namespace = 'default';

function deployment(name: string, image: string) {
  const labels = { app: name };
  return {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  };
}

async function statusOf(call: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    return { code: error.code, reason: body.reason, message: body.message };
  }
  throw new Error('the call should have failed');
}

describe('typed clients', () => {
  test('version', async () => {
    const { major, minor } = await config.makeApiClient(VersionApi).getCode();
    expect([major, minor]).toEqual(['1', '36']);
  });

  test('create, read, list, replace, delete', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const made = await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'typed' }, data: { a: '1' } },
    });
    expect(made.metadata).toMatchObject({
      name: 'typed',
      namespace,
      uid: expect.any(String),
      resourceVersion: expect.any(String),
    });
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const read = await core.readNamespacedConfigMap({ namespace, name: 'typed' });
    expect(read).toEqual(made);
    const replaced = await core.replaceNamespacedConfigMap({
      namespace,
      name: 'typed',
      body: { ...read, data: { a: '2' } },
    });
    expect(replaced.data).toEqual({ a: '2' });
    expect(
      await statusOf(core.replaceNamespacedConfigMap({ namespace, name: 'typed', body: { ...read, data: {} } })),
    ).toMatchObject({ code: 409, reason: 'Conflict' });
    const listed = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=typed' });
    expect(listed.items.map(({ data }) => data)).toEqual([{ a: '2' }]);
    await core.deleteNamespacedConfigMap({ namespace, name: 'typed' });
    expect(await statusOf(core.readNamespacedConfigMap({ namespace, name: 'typed' }))).toEqual({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "typed" not found',
    });
  });

  test('pages of a list are of one revision', async () => {
    const core = config.makeApiClient(CoreV1Api);
    for (let i = 0; i < 5; i++)
      await core.createNamespacedSecret({
        namespace,
        body: { metadata: { name: `page-${i}`, labels: { set: 'pages' } } },
      });
    const names: (string | undefined)[] = [];
    const revisions = new Set<string | undefined>();
    let _continue: string | undefined;
    do {
      const page = await core.listNamespacedSecret({ namespace, labelSelector: 'set=pages', limit: 2, _continue });
      names.push(...page.items.map(({ metadata }) => metadata?.name));
      revisions.add(page.metadata?.resourceVersion);
      _continue = page.metadata?._continue;
      await core.createNamespacedSecret({
        namespace,
        body: { metadata: { generateName: 'page-later-', labels: { set: 'pages' } } },
      });
    } while (_continue);
    expect(names).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
    expect(revisions.size).toBe(1);
  });

  test('every patch type', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({ namespace, body: deployment('patched', 'nginx:1') });
    const patch = (type: string, body: unknown) =>
      apps.patchNamespacedDeployment({ namespace, name: 'patched', body }, setHeaderOptions('Content-Type', type));
    const strategic = await patch(PatchStrategy.StrategicMergePatch, {
      spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } },
    });
    expect(strategic.spec?.template.spec?.containers.map(({ name }) => name).sort()).toEqual(['main', 'side']);
    const merge = await patch(PatchStrategy.MergePatch, { metadata: { labels: { a: 'b' } }, spec: { replicas: 3 } });
    expect(merge).toMatchObject({ metadata: { labels: { a: 'b' }, generation: 3 }, spec: { replicas: 3 } });
    const json = await patch(PatchStrategy.JsonPatch, [{ op: 'replace', path: '/spec/replicas', value: 4 }]);
    expect(json.spec?.replicas).toBe(4);
    const status = await statusOf(patch(PatchStrategy.JsonPatch, [{ op: 'remove', path: '/spec/nowhere' }]));
    expect(status.code).toBe(422);
  });

  test('scale, status and other groups', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({ namespace, body: deployment('scaled', 'nginx:1') });
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'scaled' });
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
    await apps.replaceNamespacedDeploymentScale({
      namespace,
      name: 'scaled',
      body: { ...scale, spec: { replicas: 7 } },
    });
    expect((await apps.readNamespacedDeployment({ namespace, name: 'scaled' })).spec?.replicas).toBe(7);
    const job = {
      metadata: { name: 'job' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } },
    };
    expect(
      (await config.makeApiClient(BatchV1Api).createNamespacedJob({ namespace, body: job })).spec?.backoffLimit,
    ).toBe(6);
    const roles = await config.makeApiClient(RbacAuthorizationV1Api).listClusterRole();
    expect(roles.items.map(({ metadata }) => metadata?.name)).toEqual(
      expect.arrayContaining(['cluster-admin', 'admin', 'edit', 'view']),
    );
  });
});

describe('KubernetesObjectApi', () => {
  const spec = (name: string, data: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  });
  interface ConfigMap extends KubernetesObject {
    data?: Record<string, string>;
  }

  test('creates, reads, patches, replaces, lists and deletes by kind alone', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const made = await objects.create<ConfigMap>(spec('dynamic', { a: '1' }));
    expect(made.data).toEqual({ a: '1' });
    const patched = await objects.patch<ConfigMap>(
      spec('dynamic', { b: '2' }),
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    );
    expect(patched.data).toEqual({ a: '1', b: '2' });
    const read = await objects.read<ConfigMap>({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'dynamic', namespace },
    });
    expect(read.data).toEqual({ a: '1', b: '2' });
    const replaced = await objects.replace<ConfigMap>({ ...read, data: { c: '3' } });
    expect(replaced.data).toEqual({ c: '3' });
    const listed = await objects.list<ConfigMap>('v1', 'ConfigMap', namespace);
    expect(listed.items.map(({ metadata }) => metadata?.name)).toContain('dynamic');
    expect(await objects.delete(read)).toMatchObject({ status: 'Success' });
    expect(
      (await statusOf(objects.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'dynamic', namespace } })))
        .code,
    ).toBe(404);
  });

  test('reaches groups and cluster scope', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    await objects.create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'dynamic' },
      value: 5,
    } as KubernetesObject);
    const read = await objects.read<KubernetesObject & { value?: number }>({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'dynamic' },
    });
    expect(read.value).toBe(5);
    await expect(objects.create({ apiVersion: 'v1', kind: 'Potato', metadata: { name: 'x' } })).rejects.toThrow(
      'Unrecognized API version and kind: v1 Potato',
    );
  });
});

describe('Watch', () => {
  test('delivers each change in order, and ends when it is told to', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    let ended: unknown = 'not yet';
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion, allowWatchBookmarks: true },
      (phase, object) => {
        if (phase !== 'BOOKMARK') seen.push(`${phase} ${object.metadata.name}`);
      },
      (error) => {
        ended = error;
      },
    );
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' } } });
    await core.patchNamespacedConfigMap(
      { namespace, name: 'watched', body: { data: { a: 'b' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    await until('three events', () => seen.length >= 3);
    expect(seen).toEqual(['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
    controller.abort();
    await until('the end of the watch', () => ended !== 'not yet');
  });

  test('timeoutSeconds ends it from the server side, cleanly', async () => {
    const ended = await new Promise<unknown>((resolve) => {
      void new Watch(config).watch('/api/v1/namespaces', { timeoutSeconds: 1 }, () => {}, resolve);
    });
    expect(ended).toBeNull();
  });
});
