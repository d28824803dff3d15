// DELETE: finalizers, grace, propagation, preconditions, collections, and what each answers with.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, apps, configMap, core, type Document, deployment, namespaces, pod } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

const options = (more: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...more });

describe('finalizers', () => {
  test('hold the object until the last one is taken away', async () => {
    const path = core('configmaps', 'held');
    await api.made(core('configmaps'), configMap('held', {}, { finalizers: ['a.io/x', 'b.io/y'] }));
    const first = await api.delete(path);
    expect(first.status).toBe(200);
    expect(first.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, finalizers: ['a.io/x', 'b.io/y'] });
    const second = await api.delete(path);
    expect(second.body).toEqual(first.body);
    const added = await api.patch(path, { metadata: { finalizers: ['a.io/x', 'b.io/y', 'c.io/z'] } });
    expect({ status: added.status, message: added.body.message }).toEqual({
      status: 422,
      message:
        'ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c.io/z"}',
    });
    const watch = await api.watch(`${core('configmaps')}?resourceVersion=${first.body.metadata.resourceVersion}`);
    expect((await api.patch(path, { metadata: { finalizers: ['a.io/x'] } })).status).toBe(200);
    expect((await api.get(path)).status).toBe(200);
    expect((await api.patch(path, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await api.get(path)).status).toBe(404);
    expect((await watch.until(({ type }) => type === 'DELETED')).map(({ type }) => type)).toEqual([
      'MODIFIED',
      'DELETED',
    ]);
    watch.close();
  });

  test('generation goes up once when an object is marked', async () => {
    const metadata = { finalizers: ['a.io/x'] };
    await api.made(apps('deployments'), deployment('marked', metadata));
    expect((await api.delete(apps('deployments', 'marked'))).body.metadata.generation).toBe(2);
    expect((await api.delete(apps('deployments', 'marked'))).body.metadata.generation).toBe(2);
  });
});

describe('propagation', () => {
  test.each([
    ['Foreground', { propagationPolicy: 'Foreground' }, ['foregroundDeletion'], 200],
    ['Orphan', { propagationPolicy: 'Orphan' }, ['orphan'], 200],
    ['orphanDependents', { orphanDependents: true }, ['orphan'], 200],
  ])('%s is recorded as a finalizer', async (name, more, finalizers, status) => {
    const path = apps('deployments', `p-${name.toLowerCase()}`);
    await api.made(apps('deployments'), deployment(`p-${name.toLowerCase()}`));
    const answer = await api.delete(path, options(more));
    expect({ status: answer.status, finalizers: answer.body.metadata.finalizers }).toEqual({ status, finalizers });
    expect((await api.get(path)).body.metadata.finalizers).toEqual(finalizers);
  });

  test('Background deletes at once, and takes an orphan finalizer away', async () => {
    await api.made(apps('deployments'), deployment('p-background', { finalizers: ['orphan'] }));
    const answer = await api.delete(apps('deployments', 'p-background'), options({ propagationPolicy: 'Background' }));
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Success' });
  });

  test('the query says the same as the body', async () => {
    await api.made(apps('deployments'), deployment('p-query'));
    const answer = await api.delete(`${apps('deployments', 'p-query')}?propagationPolicy=Orphan`);
    expect(answer.body.metadata.finalizers).toEqual(['orphan']);
  });

  test('orphanDependents=false on what has to wait is Accepted', async () => {
    await api.made(apps('deployments'), deployment('p-accepted', { finalizers: ['a.io/x'] }));
    const answer = await api.delete(apps('deployments', 'p-accepted'), options({ orphanDependents: false }));
    expect({ status: answer.status, kind: answer.body.kind }).toEqual({ status: 202, kind: 'Deployment' });
  });

  test('both forms at once, and unknown policies, are refused', async () => {
    await api.made(core('configmaps'), configMap('p-refused'));
    const path = core('configmaps', 'p-refused');
    const both = await api.delete(path, options({ orphanDependents: true, propagationPolicy: 'Orphan' }));
    expect({ status: both.status, message: both.body.message }).toEqual({
      status: 422,
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    });
    const unknown = await api.delete(path, options({ propagationPolicy: 'Sideways' }));
    expect({ status: unknown.status, message: unknown.body.message }).toEqual({
      status: 422,
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    });
  });
});

