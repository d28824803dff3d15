// Certificates: what kubelets may ask for, how requests are signed, and how they fare over the wire
// (pkg/apis/certificates/helpers_test.go, pkg/controller/certificates/*/*_test.go, test/e2e/auth/certificates.go).
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from '../../client/client.ts';
import { inProcessTransport } from '../../client/in-process-transport.ts';
import { CertificateSigningRequest, ClusterRoleBinding } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { until } from '../../conformance/support/until.ts';
import { certificateSigningRequestApproving } from '../certificatesigningrequest-approving/certificatesigningrequest-approving.ts';
import {
  certificateSigningRequestCleaner,
  isDone,
} from '../certificatesigningrequest-cleaner/certificatesigningrequest-cleaner.ts';
import { kubeletClientError, kubeletServingError, parseRequest } from '../shared/certificate-requests.ts';
import { certificateRequest, type RequestOptions } from '../testing/certificate-request.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { certificateSigningRequestSigning, clientUsagesError } from './certificatesigningrequest-signing.ts';
import { signRequest, validityMs } from './sign.ts';

jest.setTimeout(60_000);

const kubelet = { commonName: 'system:node:n1', organizations: ['system:nodes'] };
const clientUsages = ['key encipherment', 'digital signature', 'client auth'];
const servingUsages = ['digital signature', 'server auth'];

test.each<[string, Partial<RequestOptions>, string[], string | undefined]>([
  ['as it should be', {}, clientUsages, undefined],
  ['without key encipherment', {}, ['digital signature', 'client auth'], undefined],
  ['no organization', { organizations: [] }, clientUsages, 'subject organization is not system:nodes'],
  [
    'two organizations',
    { organizations: ['system:nodes', 'x'] },
    clientUsages,
    'subject organization is not system:nodes',
  ],
  ['another name', { commonName: 'n1' }, clientUsages, 'subject common name does not begin with system:node:'],
  ['a DNS name', { dnsNames: ['n1'] }, clientUsages, 'DNS subjectAltNames are not allowed'],
  ['an address', { ipAddresses: ['10.0.0.1'] }, clientUsages, 'IP subjectAltNames are not allowed'],
  ['an email address', { emailAddresses: ['a@b.c'] }, clientUsages, 'Email subjectAltNames are not allowed'],
  ['a URI', { uris: ['http://x'] }, clientUsages, 'URI subjectAltNames are not allowed'],
  ['other usages', {}, servingUsages, 'usages did not match [client auth digital signature key encipherment]'],
])("a kubelet's client certificate: %s", async (_, more, usages, error) => {
  const { request } = certificateRequest({ ...kubelet, ...more });
  expect(kubeletClientError(await parseRequest(request), usages)).toBe(error);
});

test.each<[string, Partial<RequestOptions>, string[], string | undefined]>([
  ['a DNS name', { dnsNames: ['n1'] }, servingUsages, undefined],
  ['an address', { ipAddresses: ['10.0.0.1', 'fd00::1'] }, servingUsages, undefined],
  ['nothing', {}, servingUsages, 'DNS or IP subjectAltName is required'],
  ['a URI', { dnsNames: ['n1'], uris: ['http://x'] }, servingUsages, 'URI subjectAltNames are not allowed'],
  [
    'other usages',
    { dnsNames: ['n1'] },
    clientUsages,
    'usages did not match [digital signature key encipherment server auth]',
  ],
])("a kubelet's serving certificate for %s", async (_, more, usages, error) => {
  const { request } = certificateRequest({ ...kubelet, ...more });
  expect(kubeletServingError(await parseRequest(request), usages)).toBe(error);
});

test.each<[string[], string | undefined]>([
  [clientUsages, undefined],
  [['digital signature'], 'missing required usage for client certificate: client auth'],
  [['client auth', 'server auth'], 'invalid usage for client certificate: server auth'],
])('usages %j of a client', (usages, error) => expect(clientUsagesError(usages)).toBe(error));

test.each<[number | undefined, number]>([
  [undefined, 3_600_000],
  [60, 600_000],
  [1200, 1_200_000],
  [7200, 3_600_000],
])('of %p s asked for within an hour come %d ms', (seconds, ms) => expect(validityMs(seconds, 3_600_000)).toBe(ms));

const hour = 3_600_000;
const at = (ms: number) => new Date(ms).toISOString();
test.each<[string, { type: string; ago: number }[], number, boolean, boolean]>([
  ['new', [], 0, false, false],
  ['pending for a day', [], 24 * hour + 1, false, true],
  ['denied just now', [{ type: 'Denied', ago: 0 }], 48 * hour, false, false],
  ['denied', [{ type: 'Denied', ago: hour + 1 }], 48 * hour, false, true],
  [
    'failed',
    [
      { type: 'Approved', ago: hour + 1 },
      { type: 'Failed', ago: hour + 1 },
    ],
    48 * hour,
    false,
    true,
  ],
  ['approved and issued', [{ type: 'Approved', ago: hour + 1 }], 48 * hour, true, true],
  ['approved, not issued', [{ type: 'Approved', ago: hour + 1 }], 48 * hour, false, false],
  ['approved, not issued for a day', [{ type: 'Approved', ago: 24 * hour + 1 }], 48 * hour, false, true],
])('a request is to go: %s', (_, conditions, age, issued, done) => {
  const now = Date.UTC(2026, 0, 10);
  const request = {
    metadata: { name: 'r', uid: 'u', creationTimestamp: at(now - age) },
    status: {
      conditions: conditions.map(({ type, ago }) => ({ type, status: 'True', lastUpdateTime: at(now - ago) })),
      ...(issued ? { certificate: 'eA==' } : {}),
    },
  } as CertificateSigningRequest;
  expect(isDone(request, now)).toBe(done);
});

