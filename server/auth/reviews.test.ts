import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { KubeObject } from '../../apimachinery/object.ts';
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from './access-reviews.ts';
import { serviceAccountAuthenticator } from './authentication/service-account.ts';
import { reviewSelf, reviewToken } from './authentication-reviews.ts';
import { MemoryObjects } from './memory-objects.ts';
import { ServiceAccountKeys } from './service-account-keys.ts';
import { issueToken } from './token-request.ts';
import type { Authorizer } from './types.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const keys = new ServiceAccountKeys(key.export({ type: 'pkcs8', format: 'pem' }).toString());
const now = () => 1_800_000_000_500;

describe('token requests', () => {
  let objects: MemoryObjects;
  const request = (spec: object = {}, metadata = {}): KubeObject => ({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata,
    spec,
  });
  const issue = (made: KubeObject, more = {}) =>
    issueToken(
      { keys, issuer: 'https://me', audiences: ['https://me'], objects, now, ...more },
      { namespace: 'dev', name: 'robot' },
      made,
    );
  const claims = (object: KubeObject) => decodeJwt(object['status'].token);
  const pod = { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' } };

  beforeEach(async () => {
    objects = new MemoryObjects();
    const put = (resource: string, namespace: string, name: string, spec = {}) =>
      objects.create(resource, namespace, {
        apiVersion: 'v1',
        kind: 'X',
        metadata: { name, uid: `${name}-uid` },
        spec,
      });
    await put('serviceaccounts', 'dev', 'robot');
    await put('pods', 'dev', 'p', { serviceAccountName: 'robot', nodeName: 'n' });
    await put('pods', 'dev', 'other', { serviceAccountName: 'x' });
    await put('nodes', '', 'n');
    await put('secrets', 'dev', 's');
  });

  test('a plain request gets an hour and the own audience', async () => {
    const { object, warnings } = await issue(request());
    expect(warnings).toEqual([]);
    expect(object).toMatchObject({
      metadata: { name: 'robot', namespace: 'dev', uid: 'robot-uid', creationTimestamp: '2027-01-15T08:00:00Z' },
      spec: { audiences: ['https://me'], expirationSeconds: 3600, boundObjectRef: null },
      status: { expirationTimestamp: '2027-01-15T09:00:00Z' },
    });
    expect(claims(object)).toEqual({
      aud: ['https://me'],
      exp: 1_800_003_600,
      iat: 1_800_000_000,
      iss: 'https://me',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'kubernetes.io': { namespace: 'dev', serviceaccount: { name: 'robot', uid: 'robot-uid' } },
      nbf: 1_800_000_000,
      sub: 'system:serviceaccount:dev:robot',
    });
    expect(Object.keys(claims(object))).toEqual(Object.keys(claims(object)).sort());
  });

  test('a pod-bound token names pod and node; the kubelet lifetime is extended to a year', async () => {
    const { object } = await issue(request({ ...pod, expirationSeconds: 3607 }));
    expect(claims(object)).toMatchObject({
      exp: 1_800_000_000 + 31_536_000,
      'kubernetes.io': {
        node: { name: 'n', uid: 'n-uid' },
        pod: { name: 'p', uid: 'p-uid' },
        warnafter: 1_800_003_607,
      },
    });
    expect(object['status'].expirationTimestamp).toBe('2027-01-15T09:00:07Z');
  });

  test('the authenticator takes what was issued', async () => {
    const clock = { now: now() };
    const tokens = serviceAccountAuthenticator({
      keys,
      issuers: ['https://me'],
      audiences: ['https://me'],
      objects,
      now: () => clock.now,
    });
    const { object } = await issue(request({ boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 's' } }));
    const result = await tokens.authenticateToken(object['status'].token);
    expect(result?.user.name).toBe('system:serviceaccount:dev:robot');
    await objects.delete('secrets', 'dev', 's');
    clock.now += 1000;
    expect(() => tokens.authenticateToken(object['status'].token)).toThrow('invalidated');
  });

  test.each([
    [
      'too short',
      request({ expirationSeconds: 599 }),
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    [
      'too long',
      request({ expirationSeconds: 2 ** 32 + 1 }),
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
    ],
    [
      'another name',
      request({}, { name: 'x' }),
      422,
      'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "x": must match the service account name if specified',
    ],
    [
      'another uid',
      request({}, { uid: 'x' }),
      409,
      'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (x) does not match the UID of the service account (robot-uid)',
    ],
    [
      'no such pod',
      request({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'q' } }),
      404,
      'pods "q" not found',
    ],
    [
      "another account's pod",
      request({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'other' } }),
      400,
      'cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.',
    ],
    [
      'a kind that cannot be bound',
      request({ boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } }),
      400,
      'cannot bind token to object of type apps/v1, Kind=Deployment',
    ],
    [
      'an old pod',
      request({ boundObjectRef: { ...pod.boundObjectRef, uid: 'old' } }),
      409,
      'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ])('refuses %s', async (_what, made, code, message) => {
    await expect(issue(made)).rejects.toMatchObject({ code, message });
  });

  test('no such account, and the longest lifetime', async () => {
    const options = { keys, issuer: 'me', audiences: ['me'], objects };
    await expect(issueToken(options, { namespace: 'dev', name: 'x' }, request())).rejects.toThrow(
      'serviceaccounts "x" not found',
    );
    const { object, warnings } = await issue(request({ expirationSeconds: 7200 }), { maxExpirationSeconds: 3600 });
    expect(warnings).toEqual(['requested expiration of 7200 seconds shortened to 3600 seconds']);
    expect(object['spec'].expirationSeconds).toBe(3600);
  });
});