describe('grace of pods', () => {
  const seconds = (metadata: Document, from: number): number =>
    Math.round((Date.parse(metadata.deletionTimestamp) - from) / 1000);

  async function assigned(name: string, spec: object = {}): Promise<string> {
    await api.made(core('pods'), pod(name, { nodeName: 'somewhere', ...spec }));
    return core('pods', name);
  }

  test('a pod on no node goes at once', async () => {
    await api.made(core('pods'), pod('unassigned'));
    const answer = await api.delete(core('pods', 'unassigned'));
    expect(answer.body).toMatchObject({ kind: 'Pod', metadata: { deletionGracePeriodSeconds: 0 } });
    expect((await api.get(core('pods', 'unassigned'))).status).toBe(404);
  });

  test('a pod on a node waits its terminationGracePeriodSeconds', async () => {
    const path = await assigned('waits', { terminationGracePeriodSeconds: 45 });
    const before = Date.now();
    const { status, body } = await api.delete(path);
    expect({ status, kind: body.kind, grace: body.metadata.deletionGracePeriodSeconds }).toEqual({
      status: 200,
      kind: 'Pod',
      grace: 45,
    });
    expect(seconds(body.metadata, before)).toBeGreaterThanOrEqual(44);
    expect(seconds(body.metadata, before)).toBeLessThanOrEqual(75);
    expect(body.metadata.generation).toBe(2);
  });

  test('a second delete may shorten the grace and never lengthen it', async () => {
    const path = await assigned('shortened');
    const first = await api.delete(path, options({ gracePeriodSeconds: 600 }));
    const again = await api.delete(path);
    expect(again.body).toEqual(first.body);
    expect((await api.delete(path, options({ gracePeriodSeconds: 700 }))).body).toEqual(first.body);
    const shorter = await api.delete(path, options({ gracePeriodSeconds: 500 }));
    expect(shorter.body.metadata.deletionGracePeriodSeconds).toBe(500);
    expect(seconds(shorter.body.metadata, Date.parse(first.body.metadata.deletionTimestamp))).toBe(-100);
    expect(shorter.body.metadata.generation).toBe(first.body.metadata.generation);
    const last = await api.delete(path, options({ gracePeriodSeconds: 0 }));
    expect({ status: last.status, kind: last.body.kind }).toEqual({ status: 200, kind: 'Pod' });
    expect((await api.get(path)).status).toBe(404);
  });

  test('0 deletes now; a negative period is one second', async () => {
    const now = await assigned('now');
    expect((await api.delete(`${now}?gracePeriodSeconds=0`)).status).toBe(200);
    expect((await api.get(now)).status).toBe(404);
    const negative = await assigned('negative');
    const { body } = await api.delete(negative, options({ gracePeriodSeconds: -5 }));
    expect(body.metadata.deletionGracePeriodSeconds).toBe(1);
  });

  test('a finished pod goes at once', async () => {
    const path = await assigned('finished');
    expect((await api.patch(`${path}/status`, { status: { phase: 'Succeeded' } })).status).toBe(200);
    await api.delete(path);
    expect((await api.get(path)).status).toBe(404);
  });

  test('a finalizer outlasts the grace', async () => {
    await api.made(core('pods'), pod('kept', { nodeName: 'somewhere' }, { finalizers: ['a.io/x'] }));
    const path = core('pods', 'kept');
    await api.delete(path);
    const { body } = await api.delete(path, options({ gracePeriodSeconds: 0 }));
    expect(body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0, finalizers: ['a.io/x'] });
    expect((await api.patch(path, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await api.get(path)).status).toBe(404);
  });

  test('taking the last finalizer away does not cut the grace', async () => {
    await api.made(core('pods'), pod('graceful', { nodeName: 'somewhere' }, { finalizers: ['a.io/x'] }));
    const path = core('pods', 'graceful');
    await api.delete(path);
    expect((await api.patch(path, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await api.get(path)).body.metadata.deletionGracePeriodSeconds).toBe(30);
  });
});

describe('preconditions', () => {
  test('uid and resourceVersion must match', async () => {
    const { metadata } = await api.made(core('configmaps'), configMap('pre'));
    const path = core('configmaps', 'pre');
    const uid = await api.delete(path, options({ preconditions: { uid: 'other' } }));
    expect({ status: uid.status, message: uid.body.message }).toEqual({
      status: 409,
      message: `Operation cannot be fulfilled on ConfigMap "pre": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    });
    const version = await api.delete(path, options({ preconditions: { resourceVersion: '1' } }));
    expect({ status: version.status, message: version.body.message }).toEqual({
      status: 409,
      message: `Operation cannot be fulfilled on ConfigMap "pre": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    });
    const both = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
    expect((await api.delete(path, options({ preconditions: both }))).status).toBe(200);
  });

  test('what is not there is NotFound', async () => {
    const { status, body } = await api.delete(core('configmaps', 'nothing'));
    expect({ status, message: body.message, details: body.details }).toEqual({
      status: 404,
      message: 'configmaps "nothing" not found',
      details: { name: 'nothing', kind: 'configmaps' },
    });
  });
});

describe('what a finished delete answers with', () => {
  test('a Status that names the object, for most kinds', async () => {
    const { metadata } = await api.made(apps('deployments'), deployment('status'));
    expect((await api.delete(apps('deployments', 'status'))).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'status', group: 'apps', kind: 'deployments', uid: metadata.uid },
    });
  });

  test.each([
    ['serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount' }],
    ['services', { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80 }] } }],
    ['resourcequotas', { apiVersion: 'v1', kind: 'ResourceQuota', spec: {} }],
    ['podtemplates', { apiVersion: 'v1', kind: 'PodTemplate', template: { spec: pod('x').spec } }],
  ])('the object, for %s', async (resource, object) => {
    const made = await api.made(core(resource), { ...object, metadata: { name: 'returned' } });
    const { status, body } = await api.delete(core(resource, 'returned'));
    expect({ status, kind: body.kind, uid: body.metadata.uid }).toEqual({
      status: 200,
      kind: made.kind,
      uid: made.metadata.uid,
    });
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
  });
});

