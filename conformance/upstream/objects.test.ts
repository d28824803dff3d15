// Namespaces, quotas, flow control and policies as objects, as upstream's test/e2e/apimachinery/{namespace,resource_quota,flowcontrol,
// validatingadmissionpolicy,mutatingadmissionpolicy}.go describe their operations. That policies act on requests is not of this file.
import { expect } from '@jest/globals';
import type { Document } from '../api/support/client.ts';
import { until } from '../support/until.ts';
import { answered, judge, standsFor, supportsOperations, uniqueName } from './support.ts';

const judged = judge();
const namespaces = '/api/v1/namespaces';

async function makeNamespace(): Promise<string> {
  const name = uniqueName('ns');
  await judged().api.made(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return `${namespaces}/${name}`;
}

/** Reads, changes and writes back, again while others get in between. */
async function updated(path: string, change: (object: Document) => void, to = path): Promise<Document> {
  const { api } = judged();
  return until('an update without a conflict', async () => {
    const object = await answered(200, api.get(path));
    change(object);
    const { status, body } = await api.put(to, object);
    if (status === 409) return false;
    expect([status, body.message]).toEqual([200, undefined]);
    return body;
  });
}

standsFor('[sig-api-machinery] Namespaces should patch a Namespace [Conformance] [Serial]', async () => {
  const path = await makeNamespace();
  await answered(200, judged().api.patch(path, { metadata: { labels: { testLabel: 'testValue' } } }));
  expect((await answered(200, judged().api.get(path))).metadata.labels.testLabel).toBe('testValue');
});

standsFor('[sig-api-machinery] Namespaces should apply an update to a Namespace [Conformance] [Serial]', async () => {
  const path = await makeNamespace();
  const object = await updated(path, ({ metadata }) => {
    metadata.labels.e2e = 'updated';
  });
  expect(object.metadata.labels.e2e).toBe('updated');
});

standsFor(
  '[sig-api-machinery] Namespaces should apply changes to a namespace status [Conformance] [Serial]',
  async () => {
    const { api } = judged();
    const path = await makeNamespace();
    const read = await answered(200, api.get(`${path}/status`));
    expect(read.status.phase).toBe('Active');
    const condition = { type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'Patched by an e2e test' };
    const body = { metadata: { annotations: { e2e: 'patched' } }, status: { conditions: [condition] } };
    const patched = await answered(200, api.patch(`${path}/status`, body));
    expect(patched.status.conditions).toEqual([expect.objectContaining(condition)]);
    const object = await updated(
      path,
      ({ status }) => {
        status.conditions.push({ ...condition, type: 'StatusUpdate', message: 'Updated by an e2e test' });
      },
      `${path}/status`,
    );
    expect(object.status.conditions.map(({ type }: Document) => type)).toEqual(['StatusPatch', 'StatusUpdate']);
  },
);

standsFor('[sig-api-machinery] Namespaces should apply a finalizer to a Namespace [Conformance] [Serial]', async () => {
  const path = await makeNamespace();
  const fake = 'e2e.example.com/fakeFinalizer';
  const added = await updated(path, ({ spec }) => spec.finalizers.push(fake), `${path}/finalize`);
  expect(added.spec.finalizers).toContain(fake);
  const removed = await updated(
    path,
    ({ spec }) => {
      spec.finalizers = spec.finalizers.filter((each: string) => each !== fake);
    },
    `${path}/finalize`,
  );
  expect(removed.spec.finalizers).not.toContain(fake);
});

const quota = (name: string, hard: object, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name, labels },
  spec: { hard },
});

standsFor(
  '[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota. [Conformance]',
  async () => {
    const { api, namespace } = judged();
    const quotas = `${namespaces}/${namespace}/resourcequotas`;
    await answered(201, api.post(quotas, quota('test-quota', { cpu: '1', memory: '500Mi' })));
    expect((await answered(200, api.get(`${quotas}/test-quota`))).spec.hard).toEqual({ cpu: '1', memory: '500Mi' });
    const put = await answered(200, api.put(`${quotas}/test-quota`, quota('test-quota', { cpu: '2', memory: '1Gi' })));
    expect(put.spec.hard).toEqual({ cpu: '2', memory: '1Gi' });
    expect((await answered(200, api.get(`${quotas}/test-quota`))).spec.hard).toEqual({ cpu: '2', memory: '1Gi' });
    await answered(200, api.delete(`${quotas}/test-quota`));
    await answered(404, api.get(`${quotas}/test-quota`));
  },
);

