// Service accounts, reviews and certificate requests as upstream's test/e2e/auth describes them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from '@jest/globals';
import { ApiClient, type Document } from '../api/support/client.ts';
import { answered, judge, seen, standsFor, uniqueName } from './support.ts';

const judged = judge();
const here = (resource: string) => `/api/v1/namespaces/${judged().namespace}/${resource}`;

const account = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, labels: { account: name } },
  ...more,
});

/** `default` is made by a controller, where there is one. */
async function ensureAccount(name: string, more: object = {}): Promise<void> {
  const { status, body } = await judged().api.post(here('serviceaccounts'), account(name, more));
  if (status !== 201 && body.reason !== 'AlreadyExists') throw new Error(body.message);
}

standsFor('[sig-auth] ServiceAccounts should allow opting out of API token automount [Conformance]', async () => {
  await ensureAccount('default');
  await ensureAccount('mount', { automountServiceAccountToken: true });
  await ensureAccount('nomount', { automountServiceAccountToken: false });
  const cases: [string, boolean | undefined, boolean][] = [
    ['default', undefined, true],
    ['mount', undefined, true],
    ['nomount', undefined, false],
    ...['default', 'mount', 'nomount'].flatMap((name): [string, boolean, boolean][] => [
      [name, true, true],
      [name, false, false],
    ]),
  ];
  for (const [serviceAccountName, automountServiceAccountToken, mounted] of cases) {
    const pod = await answered(
      201,
      judged().api.post(here('pods'), {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: uniqueName('pod') },
        spec: {
          containers: [{ name: 'token-test', image: 'test' }],
          restartPolicy: 'Never',
          serviceAccountName,
          ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }),
        },
      }),
    );
    const paths = (pod.spec.containers[0].volumeMounts ?? []).map((mount: Document) => mount.mountPath);
    const has = paths.includes('/var/run/secrets/kubernetes.io/serviceaccount');
    expect([serviceAccountName, automountServiceAccountToken, has]).toEqual([
      serviceAccountName,
      automountServiceAccountToken,
      mounted,
    ]);
  }
});

standsFor(
  '[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview [Conformance]',
  async () => {
    const { api } = judged();
    const name = uniqueName('sa');
    await ensureAccount(name);
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { status } = await answered(201, api.post(here(`serviceaccounts/${name}/token`), request));
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: status.token } };
    const answer = await answered(201, api.post('/apis/authentication.k8s.io/v1/tokenreviews', review));
    expect(answer.status.authenticated).toBe(true);
    expect(answer.status.error).toBeUndefined();
  },
);

standsFor('[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount [Conformance]', async () => {
  const { api } = judged();
  const name = uniqueName('lifecycle');
  const selector = `?labelSelector=account%3D${name}`;
  const watch = await api.watch(here('serviceaccounts') + selector);
  await answered(201, api.post(here('serviceaccounts'), account(name)));
  await seen(watch, 'ADDED', name);
  await answered(200, api.patch(here(`serviceaccounts/${name}`), { automountServiceAccountToken: false }));
  expect((await seen(watch, 'MODIFIED', name)).automountServiceAccountToken).toBe(false);
  expect((await answered(200, api.get(`/api/v1/serviceaccounts${selector}`))).items).toHaveLength(1);
  await answered(200, api.delete(here('serviceaccounts') + selector));
  await seen(watch, 'DELETED', name);
  watch.close();
});

standsFor('[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]', async () => {
  const { api } = judged();
  const name = uniqueName('update');
  const made = await answered(201, api.post(here('serviceaccounts'), account(name)));
  const changed = { ...made, automountServiceAccountToken: true };
  const put = await answered(200, api.put(here(`serviceaccounts/${name}`), changed));
  expect(put.automountServiceAccountToken).toBe(true);
});

