// /status, /scale, /binding, /eviction, /ephemeralcontainers, /resize, /approval, namespaces/finalize, serviceaccounts/token.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient, apps, core, type Document, deployment, namespaces, pod } from './support/client.ts';
import { signingRequest } from './support/signing-request.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster);
});
afterAll(() => cluster.stop());

describe('/status', () => {
  test('takes the status and leaves the spec, and the other way round', async () => {
    const path = apps('deployments', 'status');
    const made = await api.made(apps('deployments'), deployment('status'));
    const changed = { ...made, spec: { ...made.spec, replicas: 7 }, status: { replicas: 7, observedGeneration: 1 } };
    const status = await api.put(`${path}/status`, changed);
    expect(status.body).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 7 }, metadata: { generation: 1 } });
    const { resourceVersion } = status.body.metadata;
    const whole = await api.put(path, { ...changed, metadata: { ...made.metadata, resourceVersion }, status: {} });
    expect(whole.body).toMatchObject({ spec: { replicas: 7 }, status: { replicas: 7 }, metadata: { generation: 2 } });
    expect((await api.get(`${path}/status`)).body).toEqual(whole.body);
    expect((await api.put(`${path}/status`, changed)).status).toBe(409);
  });

  test('of what does not exist is NotFound', async () => {
    const { status, body } = await api.patch(`${apps('deployments', 'none')}/status`, { status: {} });
    expect({ status, message: body.message }).toEqual({ status: 404, message: 'deployments.apps "none" not found' });
  });
});

describe('/scale', () => {
  const path = apps('deployments', 'scaled');
  let made: Document;
  beforeAll(async () => {
    made = await api.made(apps('deployments'), deployment('scaled'));
  });

  test('get, put and patch', async () => {
    const { body } = await api.get(`${path}/scale`);
    expect(body).toEqual({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: {
        name: 'scaled',
        namespace: 'default',
        uid: made.metadata.uid,
        resourceVersion: made.metadata.resourceVersion,
        creationTimestamp: made.metadata.creationTimestamp,
      },
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=scaled' },
    });
    const put = await api.put(`${path}/scale`, { ...body, spec: { replicas: 4 } });
    expect({ status: put.status, replicas: put.body.spec.replicas }).toEqual({ status: 200, replicas: 4 });
    expect((await api.put(`${path}/scale`, { ...body, spec: { replicas: 5 } })).status).toBe(409);
    expect((await api.patch(`${path}/scale`, { spec: { replicas: 6 } })).body.spec.replicas).toBe(6);
    const patch = [{ op: 'replace', path: '/spec/replicas', value: 7 }];
    const json = await api.patch(`${path}/scale`, patch, { 'content-type': 'application/json-patch+json' });
    expect(json.body.spec.replicas).toBe(7);
    expect((await api.get(path)).body).toMatchObject({ spec: { replicas: 7 }, metadata: { generation: 4 } });
  });

  test('refuses what cannot be', async () => {
    const { status, body } = await api.patch(`${path}/scale`, { spec: { replicas: -1 } });
    expect({ status, kind: body.details.kind, message: body.message }).toEqual({
      status: 422,
      kind: 'Scale',
      message:
        'Scale.autoscaling "scaled" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    });
  });
});

describe('/binding', () => {
  const binding = (name: string, node: string) => ({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });

  test('assigns a pod once', async () => {
    await api.made(core('pods'), pod('bound'));
    const { status, body } = await api.post(`${core('pods', 'bound')}/binding`, binding('bound', 'n1'));
    expect({ status, body }).toEqual({
      status: 201,
      body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    });
    const now = (await api.get(core('pods', 'bound'))).body;
    expect(now.spec.nodeName).toBe('n1');
    expect(now.status.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }));
    const again = await api.post(`${core('pods', 'bound')}/binding`, binding('bound', 'n2'));
    expect({ status: again.status, message: again.body.message }).toEqual({
      status: 409,
      message: 'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
    });
  });

  test('the older path, POST bindings, does the same', async () => {
    await api.made(core('pods'), pod('bound-2'));
    expect((await api.post(core('bindings'), binding('bound-2', 'n1'))).status).toBe(201);
    expect((await api.get(core('pods', 'bound-2'))).body.spec.nodeName).toBe('n1');
  });
});

