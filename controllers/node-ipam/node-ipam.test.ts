// Ranges of nodes, the time to live of secrets, and aggregated roles: rules as tables, then over the wire.
import { afterEach, describe, expect, test } from '@jest/globals';
import { parseCIDRSloppy } from '../../apimachinery/ip.ts';
import { ClusterRole, CoreEvent, Node } from '../../client/kinds.ts';
import { until } from '../../conformance/support/until.ts';
import { aggregatedRules, clusterRoleAggregation } from '../clusterrole-aggregation/clusterrole-aggregation.ts';
import { controllerFlags, flagValues } from '../manager/flags.ts';
import { type ControllersCluster, startControllersCluster } from '../testing/controllers-cluster.ts';
import { createNode } from '../testing/objects.ts';
import { stepOf, ttl, ttlSeconds } from '../ttl/ttl.ts';
import { CIDRSet } from './cidr-set.ts';
import { cidrSetsOf, nodeIpam } from './node-ipam.ts';

const cidr = (text: string) => parseCIDRSloppy(text)!;

describe('a set of ranges', () => {
  test.each<[string, number, string[]]>([
    ['10.0.0.0/22', 24, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24']],
    ['127.123.234.0/30', 31, ['127.123.234.0/31', '127.123.234.2/31']],
    ['fd00:1::/62', 64, ['fd00:1::/64', 'fd00:1:0:1::/64', 'fd00:1:0:2::/64', 'fd00:1:0:3::/64']],
  ])('%s in /%d', (cluster, size, ranges) => {
    const set = new CIDRSet(cidr(cluster), size);
    expect([...ranges, undefined].map(() => set.allocate())).toEqual([...ranges, undefined]);
    set.release(cidr(ranges[1]!));
    expect(set.allocate()).toBe(ranges[1]);
  });

  test('what is taken is left out, also by larger ranges; what lies outside is refused', () => {
    const set = new CIDRSet(cidr('10.0.0.0/20'), 24);
    set.occupy(cidr('10.0.0.0/23'));
    set.occupy(cidr('10.0.2.7/32'));
    expect(set.allocate()).toBe('10.0.3.0/24');
    set.occupy(cidr('10.0.0.0/8'));
    expect(set.allocate()).toBeUndefined();
    expect(() => set.occupy(cidr('10.0.16.0/24'))).toThrow('out the range of cluster cidr');
    expect(() => new CIDRSet(cidr('fd00::/8'), 64)).toThrow('the node CIDR size is too big');
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ 'cluster-cidr': [] }, 'a range is needed'],
  [{ 'cluster-cidr': ['x'] }, 'invalid CIDR address: x'],
  [{ 'cluster-cidr': ['10.0.0.0/8', '11.0.0.0/8'] }, 'not configured as dual stack'],
  [{ 'cluster-cidr': ['10.0.0.0/8', 'fd00::/50'], 'node-cidr-mask-size': 24 }, 'not allowed with dual-stack'],
])('flags are refused: %j', (given, message) => {
  expect(() => cidrSetsOf(flagValues(controllerFlags, given))).toThrow(message);
});

test('no node gets a range of Services', () => {
  const [set] = cidrSetsOf(
    flagValues(controllerFlags, { 'cluster-cidr': ['10.0.0.0/22'], 'service-cluster-ip-range': '10.0.0.0/23' }),
  );
  expect([set!.allocate(), set!.allocate(), set!.allocate()]).toEqual(['10.0.2.0/24', '10.0.3.0/24', undefined]);
});

test('the time to live grows and shrinks with the cluster, with some slack', () => {
  const seconds: number[] = [];
  let step = 0;
  for (const nodes of [100, 101, 95, 89, 501, 449, 3000, 1801, 1799, 0]) {
    step = stepOf(nodes, step);
    seconds.push(ttlSeconds(step));
  }
  expect(seconds).toEqual([0, 15, 15, 0, 30, 15, 300, 300, 60, 0]);
});

test('roles are aggregated by selector and name, each rule once, never their own', () => {
  const role = (name: string, labels: Record<string, string>, ...resources: string[]) =>
    ({
      metadata: { name, labels },
      rules: resources.map((resource) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })),
    }) as ClusterRole;
  const aggregating = {
    ...role('all', { a: 'x' }, 'own'),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { b: 'x' } }, { matchLabels: { a: 'x' } }] },
  } as ClusterRole;
  const rules = aggregatedRules(aggregating, [
    role('z', { a: 'x' }, 'pods', 'nodes'),
    role('c', { a: 'x' }, 'pods'),
    role('y', { b: 'x' }, 'jobs'),
    aggregating,
  ]);
  expect(rules.map(({ resources }) => resources![0])).toEqual(['jobs', 'pods', 'nodes']);
});