describe('over the wire', () => {
  let on: ControllersCluster;
  let clock: FakeClock;
  beforeEach(async () => {
    // Certificates have whole seconds.
    clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000);
    const descriptors = [
      certificateSigningRequestApproving,
      certificateSigningRequestSigning,
      certificateSigningRequestCleaner,
    ];
    on = await startControllersCluster(descriptors, { clock, authority: true });
  });
  afterEach(() => on.stop());

  const requests = () => on.client.resource(CertificateSigningRequest);
  const issued = (name: string) =>
    until(name, async () => {
      const { status } = await requests().get({ name });
      return status?.certificate ? new X509Certificate(Buffer.from(status.certificate, 'base64')) : undefined;
    });
  const authority = () => new X509Certificate(on.cluster.certificateAuthority);
  const approve = async (name: string) => {
    const request = await requests().get({ name });
    const conditions = [{ type: 'Approved', status: 'True', reason: 'ByHand', message: '' }];
    await requests().updateSubresource({ name }, 'approval', { ...request, status: { conditions } });
  };

  test('Certificates API [Privileged:ClusterAdmin] should support building a client with a CSR [Conformance]', async () => {
    const { request, key } = certificateRequest({ commonName: 'jane', organizations: ['devs'] });
    const spec = {
      request,
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: clientUsages,
      expirationSeconds: 3600,
    };
    await requests().create({ metadata: { name: 'jane' }, spec });
    await approve('jane');
    const certificate = await issued('jane');
    expect(certificate.subject).toBe('O=devs\nCN=jane');
    expect(certificate.verify(authority().publicKey)).toBe(true);
    expect(certificate.checkIssued(authority())).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.validToDate.getTime() - clock.now()).toBe(hour);
    expect(clock.now() - certificate.validFromDate.getTime()).toBe(300_000);
    // It is swept up when it has served.
    await until('it has gone', async () => {
      await clock.advance(hour / 2);
      return (await requests().list()).items.length === 0;
    });
  });

  test("a kubelet's renewal is approved where it may have it, and signed", async () => {
    for (const role of ['system:node', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient'])
      await on.client.resource(ClusterRoleBinding).create({
        metadata: { name: `test:${role}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
      });
    const user = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
    const node = new Client(inProcessTransport((request) => on.cluster.server.handle(user, request)));
    const spec = (commonName: string) => ({
      request: certificateRequest({ ...kubelet, commonName }).request,
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: clientUsages,
    });
    await node
      .resource(CertificateSigningRequest)
      .create({ metadata: { name: 'other' }, spec: spec('system:node:n2') } as never);
    await node
      .resource(CertificateSigningRequest)
      .create({ metadata: { name: 'own' }, spec: spec('system:node:n1') } as never);
    expect((await issued('own')).subject).toBe('O=system:nodes\nCN=system:node:n1');
    const { status } = await requests().get({ name: 'own' });
    expect(status!.conditions).toMatchObject([
      {
        type: 'Approved',
        status: 'True',
        reason: 'AutoApproved',
        message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
      },
    ]);
    expect((await requests().get({ name: 'other' })).status?.conditions ?? []).toEqual([]);
  });

  test('a serving certificate has its names; what a signer does not sign is marked as failed', async () => {
    const { request } = certificateRequest({
      ...kubelet,
      dnsNames: ['n1.local'],
      ipAddresses: ['10.0.0.1', 'fd00::1'],
    });
    const signerName = 'kubernetes.io/kubelet-serving';
    await requests().create({ metadata: { name: 'good' }, spec: { request, signerName, usages: servingUsages } });
    await requests().create({ metadata: { name: 'bad' }, spec: { request, signerName, usages: clientUsages } });
    await approve('good');
    await approve('bad');
    const certificate = await issued('good');
    expect(certificate.subjectAltName).toBe('DNS:n1.local, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    const failed = await until('failed', async () =>
      (await requests().get({ name: 'bad' })).status?.conditions?.find(({ type }) => type === 'Failed'),
    );
    expect(failed).toMatchObject({
      status: 'True',
      reason: 'SignerValidationFailure',
      message: 'usages did not match [digital signature key encipherment server auth]',
    });
  });
});

test('a request whose signature is wrong is not signed, nor one for usages that nobody knows', async () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const on = await startControllersCluster([]);
  try {
    const authority = { certificate: on.cluster.certificateAuthority, key };
    const sign = async (more: Partial<RequestOptions>, usages: string[]) =>
      signRequest(
        await parseRequest(certificateRequest({ commonName: 'x', ...more }).request),
        usages,
        hour,
        authority,
        Date.now(),
      );
    await expect(sign({ forged: true }, clientUsages)).rejects.toThrow(
      'unable to verify certificate request signature',
    );
    await expect(sign({}, ['flying'])).rejects.toThrow('unrecognized usage values: ["flying"]');
    await expect(
      signRequest(
        await parseRequest(certificateRequest({ commonName: 'x' }).request),
        clientUsages,
        hour,
        authority,
        Date.UTC(2200, 0),
      ),
    ).rejects.toThrow('expired in the past');
  } finally {
    await on.stop();
  }
});
