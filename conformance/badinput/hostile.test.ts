// Requests made to keep the server busy: each is answered within bounds that are sizes, and what is too large is refused.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { parsed, type RawAnswer, send } from '../support/https.ts';

jest.setTimeout(60_000);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ storage: 'memory' });
});
afterAll(() => cluster.stop());

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

function post(path: string, body: object | string, contentType = 'application/json'): Promise<RawAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return send(cluster, { method: 'POST', path, body: text, headers: { 'content-type': contentType } });
}

function patch(path: string, body: object, contentType: string): Promise<RawAnswer> {
  return send(cluster, { method: 'PATCH', path, body: JSON.stringify(body), headers: { 'content-type': contentType } });
}

/** The fields of a 422's causes, or the message of another refusal. */
function refusal({ status, body }: RawAnswer): string {
  const { message } = JSON.parse(body) as { message?: string };
  return `${status} ${message}`;
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n';

describe('YAML', () => {
  test.each<[string, string, RegExp]>([
    ['aliases', many(600, (i) => `a${i}: &a${i} x\nb${i}: *a${i}`).join('\n'), /excessive aliasing/],
    ['lists in one line', `data:\n${'- '.repeat(20_000)}x`, /exceeded max depth/],
    ['lists below each other', many(1100, (i) => `${' '.repeat(i)}- -`).join('\n'), /exceeded max depth/],
    ['flow lists', `data: ${'['.repeat(9000)}${']'.repeat(9000)}`, /exceeded max depth/],
  ])('%s', async (_, body, message) => {
    const answer = await post(configMaps, head + body, 'application/yaml');
    expect(refusal(answer)).toMatch(/^4\d\d /);
    expect(refusal(answer)).toMatch(message);
  });

  test('50,000 repeated keys', async () => {
    const body = `${head}data:\n${many(50_000, (i) => `  k${i % 10}: v`).join('\n')}`;
    const answer = await post(`${configMaps}?fieldValidation=Strict`, body, 'application/yaml');
    expect(answer.status).toBe(400);
    expect(parsed(answer)['message']).toMatch(/line 50004: key "k9" already set in map/);
  });
});

const crd = (name: string, spec: object) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${name}.hostile.example` },
  spec: {
    ...{ group: 'hostile.example', scope: 'Namespaced', names: { plural: name, kind: name } },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', ...spec } } } },
      },
    ],
  },
});
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const policy = (name: string, spec: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: ['x'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['x'] }],
    },
    ...spec,
  },
});
const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';

describe('patterns', () => {
  test.each([
    ['nested repeats', { properties: { a: { type: 'string', pattern: '((a{1000}){1000}){1000}' } } }],
    [
      'many large ones',
      { properties: Object.fromEntries(many(2000, (i) => [`p${i}`, { type: 'string', pattern: `^a{1,200}${i}$` }])) },
    ],
    [
      'in a rule',
      {
        properties: { a: { type: 'string' } },
        'x-kubernetes-validations': [{ rule: "self.a.matches('((a{1000}){1000}){10}')" }],
      },
    ],
  ])('of a schema: %s', async (_, spec) => {
    const answer = await post(crds, crd('as', spec));
    expect(refusal(answer)).toMatch(/^422 .*(expression too large|invalid repeat count|invalid matches argument)/);
  });

  test('patterns of a policy are bounded together', async () => {
    const validations = many(40, (i) => ({ expression: `'x'.matches('${'a{1000}'.repeat(100)}${i}')` }));
    expect(refusal(await post(policies, policy('patterns', { validations })))).toMatch(
      /^422 .*invalid matches argument/,
    );
  });
});

describe('expressions', () => {
  test('all of a policy are bounded together', async () => {
    const expression = many(1000, () => '[]==[]').join('||');
    const refused = await post(policies, policy('large', { validations: many(50, () => ({ expression })) }));
    expect(refusal(refused)).toMatch(/^422 .*expressions exceed the limit of 262144 characters in all/);
    const taken = await post(policies, policy('fits', { validations: many(20, () => ({ expression })) }));
    expect(taken.status).toBe(201);
  });

  test('a chain of 3,000 variables', async () => {
    const variables = many(3000, (i) => ({ name: `v${i}`, expression: i === 0 ? '1' : `variables.v${i - 1}` }));
    const taken = await post(
      policies,
      policy('chain', { variables, validations: [{ expression: 'variables.v2999 == 1' }] }),
    );
    expect(taken.status).toBe(201);
    const wrong = await post(
      policies,
      policy('early', { variables: variables.toReversed(), validations: [{ expression: 'true' }] }),
    );
    expect(refusal(wrong)).toMatch(/^422 .*undefined field 'v2998'/);
  });
});

describe('objects', () => {
  test('10,000 managers become eleven', async () => {
    const managedFields = many(10_000, (i) => ({
      ...{
        manager: `m${i}`,
        operation: 'Update',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        time: '2020-01-01T00:00:00Z',
      },
      fieldsV1: { 'f:data': { [`f:k${i}`]: {} } },
    }));
    const answer = await post(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'managed', managedFields },
    });
    expect(answer.status).toBe(201);
    const { metadata } = JSON.parse(answer.body) as {
      metadata: { managedFields: { manager: string; fieldsV1: object }[] };
    };
    expect(metadata.managedFields.length).toBeLessThanOrEqual(11);
  });

  test('a Pod whose 3,000 ports are all the same', async () => {
    const containers = many(3000, (i) => ({ name: `c${i}`, image: 'i', ports: [{ containerPort: 80, name: 'p' }] }));
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'ports' }, spec: { containers } };
    const answer = await post('/api/v1/namespaces/default/pods', pod);
    expect(answer.status).toBe(201);
    expect(String(answer.headers['warning']).length).toBeLessThan(8192);
  });

  test('a forbidden change of a Pod with 5,000 variables', async () => {
    const env = (value: string) => many(5000, (i) => ({ name: `E${i}`, value }));
    const pod = (value: string) => ({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'variables' } },
      spec: { containers: [{ name: 'c', image: 'i', env: env(value) }] },
    });
    expect((await post('/api/v1/namespaces/default/pods', pod('x'))).status).toBe(201);
    const path = '/api/v1/namespaces/default/pods/variables?fieldManager=m&force=true';
    const refused = await patch(path, pod('y'), 'application/apply-patch+yaml');
    expect(refusal(refused)).toMatch(/^422 .*pod updates may not change fields/);
  });

  test('JSON patches end at 10,000 operations', async () => {
    await post(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched' }, data: {} });
    const operations = many(10_001, (i) => ({ op: 'add', path: `/data/k${i}`, value: 'v' }));
    const refused = await patch(`${configMaps}/patched`, operations, 'application/json-patch+json');
    expect(refused.status).toBe(413);
    const whole = [{ op: 'add', path: '/data', value: {} }, ...operations.slice(0, 9999)];
    expect((await patch(`${configMaps}/patched`, whole, 'application/json-patch+json')).status).toBe(200);
  });

  test('a topology term without values, a backend without group, an applied list element without keys', async () => {
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'x' },
      provisioner: 'x.y/z',
    };
    const terms = { allowedTopologies: [{ matchLabelExpressions: [{ key: 'a' }] }] };
    expect(refusal(await post('/apis/storage.k8s.io/v1/storageclasses', { ...storageClass, ...terms }))).toBe(
      '422 StorageClass.storage.k8s.io "x" is invalid: allowedTopologies[0].matchLabelExpressions[0].values: Required value',
    );
    const ingress = {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'x' } },
      spec: { defaultBackend: { resource: { kind: 'v1', name: 'v1' } } },
    };
    expect((await post('/apis/networking.k8s.io/v1/namespaces/default/ingresses', ingress)).status).toBe(201);
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'x' } };
    await post('/api/v1/namespaces/default/serviceaccounts', { ...account, secrets: [{ name: 'a' }, {}] });
    const path = '/api/v1/namespaces/default/serviceaccounts/x?fieldManager=m';
    expect(refusal(await patch(path, account, 'application/apply-patch+yaml'))).toMatch(
      /^400 failed to create manager for existing fields: .*\.secrets: element 1: associative list with keys has an element that omits/,
    );
  });
});