describe('over the wire', () => {
  let on: ControllersCluster;
  afterEach(() => on.stop());
  const cidrsOf = async () =>
    (await on.client.resource(Node).list()).items.map(
      ({ metadata, spec }) => `${metadata.name} ${spec?.podCIDRs ?? '-'}`,
    );

  test('each node gets a range of each family, keeps it over a restart, and gives it back', async () => {
    on = await startControllersCluster([nodeIpam, ttl], {
      controllerFlags: { 'allocate-node-cidrs': true, 'cluster-cidr': ['10.1.0.0/22', 'fd00::/62'] },
    });
    for (const name of ['a', 'b']) await createNode(on.client, name);
    await until(
      'two ranges',
      async () => (await cidrsOf()).sort().join() === 'a 10.1.0.0/24,fd00::/64,b 10.1.1.0/24,fd00:0:0:1::/64',
    );
    const node = await on.client.resource(Node).get({ name: 'a' });
    expect(node.spec!.podCIDR).toBe('10.1.0.0/24');
    await until(
      'the annotation',
      async () =>
        (await on.client.resource(Node).get({ name: 'a' })).metadata.annotations?.['node.alpha.kubernetes.io/ttl'] ===
        '0',
    );
    await on.manager.stop();
    await on.client.resource(Node).delete({ name: 'a' });
    for (const name of ['c', 'd', 'e']) await createNode(on.client, name);
    const second = await on.startManager();
    await until('all four', async () => (await cidrsOf()).every((text) => !text.endsWith('-')));
    const taken = (await cidrsOf()).map((text) => text.split(' ')[1]);
    expect(new Set(taken).size).toBe(4);
    await createNode(on.client, 'f');
    await until('it is said', async () =>
      (await on.client.resource(CoreEvent).list()).items.some(
        ({ reason, message }) => reason === 'CIDRNotAvailable' && message === 'Node f status is now: CIDRNotAvailable',
      ),
    );
    await on.client.resource(Node).delete({ name: 'b' });
    await until('the range goes on', async () => (await cidrsOf()).includes('f 10.1.1.0/24,fd00:0:0:1::/64'));
    await second.stop();
  });

  test('admin, edit and view have their rules, and those that somebody adds', async () => {
    on = await startControllersCluster([clusterRoleAggregation]);
    const rulesOf = async (name: string) => (await on.client.resource(ClusterRole).get({ name })).rules ?? [];
    for (const name of ['admin', 'edit', 'view'])
      await until(name, async () =>
        (await rulesOf(name)).some(({ resources, verbs }) => resources?.includes('pods') && verbs.includes('get')),
      );
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    await on.client.resource(ClusterRole).create({
      metadata: { name: 'more', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
      rules: [rule],
    });
    const has = async (name: string) => (await rulesOf(name)).some(({ resources }) => resources?.includes('widgets'));
    await until('view', () => has('view'));
    // view is part of edit, and edit of admin.
    await until('admin', () => has('admin'));
    await on.client.resource(ClusterRole).delete({ name: 'more' });
    await until('gone', async () => !(await has('view')) && !(await has('admin')));
  });
});