describe('who somebody is', () => {
  const tokens = {
    authenticateToken: (token: string) => {
      if (token === 'bad') throw new Error('expired');
      return token === 'good' ? { user: { name: 'jane', uid: 'u', groups: ['dev'] } } : undefined;
    },
  };
  const review = (spec: object) =>
    reviewToken(tokens, ['api'], { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec });

  test('token reviews', async () => {
    expect((await review({ token: 'good' }))['status']).toEqual({
      authenticated: true,
      user: { username: 'jane', uid: 'u', groups: ['dev', 'system:authenticated'] },
      audiences: ['api'],
    });
    expect((await review({ token: 'nope' }))['status']).toEqual({ user: {}, error: 'invalid bearer token' });
    const foreign = await review({ token: 'good', audiences: ['vault'] });
    expect(foreign['status']).toEqual({ user: {}, error: 'invalid bearer token' });
    expect((await review({ token: 'bad' }))['status']).toEqual({ user: {}, error: 'expired' });
    await expect(review({})).rejects.toMatchObject({
      code: 400,
      message: 'token is required for TokenReview in authentication',
    });
  });

  test('self', () => {
    expect(reviewSelf({ name: 'admin', groups: ['system:masters'] }, '2026-01-01T00:00:00Z')).toEqual({
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      status: { userInfo: { username: 'admin', groups: ['system:masters'] } },
    });
  });
});

