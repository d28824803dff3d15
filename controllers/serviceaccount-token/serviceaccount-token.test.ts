// Secrets with tokens over the wire, and what becomes of those that nobody uses
// (pkg/controller/serviceaccount/{tokens_controller,legacy_serviceaccount_token_cleaner}_test.go).
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Pod, Secret, ServiceAccount } from '../../client/kinds.ts';
import { FakeClock } from '../../client/testing/fake-clock.ts';
import { until } from '../../conformance/support/until.ts';
import {
  legacyServiceAccountTokenCleaner,
  verdict,
} from '../legacy-serviceaccount-token-cleaner/legacy-serviceaccount-token-cleaner.ts';
import { podSecretNames } from '../legacy-serviceaccount-token-cleaner/pod-secrets.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { serviceAccountToken, tokenSecretType } from './serviceaccount-token.ts';

jest.setTimeout(60_000);

const yearMs = 365 * 24 * 3_600_000;
const now = Date.UTC(2030, 5, 15);

test.each<[string, Record<string, string>, string, string]>([
  ['young', {}, '2029-12-01T00:00:00Z', 'keep'],
  ['old', {}, '2028-01-01T00:00:00Z', 'invalidate'],
  ['old and used', { 'kubernetes.io/legacy-token-last-used': '2030-01-01' }, '2028-01-01T00:00:00Z', 'keep'],
  [
    'old and not used for long',
    { 'kubernetes.io/legacy-token-last-used': '2029-01-01' },
    '2028-01-01T00:00:00Z',
    'invalidate',
  ],
  ['with a date that is none', { 'kubernetes.io/legacy-token-last-used': 'x' }, '2028-01-01T00:00:00Z', 'keep'],
  ['invalid for a while', { 'kubernetes.io/legacy-token-invalid-since': '2030-01-01' }, '2028-01-01T00:00:00Z', 'keep'],
  ['invalid for long', { 'kubernetes.io/legacy-token-invalid-since': '2029-01-01' }, '2028-01-01T00:00:00Z', 'delete'],
])('a token that is %s', (_, labels, creationTimestamp, what) => {
  expect(
    verdict({ type: tokenSecretType, metadata: { labels, creationTimestamp } } as unknown as Secret, now, yearMs),
  ).toBe(what);
});

test('the secrets of a Pod', () => {
  const spec = {
    imagePullSecrets: [{ name: 'pull' }],
    initContainers: [{ envFrom: [{ secretRef: { name: 'from' } }, { configMapRef: { name: 'not' } }] }],
    containers: [
      {
        env: [
          { name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } },
          { name: 'F', value: 'v' },
        ],
      },
    ],
    volumes: [
      { secret: { secretName: 'volume' } },
      { projected: { sources: [{ secret: { name: 'projected' } }, { configMap: {} }] } },
      { csi: { nodePublishSecretRef: { name: 'csi' } } },
      { emptyDir: {} },
    ],
  };
  expect(podSecretNames({ spec } as unknown as Pod)).toEqual(['pull', 'from', 'env', 'volume', 'projected', 'csi']);
});

describe('over the wire', () => {
  let on: ControllersCluster;
  let clock: FakeClock;
  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    on = await startControllersCluster([serviceAccountToken, legacyServiceAccountTokenCleaner], {
      clock,
      authority: true,
    });
  });
  afterEach(() => on.stop());

  const namespace = 'default';
  const secrets = () => on.client.resource(Secret);
  const accounts = () => on.client.resource(ServiceAccount);
  const secretOf = (name: string) =>
    secrets()
      .get({ namespace, name })
      .catch(() => undefined);
  const make = (name: string, account: string) =>
    secrets().create({
      metadata: { namespace, name, annotations: { 'kubernetes.io/service-account.name': account } },
      type: tokenSecretType,
    });
  const review = async (token: string) =>
    on.client.request<{ status: { authenticated?: boolean; user: { username: string } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
    });

  test('a secret gets a token that is valid while it and its account exist', async () => {
    const account = await accounts().create({ metadata: { namespace, name: 'robot' } });
    await make('robot-token', 'robot');
    const secret = await until('a token', async () => {
      const found = await secretOf('robot-token');
      return found?.data?.['token'] ? found : undefined;
    });
    const text = (field: string) => Buffer.from(secret.data![field]!, 'base64').toString();
    expect([text('namespace'), text('ca.crt')]).toEqual([namespace, on.cluster.certificateAuthority]);
    expect(secret.metadata.annotations!['kubernetes.io/service-account.uid']).toBe(account.metadata.uid);
    const { status } = await review(text('token'));
    expect(status).toMatchObject({ authenticated: true, user: { username: 'system:serviceaccount:default:robot' } });
    await until(
      'its use is noted',
      async () =>
        (await secretOf('robot-token'))?.metadata.labels?.['kubernetes.io/legacy-token-last-used'] ===
        new Date().toISOString().slice(0, 10),
    );
    const label = (value: string | null) =>
      secrets().patch({ namespace, name: 'robot-token' }, 'merge', {
        metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': value } },
      });
    await label('2026-01-01');
    expect((await review(text('token'))).status.authenticated).not.toBe(true);
    await label(null);
    expect((await review(text('token'))).status.authenticated).toBe(true);
    await accounts().delete({ namespace, name: 'robot' });
    await until('it has gone', async () => (await secretOf('robot-token')) === undefined);
    await until('its token too', async () => (await review(text('token'))).status.authenticated !== true);
  });

  test('what is taken out is put back; a secret that goes is referred to no longer', async () => {
    await accounts().create({
      metadata: { namespace, name: 'robot' },
      secrets: [{ name: 'robot-token' }, { name: 'other' }],
    });
    await make('robot-token', 'robot');
    await until('a token', async () => (await secretOf('robot-token'))?.data?.['token'] !== undefined);
    await secrets().patch({ namespace, name: 'robot-token' }, 'merge', { data: { 'ca.crt': 'eA==', namespace: null } });
    await until('all back', async () => {
      const data = (await secretOf('robot-token'))?.data ?? {};
      return data['namespace'] !== undefined && data['ca.crt'] !== 'eA==';
    });
    await secrets().delete({ namespace, name: 'robot-token' });
    await until(
      'one reference',
      async () =>
        (await accounts().get({ namespace, name: 'robot' })).secrets?.map(({ name }) => name).join() === 'other',
    );
  });

  test('a token made automatically that nobody uses is invalidated after a year, and deleted a year later', async () => {
    await accounts().create({ metadata: { namespace, name: 'robot' }, secrets: [{ name: 'automatic' }] });
    await make('automatic', 'robot');
    await make('manual', 'robot');
    await until('tokens', async () => (await secretOf('manual'))?.data?.['token'] !== undefined);
    await clock.advance(yearMs + 3 * 24 * 3_600_000);
    await until(
      'it is marked',
      async () =>
        (await secretOf('automatic'))?.metadata.labels?.['kubernetes.io/legacy-token-invalid-since'] !== undefined,
    );
    await until('it has gone', async () => {
      await clock.advance(30 * 24 * 3_600_000);
      return (await secretOf('automatic')) === undefined;
    });
    expect((await secretOf('manual'))?.metadata.labels).toBeUndefined();
  });
});
