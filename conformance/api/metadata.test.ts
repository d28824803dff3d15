// What the server does to metadata on writes: names, uid, generation, resourceVersion, preconditions, dry runs.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, apps, configMap, core, deployment, namespaces, pod, summary } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

describe('create', () => {
  test('generateName gives a name with five random characters', async () => {
    const made = await api.made(core('configmaps'), { ...configMap(''), metadata: { generateName: 'gen-' } });
    expect(made.metadata).toMatchObject({ generateName: 'gen-' });
    expect(made.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test('a generated name is cut to 63 characters', async () => {
    const made = await api.made(core('configmaps'), { ...configMap(''), metadata: { generateName: 'x'.repeat(70) } });
    expect(made.metadata.name).toHaveLength(63);
  });

  test.each([
    [7, 201],
    [8, 409],
  ])('a generated name that is taken is tried again: %i times taken is %i', async (collisions, expected) => {
    let left = collisions;
    const write = cluster.storage.write.bind(cluster.storage);
    // Somebody else takes the name at the last moment.
    const spy = jest.spyOn(cluster.storage, 'write').mockImplementation(async (operation) => {
      if (operation.type === 'create' && operation.key.resource === 'configmaps' && left-- > 0) await write(operation);
      return write(operation);
    });
    const { status, headers, body } = await api.post(core('configmaps'), {
      ...configMap(''),
      metadata: { generateName: `taken-${collisions}-` },
    });
    spy.mockRestore();
    expect(status).toBe(expected);
    if (status === 201) return;
    expect(headers['retry-after']).toBe('1');
    expect(body).toMatchObject({ reason: 'AlreadyExists', details: { kind: 'configmaps', retryAfterSeconds: 1 } });
    expect(body.message).toMatch(
      /^configmaps "taken-8-.{5}" already exists, the server was not able to generate a unique name for the object$/,
    );
  });

  test('the server sets uid and creationTimestamp, whatever the client says', async () => {
    const said = { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 9, selfLink: '/x' };
    const { metadata } = await api.made(core('configmaps'), configMap('system-fields', {}, said));
    expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.parse(metadata.creationTimestamp)).toBeGreaterThan(Date.parse('2020-01-01'));
    // Kinds that do not count generations keep what they are told, as upstream's do.
    expect(metadata.generation).toBe(9);
    expect(metadata).not.toHaveProperty('selfLink');
  });

  test('resourceVersion must not be set', async () => {
    const { status, body } = await api.post(core('configmaps'), configMap('with-rv', {}, { resourceVersion: '5' }));
    expect({ status, message: body.message }).toEqual({
      status: 400,
      message: 'resourceVersion should not be set on objects to be created',
    });
  });

  test('a taken name is AlreadyExists', async () => {
    await api.made(core('configmaps'), configMap('taken'));
    const { status, body } = await api.post(core('configmaps'), configMap('taken'));
    expect({ status, reason: body.reason, message: body.message }).toEqual({
      status: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "taken" already exists',
    });
  });

  test('neither name nor generateName is Invalid', async () => {
    const { status, body } = await api.post(core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    });
  });

  test('the namespace must be the one in the URL', async () => {
    const { status, body } = await api.post(
      core('configmaps'),
      configMap('elsewhere', {}, { namespace: 'kube-system' }),
    );
    expect({ status, message: body.message }).toEqual({
      status: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    });
  });

  test('a namespace that does not exist is NotFound', async () => {
    const { status, body } = await api.post(`${namespaces}/nowhere/configmaps`, configMap('x'));
    expect({ status, message: body.message }).toEqual({ status: 404, message: 'namespaces "nowhere" not found' });
  });
});

describe('generation', () => {
  test('counts changes of the spec, not of metadata or status', async () => {
    const path = apps('deployments', 'generation');
    const made = await api.made(apps('deployments'), deployment('generation'));
    expect(made.metadata.generation).toBe(1);
    expect((await api.patch(path, { metadata: { labels: { a: 'b' } } })).body.metadata.generation).toBe(1);
    expect((await api.patch(`${path}/status`, { status: { replicas: 1 } })).body.metadata.generation).toBe(1);
    expect((await api.patch(path, { spec: { replicas: 3 } })).body.metadata.generation).toBe(2);
    expect((await api.patch(path, { metadata: { generation: 77 } })).body.metadata.generation).toBe(2);
    expect((await api.patch(`${path}/scale`, { spec: { replicas: 5 } })).status).toBe(200);
    expect((await api.get(path)).body.metadata.generation).toBe(3);
  });
});

describe('update', () => {
  test('an old resourceVersion is a conflict; none is unconditional', async () => {
    const old = await api.made(core('configmaps'), configMap('conflict'));
    const path = core('configmaps', 'conflict');
    expect((await api.put(path, { ...old, data: { a: '1' } })).status).toBe(200);
    const { status, body } = await api.put(path, { ...old, data: { a: '2' } });
    expect({ status, reason: body.reason, message: body.message }).toEqual({
      status: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "conflict": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect((await api.put(path, configMap('conflict', { data: { a: '3' } }))).body.data).toEqual({ a: '3' });
  });

  test('a patch with an old resourceVersion is a conflict', async () => {
    const old = await api.made(core('configmaps'), configMap('patch-conflict'));
    const path = core('configmaps', 'patch-conflict');
    await api.patch(path, { data: { a: '1' } });
    const { resourceVersion } = old.metadata;
    expect((await api.patch(path, { metadata: { resourceVersion }, data: { a: '2' } })).status).toBe(409);
  });

  test('a resource without unconditional update needs a resourceVersion', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
    await api.made(path, lease);
    const { status, body } = await api.put(`${path}/l`, { ...lease, spec: { holderIdentity: 'me' } });
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message:
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    });
  });

  test('another uid is a conflict', async () => {
    const { metadata } = await api.made(core('configmaps'), configMap('uid'));
    const uid = '11111111-1111-1111-1111-111111111111';
    const { status, body } = await api.put(core('configmaps', 'uid'), configMap('uid', {}, { uid }));
    expect({ status, message: body.message }).toEqual({
      status: 409,
      message: `Operation cannot be fulfilled on configmaps "uid": Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    });
  });

  test('another uid in a patch is an invalid change', async () => {
    await api.made(core('configmaps'), configMap('patched-uid'));
    const { status, body } = await api.patch(core('configmaps', 'patched-uid'), { metadata: { uid: 'x' } });
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: 'ConfigMap "patched-uid" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    });
  });

  test('the name must be the one in the URL', async () => {
    await api.made(core('configmaps'), configMap('named'));
    const { status, body } = await api.put(core('configmaps', 'named'), configMap('other'));
    expect({ status, message: body.message }).toEqual({
      status: 400,
      message: 'the name of the object (other) does not match the name on the URL (named)',
    });
  });

  test('an update that changes nothing keeps the resourceVersion and sends no event', async () => {
    const made = await api.made(core('configmaps'), configMap('no-op', { data: { a: 'b' } }));
    const { resourceVersion } = made.metadata;
    const path = core('configmaps', 'no-op');
    const watch = await api.watch(`${core('configmaps')}?resourceVersion=${resourceVersion}`);
    expect((await api.put(path, made)).body.metadata.resourceVersion).toBe(resourceVersion);
    expect((await api.patch(path, { data: { a: 'b' } })).body.metadata.resourceVersion).toBe(resourceVersion);
    await api.patch(path, { data: { a: 'c' } });
    expect(summary([await watch.next()])).toEqual(['MODIFIED no-op']);
    expect(watch.events).toHaveLength(1);
    watch.close();
  });

  test('deletionTimestamp cannot be set by an update', async () => {
    const made = await api.made(core('configmaps'), configMap('not-deleted', {}, { finalizers: ['a.b/c'] }));
    const metadata = { ...made.metadata, deletionTimestamp: '2030-01-01T00:00:00Z' };
    const { status, body } = await api.put(core('configmaps', 'not-deleted'), { ...made, metadata });
    const cause = {
      reason: 'FieldValueInvalid',
      field: 'metadata.deletionTimestamp',
      message: expect.stringMatching(/^Invalid value: .*2030.*: field is immutable$/),
    };
    // Upstream checks metadata twice here, and says so twice.
    expect({ status, causes: body.details.causes }).toEqual({ status: 422, causes: [cause, cause] });
  });

  test('PUT creates what is missing where the resource allows it', async () => {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'put' }, spec: {} };
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/put';
    expect((await api.put(path, lease)).status).toBe(201);
    const refused = await api.put(core('configmaps', 'put'), configMap('put'));
    expect({ status: refused.status, message: refused.body.message }).toEqual({
      status: 404,
      message: 'configmaps "put" not found',
    });
  });

  test('PUT on what is missing with a uid does not create', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = (metadata: object) => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} });
    const withUid = await api.put(`${path}/gone`, lease({ name: 'gone', uid: 'abc' }));
    expect({ status: withUid.status, message: withUid.body.message }).toEqual({
      status: 409,
      message:
        'Operation cannot be fulfilled on leases.coordination.k8s.io "gone": Precondition failed: UID in precondition: abc, UID in object meta: ',
    });
    expect((await api.get(`${path}/gone`)).status).toBe(404);
  });
});

describe('dryRun=All', () => {
  test('stores nothing on any verb', async () => {
    const path = core('configmaps', 'dry');
    const before = await api.made(core('configmaps'), configMap('dry', { data: { a: 'b' } }));
    const created = await api.post(`${core('configmaps')}?dryRun=All`, configMap('dry-new'));
    expect(created.status).toBe(201);
    expect(created.body.metadata).toHaveProperty('uid');
    expect(created.body.metadata).not.toHaveProperty('resourceVersion');
    expect((await api.post(`${core('configmaps')}?dryRun=All`, configMap('dry'))).status).toBe(409);
    expect((await api.put(`${path}?dryRun=All`, { ...before, data: { a: '1' } })).body.data).toEqual({ a: '1' });
    expect((await api.patch(`${path}?dryRun=All`, { data: { a: '2' } })).body.data).toEqual({ a: '2' });
    expect((await api.delete(`${path}?dryRun=All`)).status).toBe(200);
    expect((await api.delete(path, { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] })).status).toBe(200);
    expect((await api.delete(`${core('configmaps')}?dryRun=All`)).status).toBe(200);
    expect((await api.get(path)).body).toEqual(before);
    expect((await api.get(core('configmaps', 'dry-new'))).status).toBe(404);
  });

  test('subresources too', async () => {
    await api.made(apps('deployments'), deployment('dry'));
    const before = await api.made(core('pods'), pod('dry'));
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n' };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'dry' }, target };
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'dry' } };
    expect((await api.post(`${core('pods', 'dry')}/binding?dryRun=All`, binding)).status).toBe(201);
    expect((await api.post(`${core('pods', 'dry')}/eviction?dryRun=All`, eviction)).status).toBe(201);
    const scaled = await api.patch(`${apps('deployments', 'dry')}/scale?dryRun=All`, { spec: { replicas: 9 } });
    expect(scaled.body.spec).toEqual({ replicas: 9 });
    expect((await api.get(core('pods', 'dry'))).body).toEqual(before);
    expect((await api.get(apps('deployments', 'dry'))).body.spec.replicas).toBe(2);
  });

  test('any other value is refused', async () => {
    const { status, body } = await api.post(`${core('configmaps')}?dryRun=Some`, configMap('dry-some'));
    expect({ status, message: body.message }).toEqual({
      status: 422,
      message: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    });
  });
});