describe('who may do what', () => {
  const asked: unknown[] = [];
  const authorizer: Authorizer = {
    authorize(attributes) {
      asked.push(attributes);
      if (attributes.verb === 'fail') throw new Error('down');
      return {
        decision: attributes.verb === 'get' ? 'Allow' : 'NoOpinion',
        reason: attributes.verb === 'get' ? 'because' : '',
      };
    },
    rulesFor: () => ({
      resourceRules: [{ verbs: ['get'] }],
      nonResourceRules: [],
      incomplete: false,
      evaluationError: 'x',
    }),
  };
  const review = (spec: object, metadata = {}): KubeObject => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'X',
    metadata,
    spec,
  });
  const pods = { namespace: 'a', verb: 'get', resource: 'pods' };
  const must = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';

  test('allowed, not allowed, and failed', async () => {
    expect(
      (await reviewSubjectAccess(authorizer, review({ user: 'u', groups: ['g'], resourceAttributes: pods })))['status'],
    ).toEqual({ allowed: true, reason: 'because' });
    expect(asked.at(-1)).toEqual({
      user: { name: 'u', groups: ['g'] },
      verb: 'get',
      namespace: 'a',
      group: '',
      version: '*',
      resource: 'pods',
      subresource: '',
      name: '',
      isResourceRequest: true,
      path: '',
    });
    expect(
      (
        await reviewSelfSubjectAccess(
          authorizer,
          { name: 'u', groups: [] },
          review({ nonResourceAttributes: { path: '/x', verb: 'put' } }),
        )
      )['status'],
    ).toEqual({ allowed: false });
    expect(asked.at(-1)).toMatchObject({ isResourceRequest: false, path: '/x', verb: 'put' });
    expect(
      (await reviewSubjectAccess(authorizer, review({ user: 'u', resourceAttributes: { verb: 'fail' } })))['status'],
    ).toEqual({ allowed: false, evaluationError: 'down' });
  });

  test('bad reviews', async () => {
    await expect(reviewSubjectAccess(authorizer, review({}))).rejects.toMatchObject({
      message: `.authorization.k8s.io "" is invalid: [spec.resourceAttributes: Invalid value: null: ${must}, spec.user: Invalid value: "": at least one of user or group must be specified]`,
      status: { details: { group: 'authorization.k8s.io', causes: [{}, {}] } },
    });
    const error = await reviewSelfSubjectAccess(authorizer, { name: 'u', groups: [] }, review({})).catch((e) => e);
    expect(error.status.details).toEqual({
      group: 'authorization.k8s.io',
      causes: [
        { reason: 'FieldValueInvalid', message: `Invalid value: null: ${must}`, field: 'spec.resourceAttributes' },
      ],
    });
    const both = review({ user: 'u', resourceAttributes: pods, nonResourceAttributes: { path: '/' } });
    await expect(reviewSubjectAccess(authorizer, both)).rejects.toThrow(
      'cannot be specified in combination with resourceAttributes',
    );
    await expect(
      reviewSubjectAccess(authorizer, review({ user: 'u', resourceAttributes: pods }, { name: 'x' })),
    ).rejects.toThrow('metadata: Invalid value: {"name":"x"}: must be empty');
    await expect(
      reviewLocalSubjectAccess(authorizer, 'b', review({ user: 'u', resourceAttributes: pods })),
    ).rejects.toThrow('spec.resourceAttributes.namespace: Invalid value: "a": must match metadata.namespace');
    await expect(
      reviewLocalSubjectAccess(authorizer, 'a', review({ user: 'u', nonResourceAttributes: { path: '/' } })),
    ).rejects.toThrow('disallowed on this kind of request');
    await expect(
      reviewSubjectAccess(authorizer, review({ user: 'u', resourceAttributes: { ...pods, labelSelector: {} } })),
    ).rejects.toThrow(
      'when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required',
    );
  });

  test('a local review gets the namespace of its path', async () => {
    const answer = await reviewLocalSubjectAccess(authorizer, 'a', review({ user: 'u', resourceAttributes: pods }));
    expect(answer).toMatchObject({ metadata: { namespace: 'a' }, status: { allowed: true } });
  });

  test('rules', async () => {
    const answer = await reviewSelfSubjectRules(authorizer, { name: 'u', groups: [] }, review({ namespace: 'a' }));
    expect(answer['status']).toEqual({
      resourceRules: [{ verbs: ['get'] }],
      nonResourceRules: [],
      incomplete: false,
      evaluationError: 'x',
    });
    await expect(reviewSelfSubjectRules(authorizer, { name: 'u', groups: [] }, review({}))).rejects.toThrow(
      'no namespace on request',
    );
  });
});