standsFor('[sig-auth] SubjectReview should support SubjectReview API operations [Conformance]', async () => {
  const { api, namespace } = judged();
  const name = uniqueName('e2e');
  await ensureAccount(name);
  const user = `system:serviceaccount:${namespace}:${name}`;
  const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const spec = {
    resourceAttributes: { verb: 'list', resource: 'configmaps', namespace, version: 'v1' },
    user,
    groups,
  };
  const head = { apiVersion: 'authorization.k8s.io/v1' };
  const as = new ApiClient(api.endpoint, { 'impersonate-user': user, 'impersonate-group': 'system:authenticated' });
  const allowed = async () => {
    const { status } = await answered(
      201,
      api.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { ...head, kind: 'SubjectAccessReview', spec }),
    );
    const local = { ...head, kind: 'LocalSubjectAccessReview', metadata: { namespace }, spec };
    const answer = await answered(
      201,
      api.post(`/apis/authorization.k8s.io/v1/namespaces/${namespace}/localsubjectaccessreviews`, local),
    );
    expect(answer.status.allowed).toBe(status.allowed);
    return status.allowed;
  };
  expect(await allowed()).toBe(false);
  await answered(403, as.get(here('configmaps')));
  await answered(
    201,
    api.post(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    }),
  );
  expect(await allowed()).toBe(true);
  await answered(200, as.get(here('configmaps')));
});

/** A certificate signing request as a user makes it, base64 of PEM. */
function signingRequest(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'pgplane-csr-'));
  const request = path.join(folder, 'request.csr');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${request}.key`];
  execFileSync('openssl', ['req', '-new', ...key, '-subj', '/CN=e2e.example.com', '-out', request], {
    stdio: 'ignore',
  });
  const text = readFileSync(request).toString('base64');
  rmSync(folder, { recursive: true });
  return text;
}

standsFor(
  '[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations [Conformance]',
  async () => {
    const { api } = judged();
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const { resources } = await answered(200, api.get('/apis/certificates.k8s.io/v1'));
    expect(resources.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['', '/approval', '/status'].map((sub) => `certificatesigningrequests${sub}`)),
    );
    const signerName = `example.com/${uniqueName('e2e')}`;
    const template = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { generateName: 'e2e-example-csr-' },
      spec: {
        request: signingRequest(),
        signerName,
        expirationSeconds: 3600,
        usages: ['digital signature', 'key encipherment', 'server auth'],
      },
    };
    await answered(201, api.post(requests, template));
    await answered(201, api.post(requests, template));
    const made = await answered(201, api.post(requests, template));
    const object = `${requests}/${made.metadata.name}`;
    expect((await answered(200, api.get(object))).spec.expirationSeconds).toBe(3600);
    const bySigner = `?fieldSelector=spec.signerName%3D${encodeURIComponent(signerName)}`;
    const list = await answered(200, api.get(requests + bySigner));
    expect(list.items).toHaveLength(3);
    const watch = await api.watch(
      `${requests}?fieldSelector=metadata.name%3D${made.metadata.name}&resourceVersion=${list.metadata.resourceVersion}`,
    );
    const patched = await answered(200, api.patch(object, { metadata: { annotations: { patched: 'true' } } }));
    patched.metadata.annotations.updated = 'true';
    expect((await answered(200, api.put(object, patched))).metadata.annotations.updated).toBe('true');
    expect((await seen(watch, 'MODIFIED', made.metadata.name)).metadata.annotations.patched).toBe('true');

    expect((await answered(200, api.get(`${object}/approval`))).metadata.uid).toBe(made.metadata.uid);
    const approval = await answered(
      200,
      api.patch(`${object}/approval`, {
        metadata: { annotations: { patchedapproval: 'true' } },
        status: { conditions: [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e' }] },
      }),
    );
    expect(approval.status.conditions).toHaveLength(1);
    approval.status.conditions.push({ type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from a test' });
    const approved = await answered(200, api.put(`${object}/approval`, approval));
    expect(approved.status.conditions.map(({ type }: Document) => type)).toEqual(['ApprovalPatch', 'Approved']);

    expect((await answered(200, api.get(`${object}/status`))).metadata.uid).toBe(made.metadata.uid);
    const status = await answered(
      200,
      api.patch(`${object}/status`, { metadata: { annotations: { patchedstatus: 'true' } } }),
    );
    status.status.conditions.push({ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from a test' });
    const withStatus = await answered(200, api.put(`${object}/status`, status));
    expect(withStatus.status.conditions).toHaveLength(3);

    await answered(200, api.delete(object));
    await seen(watch, 'DELETED', made.metadata.name);
    watch.close();
    await answered(404, api.get(object));
    await answered(200, api.delete(requests + bySigner));
    expect((await answered(200, api.get(requests + bySigner))).items).toEqual([]);
  },
);
