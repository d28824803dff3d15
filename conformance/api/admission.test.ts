// Admission through the API: what is posted to subresources passes it too, and what is bound gets its node's labels.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, startCluster } from '../../testing/index.ts';
import { ApiClient } from './support/client.ts';

jest.setTimeout(30_000);

let cluster: Cluster;
let api: ApiClient;
beforeAll(async () => {
  cluster = await startCluster({ server: { enableAdmissionPlugins: ['NodeRestriction', 'AlwaysPullImages'] } });
  api = new ApiClient(cluster);
  const labels = { 'topology.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/region': 'r1', other: 'x' };
  for (const name of ['n1', 'n2']) await api.made('/api/v1/nodes', { metadata: { name, labels } });
});
afterAll(() => cluster.stop());

const pods = '/api/v1/namespaces/default/pods';
const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i:1' }] } });
/** As the kubelet of n1, with rights that leave the decision to admission. */
const asNode = {
  'impersonate-user': 'system:node:n1',
  'impersonate-group': 'system:nodes',
};

async function bind(name: string, node: string): Promise<void> {
  await api.made(pods, pod(name));
  const target = { kind: 'Node', name: node };
  await api.made(`${pods}/${name}/binding`, { metadata: { name }, target });
}

describe('what is posted to a subresource', () => {
  test('a bound pod carries zone and region of its node', async () => {
    await bind('labelled', 'n1');
    expect((await api.get(`${pods}/labelled`)).body.metadata.labels).toEqual({
      'topology.kubernetes.io/zone': 'z1',
      'topology.kubernetes.io/region': 'r1',
    });
  });

  test('a node evicts its own pods only', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] }];
    await api.made('/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'evict' }, rules });
    await api.made('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'evict' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'evict' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    });
    await bind('mine', 'n1');
    await bind('theirs', 'n2');
    const evict = (name: string) =>
      api.post(`${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }, asNode);
    const refused = await evict('theirs');
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'pods "theirs" is forbidden: node n1 can only evict pods with spec.nodeName set to itself',
    ]);
    expect((await evict('mine')).status).toBe(201);
  });

  test('a plugin that was enabled runs', async () => {
    const made = await api.made(pods, pod('pulled'));
    expect(made.spec.containers[0].imagePullPolicy).toBe('Always');
  });
});

test('Pod Security through the API: refused, and warned about in headers', async () => {
  const prefix = 'pod-security.kubernetes.io';
  const labels = { [`${prefix}/enforce`]: 'baseline', [`${prefix}/warn`]: 'restricted' };
  await api.made('/api/v1/namespaces', { metadata: { name: 'secure', labels } });
  const inSecure = '/api/v1/namespaces/secure/pods';
  const refused = await api.post(inSecure, { ...pod('p'), spec: { ...pod('p').spec, hostNetwork: true } });
  expect([refused.status, refused.body.message]).toEqual([
    403,
    'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  ]);
  const warned = await api.post(inSecure, pod('p'));
  expect(warned.status).toBe(201);
  expect(String(warned.headers['warning'])).toContain('would violate PodSecurity \\"restricted:latest\\"');
});
