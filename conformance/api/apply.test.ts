// Server-side apply and managedFields over the wire: what a client can ask for, and what it is told. The rules themselves are tables
// in apimachinery/managed-fields.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { type Answer, ApiClient, apps, core, type Document, deployment, pod } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
  api = new ApiClient(cluster, { 'user-agent': 'suite/1.0 (test)' });
});
afterAll(() => cluster.stop());

function apply(path: string, body: unknown, query = 'fieldManager=one'): Promise<Answer> {
  return api.patch(`${path}?${query}`, body, { 'content-type': 'application/apply-patch+yaml' });
}

const configMap = (name: string, data: object, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data,
});

/** manager, operation, subresource and fields of each entry. */
function managers({ metadata }: Document): unknown[] {
  return (metadata.managedFields ?? []).map((entry: Document) => [
    entry.manager,
    entry.operation,
    entry.subresource ?? '',
    entry.fieldsV1,
  ]);
}

describe('managedFields', () => {
  test('a create is put down to the client’s program, or to the manager that it names', async () => {
    const anonymous = await api.made(core('configmaps'), configMap('by-agent', { a: '1' }));
    const fields = { 'f:data': { '.': {}, 'f:a': {} } };
    expect(managers(anonymous)).toEqual([['suite', 'Update', '', fields]]);
    const named = await api.made(`${core('configmaps')}?fieldManager=me`, configMap('by-name', { a: '1' }));
    expect(managers(named)).toEqual([['me', 'Update', '', fields]]);
    expect(named.metadata.managedFields[0]).toMatchObject({ apiVersion: 'v1', fieldsType: 'FieldsV1' });
  });

  test('what admission adds belongs to nobody', async () => {
    const made = await api.made(core('pods'), pod('admitted'));
    expect(made.spec.tolerations).toHaveLength(2);
    expect(JSON.stringify(made.metadata.managedFields)).not.toContain('f:tolerations');
  });

  test('a status write is another manager’s, and owns nothing of the spec', async () => {
    await api.made(apps('deployments'), deployment('with-status'));
    const path = `${apps('deployments')}/with-status/status?fieldManager=controller`;
    const { body } = await api.patch(path, { spec: { replicas: 9 }, status: { replicas: 2 } });
    expect(managers(body)).toContainEqual(['controller', 'Update', 'status', { 'f:status': { 'f:replicas': {} } }]);
    expect(body.spec.replicas).not.toBe(9);
  });

  test('a write that changes nothing writes nothing', async () => {
    const made = await api.made(core('configmaps'), configMap('unchanged', { a: '1' }));
    const { body } = await api.put(
      `${core('configmaps')}/unchanged?fieldManager=other`,
      configMap('unchanged', { a: '1' }),
    );
    expect(body.metadata).toEqual(made.metadata);
  });

  test('a dry run tells what would be, and keeps what is', async () => {
    const made = await api.made(core('configmaps'), configMap('dry', { a: '1' }));
    const { body } = await api.patch(`${core('configmaps')}/dry?dryRun=All&fieldManager=other`, { data: { a: '2' } });
    expect(managers(body).map((entry) => (entry as string[])[0])).toEqual(['other', 'suite'].sort());
    expect((await api.get(`${core('configmaps')}/dry`)).body).toEqual(made);
  });
});