describe('/eviction', () => {
  const eviction = (name: string, more: object = {}) => ({
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
    ...more,
  });
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

  async function budget(name: string, disruptionsAllowed: number): Promise<void> {
    const made = await api.made(budgets, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { minAvailable: 1, selector: { matchLabels: { budget: name } } },
    });
    const counts = { currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, disruptionsAllowed };
    const status = { observedGeneration: made.metadata.generation, ...counts };
    expect((await api.patch(`${budgets}/${name}/status`, { status })).status).toBe(200);
  }

  async function running(name: string, labels: object): Promise<string> {
    await api.made(core('pods'), pod(name, { nodeName: 'n1' }, { labels }));
    const conditions = [{ type: 'Ready', status: 'True' }];
    await api.patch(`${core('pods', name)}/status`, { status: { phase: 'Running', conditions } });
    return core('pods', name);
  }

  test('a pod without a budget goes, marked as disrupted', async () => {
    const path = await running('evicted', {});
    const { status, body } = await api.post(`${path}/eviction`, eviction('evicted'));
    expect({ status, kind: body.kind, said: body.status }).toEqual({ status: 201, kind: 'Status', said: 'Success' });
    const now = (await api.get(path)).body;
    expect(now.metadata).toHaveProperty('deletionTimestamp');
    expect(now.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }),
    );
  });

  test('a budget allows one, and then refuses with 429', async () => {
    await budget('allows-one', 1);
    const first = await running('budget-1', { budget: 'allows-one' });
    const second = await running('budget-2', { budget: 'allows-one' });
    expect((await api.post(`${first}/eviction`, eviction('budget-1'))).status).toBe(201);
    expect((await api.get(`${budgets}/allows-one`)).body.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { 'budget-1': expect.any(String) },
    });
    const { status, body } = await api.post(`${second}/eviction`, eviction('budget-2'));
    expect({ status, reason: body.reason, message: body.message }).toEqual({
      status: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
    });
    expect(body.details.causes[0].reason).toBe('DisruptionBudget');
    expect((await api.get(second)).body.metadata).not.toHaveProperty('deletionTimestamp');
  });

  test('preconditions and grace are those of the delete', async () => {
    const path = await running('evicted-pre', {});
    const wrong = eviction('evicted-pre', { deleteOptions: { preconditions: { uid: 'other' } } });
    expect((await api.post(`${path}/eviction`, wrong)).status).toBe(409);
    const graceful = eviction('evicted-pre', { deleteOptions: { gracePeriodSeconds: 5 } });
    expect((await api.post(`${path}/eviction`, graceful)).status).toBe(201);
    expect((await api.get(path)).body.metadata.deletionGracePeriodSeconds).toBe(5);
  });
});

describe('/ephemeralcontainers and /resize', () => {
  test('an ephemeral container is added and nothing else', async () => {
    await api.made(core('pods'), pod('debugged'));
    const path = `${core('pods', 'debugged')}/ephemeralcontainers`;
    const ephemeralContainers = [{ name: 'debug', image: 'busybox' }];
    const added = await api.patch(path, { spec: { ephemeralContainers, nodeName: 'ignored' } });
    expect(added.status).toBe(200);
    expect(added.body.spec.ephemeralContainers[0]).toMatchObject({ name: 'debug', image: 'busybox' });
    expect(added.body.spec).not.toHaveProperty('nodeName');
    const changed = await api.patch(path, { spec: { ephemeralContainers: [] } });
    expect(changed.status).toBe(422);
    expect((await api.patch(core('pods', 'debugged'), { spec: { ephemeralContainers: [] } })).status).toBe(422);
  });

  test('resources change through /resize only', async () => {
    const resources = (cpu: string) => ({ requests: { cpu, memory: '1Gi' }, limits: { cpu, memory: '1Gi' } });
    const container = (cpu: string) => ({ name: 'c', image: 'busybox', resources: resources(cpu) });
    const made = await api.made(core('pods'), pod('resized', { containers: [container('1')] }));
    const path = core('pods', 'resized');
    const bigger = { ...made, spec: { ...made.spec, containers: [{ ...made.spec.containers[0], ...container('2') }] } };
    expect((await api.put(path, bigger)).status).toBe(422);
    const { status, body } = await api.put(`${path}/resize`, bigger);
    expect({ status, cpu: body.spec?.containers[0].resources.limits.cpu }).toEqual({ status: 200, cpu: '2' });
    expect(body.metadata.generation).toBe(2);
  });
});

describe('/approval', () => {
  test('takes the approval, which the object itself and its status do not', async () => {
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const made = await api.made(requests, signingRequest('approved'));
    expect(made.spec.username).toBe('cluster-admin');
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Tested', message: 'by hand' }];
    const path = `${requests}/approved`;
    expect((await api.patch(path, { status: { conditions } })).body.status).toEqual({});
    expect((await api.patch(`${path}/status`, { status: { conditions } })).status).toBe(422);
    const { status, body } = await api.patch(`${path}/approval`, { status: { conditions }, spec: { usages: [] } });
    expect({ status, condition: body.status.conditions[0].type }).toEqual({ status: 200, condition: 'Approved' });
    expect(body.spec).toEqual(made.spec);
  });
});

describe('namespaces/finalize', () => {
  test('a namespace goes when its last finalizer is taken away', async () => {
    const path = `${namespaces}/finalized`;
    await api.made(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'finalized' } });
    const deleted = await api.delete(path);
    expect(deleted.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    const made = await api.post(`${path}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } });
    expect({ status: made.status, causes: made.body.details.causes }).toEqual({
      status: 403,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: 'namespace finalized is being terminated',
          field: 'metadata.namespace',
        },
      ],
    });
    expect((await api.patch(path, { spec: { finalizers: [] } })).body.spec.finalizers).toEqual(['kubernetes']);
    const empty = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'finalized' }, spec: { finalizers: [] } };
    const finalized = await api.put(`${path}/finalize`, empty);
    expect(finalized.status).toBe(200);
    expect((await api.get(path)).status).toBe(404);
  });
});

describe('serviceaccounts/token', () => {
  test('gives a token that is its account', async () => {
    await api.made(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } });
    const { status, body } = await api.post(`${core('serviceaccounts', 'robot')}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    });
    expect({ status, kind: body.kind }).toEqual({ status: 201, kind: 'TokenRequest' });
    const robot = new ApiClient({ port: cluster.port, token: body.status.token });
    const me = await robot.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    expect(me.body.status.userInfo.username).toBe('system:serviceaccount:default:robot');
    await api.delete(core('serviceaccounts', 'robot'));
  });
});