standsFor(
  '[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota [Conformance]',
  async () => {
    const { api, namespace } = judged();
    const quotas = `${namespaces}/${namespace}/resourcequotas`;
    const name = uniqueName('e2e-quota');
    const hard = { cpu: '1', memory: '500Mi' };
    await answered(201, api.post(quotas, quota(name, hard, { 'e2e-rq-label': name })));
    const selector = `?labelSelector=e2e-rq-label%3D${name}`;
    expect((await answered(200, api.get(`/api/v1/resourcequotas${selector}`))).items).toHaveLength(1);
    const body = { metadata: { labels: { [name]: 'patched' } }, spec: { hard: { memory: '750Mi' } } };
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    const patched = await answered(200, api.patch(`${quotas}/${name}`, body, strategic));
    expect([patched.metadata.labels[name], patched.spec.hard.memory]).toEqual(['patched', '750Mi']);
    await answered(200, api.delete(quotas + selector));
    await answered(404, api.get(`${quotas}/${name}`));
  },
);

const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';
const condition = (type: string) => ({ type, status: 'True', reason: 'Patched', message: 'by a test' });

standsFor(
  '[sig-api-machinery] API priority and fairness should support FlowSchema API operations [Conformance]',
  async () => {
    await supportsOperations(judged().api, {
      collection: `${flow}/flowschemas`,
      object: (name, labels) => ({
        apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
        kind: 'FlowSchema',
        metadata: { name, labels },
        spec: {
          matchingPrecedence: 10_000,
          priorityLevelConfiguration: { name: 'global-default' },
          distinguisherMethod: { type: 'ByUser' },
          rules: [
            {
              subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }],
              nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
            },
          ],
        },
      }),
      patch: {
        body: { metadata: { annotations: { patched: 'true' } }, spec: { matchingPrecedence: 9999 } },
        shows: ({ metadata, spec }) => metadata.annotations.patched === 'true' && spec.matchingPrecedence === 9999,
      },
      status: {
        body: { status: { conditions: [condition('PatchStatusTest')] } },
        shows: ({ status }) => status.conditions.some(({ type }: Document) => type === 'PatchStatusTest'),
      },
    });
  },
);

standsFor(
  '[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API operations [Conformance]',
  async () => {
    await supportsOperations(judged().api, {
      collection: `${flow}/prioritylevelconfigurations`,
      object: (name, labels) => ({
        apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
        kind: 'PriorityLevelConfiguration',
        metadata: { name, labels },
        spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
      }),
      patch: {
        body: {
          metadata: { annotations: { patched: 'true' } },
          spec: { limited: { nominalConcurrencyShares: 4 } },
        },
        shows: ({ metadata, spec }) =>
          metadata.annotations.patched === 'true' && spec.limited.nominalConcurrencyShares === 4,
      },
      status: {
        body: { status: { conditions: [condition('PatchStatusTest')] } },
        shows: ({ status }) => status.conditions.some(({ type }: Document) => type === 'PatchStatusTest'),
      },
    });
  },
);

const registration = '/apis/admissionregistration.k8s.io/v1';
const deployments = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] };

standsFor(
  '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations [Conformance]',
  async () => {
    await supportsOperations(judged().api, {
      collection: `${registration}/validatingadmissionpolicies`,
      object: (name, labels) => ({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name, labels },
        spec: {
          validations: [{ expression: 'true' }],
          matchConstraints: { resourceRules: [deployments] },
          matchConditions: [{ name: 'never', expression: 'false' }],
        },
      }),
      patch: {
        body: { metadata: { annotations: { patched: 'true' } }, spec: { failurePolicy: 'Ignore' } },
        shows: ({ spec }) => spec.failurePolicy === 'Ignore',
      },
      status: {
        body: { status: { conditions: [{ ...condition('Test'), lastTransitionTime: '2026-01-01T00:00:00Z' }] } },
        shows: ({ status }) => status.conditions.some(({ type }: Document) => type === 'Test'),
      },
    });
  },
);

standsFor(
  '[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations [Conformance]',
  async () => {
    await supportsOperations(judged().api, {
      collection: `${registration}/validatingadmissionpolicybindings`,
      object: (name, labels) => ({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name, labels },
        spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'] },
      }),
    });
  },
);

standsFor(
  '[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicy API operations [Conformance]',
  async () => {
    await supportsOperations(judged().api, {
      collection: `${registration}/mutatingadmissionpolicies`,
      object: (name, labels) => ({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingAdmissionPolicy',
        metadata: { name, labels },
        spec: {
          reinvocationPolicy: 'Never',
          matchConstraints: { resourceRules: [deployments] },
          matchConditions: [{ name: 'never', expression: 'false' }],
          mutations: [
            {
              patchType: 'ApplyConfiguration',
              applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"a": "b"}}}' },
            },
          ],
        },
      }),
    });
  },
);

standsFor(
  '[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicyBinding API operations [Conformance]',
  async () => {
    await supportsOperations(judged().api, {
      collection: `${registration}/mutatingadmissionpolicybindings`,
      object: (name, labels) => ({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingAdmissionPolicyBinding',
        metadata: { name, labels },
        spec: { policyName: 'policy.example.com' },
      }),
    });
  },
);