describe('apply', () => {
  test('creates, changes, shares, refuses and forces', async () => {
    const path = `${core('configmaps')}/applied`;
    const created = await apply(path, configMap('applied', { a: '1', b: '2' }));
    expect(created.status).toBe(201);
    const again = await apply(path, configMap('applied', { a: '1', b: '2' }));
    expect(again.status).toBe(200);
    expect(again.body.metadata).toEqual(created.body.metadata);
    const refused = await apply(path, configMap('applied', { a: 'x' }), 'fieldManager=two');
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
    });
    const forced = await apply(path, configMap('applied', { a: 'x' }), 'fieldManager=two&force=true');
    expect(forced.body.data).toEqual({ a: 'x', b: '2' });
    const less = await apply(path, { apiVersion: 'v1', kind: 'ConfigMap' });
    expect(less.body.data).toEqual({ a: 'x' });
    expect(managers(less.body)).toEqual([['two', 'Apply', '', { 'f:data': { 'f:a': {} } }]]);
  });

  test('reads YAML', async () => {
    const { status, body } = await apply(
      `${core('configmaps')}/yaml`,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata:\n  a: "1"\n',
    );
    expect([status, body.data]).toEqual([201, { a: '1' }]);
  });

  test('/scale and the object tell each other who owns the replicas', async () => {
    const path = `${apps('deployments')}/scaled`;
    await apply(path, { ...deployment('scaled'), spec: { ...(deployment('scaled') as Document).spec, replicas: 2 } });
    const scale = (replicas: number) => ({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'scaled', namespace: 'default' },
      spec: { replicas },
    });
    const conflict = await apply(`${path}/scale`, scale(3), 'fieldManager=scaler');
    expect(conflict.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .spec.replicas');
    const forced = await apply(`${path}/scale`, scale(3), 'fieldManager=scaler&force=true');
    expect(forced.body.spec).toEqual({ replicas: 3 });
    const { body } = await api.get(path);
    const replicas = { 'f:spec': { 'f:replicas': {} } };
    expect(managers(body)).toContainEqual(['scaler', 'Apply', 'scale', replicas]);
    const back = await apply(path, {
      ...deployment('scaled'),
      spec: { ...(deployment('scaled') as Document).spec, replicas: 2 },
    });
    expect(back.body.message).toContain('conflict with "scaler" with subresource "scale": .spec.replicas');
  });

  test('versions of one object know each other’s fields', async () => {
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
    const hpa = (version: string, spec: object) => ({
      apiVersion: `autoscaling/${version}`,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: { scaleTargetRef: target, maxReplicas: 3, ...spec },
    });
    const path = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/h`;
    await apply(path('v1'), hpa('v1', { targetCPUUtilizationPercentage: 50 }));
    const metric = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
    };
    const { body } = await apply(path('v2'), hpa('v2', { metrics: [metric] }), 'fieldManager=two');
    expect(body.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.targetCPUUtilizationPercentage',
    );
  });

  const applied = configMap('refused', {});
  const refusals: [string, string, unknown, number, string | RegExp][] = [
    ['no manager', '', applied, 422, /fieldManager: Required value: is required for apply patch$/],
    [
      'another name',
      'fieldManager=m',
      configMap('other', {}),
      400,
      'the name of the object (other) does not match the name on the URL (refused)',
    ],
    [
      'another namespace',
      'fieldManager=m',
      configMap('refused', {}, { namespace: 'z' }),
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    ['another kind', 'fieldManager=m', { apiVersion: 'v1', kind: 'Pod' }, 400, 'invalid object type: /v1, Kind=Pod'],
    [
      'managedFields',
      'fieldManager=m',
      configMap('refused', {}, { managedFields: [] }),
      400,
      'metadata.managedFields must be nil',
    ],
    ['a uid', 'fieldManager=m', configMap('refused', {}, { uid: 'x' }), 409, /uid mismatch|Precondition failed/],
    [
      'no object',
      'fieldManager=m',
      '"x"',
      400,
      /^error decoding YAML: error unmarshaling JSON: .* json: cannot unmarshal string into Go value/,
    ],
    ['no YAML', 'fieldManager=m', 'a: [', 400, /^error decoding YAML: error converting YAML to JSON: yaml: line 1: /],
    ['an unknown field', 'fieldManager=m', { ...applied, dat: 1 }, 400, /\.dat: field not declared in schema$/],
    [
      'repeated keys',
      'fieldManager=m&fieldValidation=Strict',
      '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","a":"2"}}',
      400,
      /^error strict decoding YAML: .*key "a" already set in map$/s,
    ],
  ];
  test.each(refusals)('%s is refused', async (_name, query, body, status, message) => {
    const answer = await apply(`${core('configmaps')}/refused`, body, query);
    expect(answer.status).toBe(status);
    if (typeof message === 'string') expect(answer.body.message).toBe(message);
    else expect(answer.body.message).toMatch(message);
    expect((await api.get(`${core('configmaps')}/refused`)).status).toBe(404);
  });

  test('other patches take no force, and unknown ones are 415', async () => {
    const path = `${core('configmaps')}/applied`;
    const forced = await api.patch(`${path}?force=true`, {});
    expect([forced.status, forced.body.message]).toEqual([
      422,
      expect.stringContaining('force: Forbidden: may not be specified for non-apply patch'),
    ]);
    expect((await api.patch(path, {}, { 'content-type': 'text/plain' })).status).toBe(415);
  });
});
