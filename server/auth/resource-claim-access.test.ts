// Administrator's access to devices, and who may write what of a claim's status.
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../apimachinery/object.ts';
import { adminAccessErrors, type ClaimWrite, claimStatusErrors } from './resource-claim-access.ts';
import type { AuthorizationAttributes, Authorizer } from './types.ts';

const claim = (spec: object, status?: object): KubeObject => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { name: 'c', namespace: 'n' },
  spec,
  ...(status ? { status } : {}),
});
const namespace = (labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'n', labels },
});
const asking = {
  devices: {
    requests: [
      { name: 'a', exactly: {} },
      { name: 'b', exactly: { adminAccess: true } },
    ],
  },
};
const labelled = namespace({ 'resource.kubernetes.io/admin-access': 'true' });

describe('administrator’s access', () => {
  const template = { ...claim({ spec: asking }), kind: 'ResourceClaimTemplate' };
  const allocated = (adminAccess: boolean) => claim({}, { allocation: { devices: { results: [{ adminAccess }] } } });

  test.each([
    [
      'a claim in an ordinary namespace',
      claim(asking),
      undefined,
      namespace({}),
      'spec.devices.requests[1].adminAccess',
    ],
    ['a template in an ordinary namespace', template, undefined, namespace({}), 'spec.devices.requests[1].adminAccess'],
    ['a claim in a labelled namespace', claim(asking), undefined, labelled, undefined],
    ['a claim that does not ask', claim({ devices: {} }), undefined, namespace({}), undefined],
    ['an update, whose spec cannot change', claim(asking), claim(asking), namespace({}), undefined],
    [
      'an allocation that grants it',
      allocated(true),
      allocated(false),
      namespace({}),
      'status.allocation.devices.results[0].adminAccess',
    ],
    ['an allocation that granted it before', allocated(true), allocated(true), namespace({}), undefined],
  ])('%s', (_, object, old, containing, field) => {
    const errors = adminAccessErrors(object, old, containing);
    expect(errors.map((error) => error.field)).toEqual(field === undefined ? [] : [field]);
    for (const error of errors)
      expect(error.body).toBe(
        ': admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace',
      );
  });
});

/** Allows what is listed as `verb subresource namespace/name`. */
function authorizer(allowed: readonly string[]): Authorizer {
  const authorize = ({ verb, subresource, namespace: within, name }: AuthorizationAttributes) => {
    const allow = allowed.includes(`${verb} ${subresource} ${within}/${name}`);
    return { decision: allow ? ('Allow' as const) : ('NoOpinion' as const), reason: '' };
  };
  return { authorize, rulesFor: () => ({ resourceRules: [], nonResourceRules: [], evaluationError: '' }) } as never;
}

describe('a claim’s status', () => {
  const onNode = {
    nodeSelector: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
    },
  };
  const device = (driver: string, more: object = {}) => ({ driver, pool: 'p', device: 'd', ...more });
  const write = (status: object, before: object, more: Partial<ClaimWrite> = {}): ClaimWrite => ({
    user: { name: 'jane', groups: [] },
    namespace: 'n',
    verb: 'update',
    object: claim({}, status),
    old: claim({}, before),
    ...more,
  });
  const fields = async (allowed: string[], given: ClaimWrite) =>
    (await claimStatusErrors(authorizer(allowed), given)).map(({ field }) => field);
  const driver = {
    name: 'system:serviceaccount:n:driver',
    groups: [],
    extra: { 'authentication.kubernetes.io/node-name': ['n1'] },
  };
  const changed = write({ allocation: onNode, devices: [device('x')] }, { allocation: onNode });

  test('allocation and reservation are for who may bind claims', async () => {
    const reserved = write({ reservedFor: [{ name: 'p' }] }, {});
    expect(await fields([], reserved)).toEqual(['status.allocation']);
    expect(await fields(['update binding /'], reserved)).toEqual([]);
    expect(await fields([], write({ allocation: onNode }, { allocation: onNode }))).toEqual([]);
  });

  test('devices are for who may act for their driver', async () => {
    expect(await fields([], changed)).toEqual(['status.devices']);
    expect(await fields(['arbitrary-node:update driver n/x'], changed)).toEqual([]);
    const gone = write({ allocation: onNode }, { allocation: onNode, devices: [device('x'), device('y')] });
    expect(await fields(['arbitrary-node:update driver n/x'], gone)).toEqual(['status.devices']);
    const same = { allocation: onNode, devices: [device('x', { data: { a: 1 } })] };
    expect(await fields([], write(same, same))).toEqual([]);
  });

  test('and on their own node for drivers there', async () => {
    const local = ['associated-node:update driver n/x'];
    expect(await fields(local, changed)).toEqual(['status.devices']);
    expect(await fields(local, { ...changed, user: driver })).toEqual([]);
    const elsewhere = { ...driver, extra: { 'authentication.kubernetes.io/node-name': ['n2'] } };
    expect(await fields(local, { ...changed, user: elsewhere })).toEqual(['status.devices']);
  });

  test('the refusal says what is needed', async () => {
    const [error] = await claimStatusErrors(authorizer([]), { ...changed, verb: 'patch' });
    expect(error!.body).toBe(
      ': changing status.devices requires resource="resourceclaims/driver", verb="[arbitrary-node:patch]" permission: resourceclaims.resource.k8s.io "x" is forbidden: User "jane" cannot arbitrary-node:patch resource "resourceclaims/driver" in API group "resource.k8s.io" in the namespace "n"',
    );
  });
});