describe('deletecollection', () => {
  test('deletes what the selectors choose and answers with the list', async () => {
    const path = `${namespaces}/kube-public/configmaps`;
    for (const name of ['a', 'b', 'c', 'd'])
      await api.made(path, configMap(name, {}, { labels: { half: name < 'c' ? 'first' : 'second' } }));
    const byLabel = await api.delete(`${path}?labelSelector=half=first`);
    expect(byLabel.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(byLabel.body.items.map(({ metadata }: Document) => metadata.name)).toEqual(['a', 'b']);
    const byField = await api.delete(`${path}?fieldSelector=metadata.name=d`);
    expect(byField.body.items.map(({ metadata }: Document) => metadata.name)).toEqual(['d']);
    const left = (await api.get(path)).body.items.map(({ metadata }: Document) => metadata.name);
    expect(left).toContain('c');
    expect(left).not.toContain('a');
    expect(left).not.toContain('d');
  });

  test('marks what has finalizers', async () => {
    const labels = { collection: 'held' };
    await api.made(core('configmaps'), configMap('collection-held', {}, { labels, finalizers: ['a.io/x'] }));
    expect((await api.delete(`${core('configmaps')}?labelSelector=collection=held`)).status).toBe(200);
    expect((await api.get(core('configmaps', 'collection-held'))).body.metadata).toHaveProperty('deletionTimestamp');
  });

  test('is not served across namespaces', async () => {
    expect((await api.delete('/api/v1/configmaps')).status).toBe(405);
  });
});

test('a Pod that goes at once is seen without grace before it is gone', async () => {
  const path = core('pods', 'watched');
  await api.made(core('pods'), pod('watched'));
  const watch = await api.watch(`${core('pods')}?fieldSelector=metadata.name=watched`);
  expect((await watch.next()).type).toBe('ADDED');
  expect((await api.delete(`${path}?gracePeriodSeconds=0`)).status).toBe(200);
  for (const type of ['MODIFIED', 'DELETED']) {
    const event = await watch.next();
    expect(event.type).toBe(type);
    expect(event.object.metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      deletionGracePeriodSeconds: 0,
    });
  }
  watch.close();
});
