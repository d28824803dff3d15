// What a node may do, and what may be done to pods on it.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admit, attributes, object, put, resetState, state } from '../harness.ts';
import type { AdmissionAttributes } from '../types.ts';

beforeEach(async () => {
  await resetState();
  await put('nodes', '', object('Node', 'n1', {}, { uid: 'n1-uid' }));
});

const node = { name: 'system:node:n1', groups: ['system:nodes'] };
const write = (resource: string, more: Partial<AdmissionAttributes>) =>
  admit(attributes(resource, { user: node, ...more }), ['NodeRestriction']);
const refusal = (pending: Promise<unknown>, message: string) => expect(pending).rejects.toThrow(message);

describe('NodeRestriction', () => {
  const mirror = { 'kubernetes.io/config.mirror': 'x' };
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n1-uid', controller: true };
  const pod = (metadata: object, spec: object = {}) =>
    object(
      'Pod',
      'p',
      { spec: { nodeName: 'n1', containers: [], automountServiceAccountToken: false, ...spec } },
      metadata,
    );
  const create = (metadata: object, spec: object = {}) =>
    write('pods', { namespace: 'dev', object: pod(metadata, spec) });

  test('others are none of its business', async () => {
    const given = attributes('pods', { namespace: 'dev', object: pod({}) });
    await expect(admit(given, ['NodeRestriction'])).resolves.toBeDefined();
    const nameless = { user: { name: 'system:node:', groups: ['system:nodes'] }, object: object('Node', 'x') };
    await refusal(write('nodes', nameless), 'could not determine node from user "system:node:"');
  });

  test.each([
    [{}, {}, 'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods'],
    [{ annotations: mirror }, { nodeName: 'n2' }, 'node "n1" can only create pods with spec.nodeName set to itself'],
    [{ annotations: mirror }, {}, 'node "n1" can only create pods with an owner reference set to itself'],
    [
      { annotations: mirror, ownerReferences: [owner, owner] },
      {},
      'node "n1" can only create pods with a single owner reference set to itself',
    ],
    [
      { annotations: mirror, ownerReferences: [{ ...owner, uid: 'old' }] },
      {},
      'node n1 UID mismatch: expected old got n1-uid',
    ],
    [
      { annotations: mirror, ownerReferences: [owner] },
      { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
      'node "n1" can not create pods that reference configmaps',
    ],
    [
      { annotations: mirror, ownerReferences: [owner] },
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      'node "n1" can not create pods that reference persistentvolumeclaims',
    ],
  ])('pods with %j and %j: %s', (metadata, spec, message) => refusal(create(metadata, spec), message));

  test('its own mirror pods it may make, and delete', async () => {
    const names = (await create({ annotations: mirror, ownerReferences: [owner] }))!['spec'].nodeName;
    expect(names).toBe('n1');
    await put('pods', 'dev', object('Pod', 'mine', { spec: { nodeName: 'n1' } }));
    await put('pods', 'dev', object('Pod', 'theirs', { spec: { nodeName: 'n2' } }));
    const remove = (name: string) => write('pods', { namespace: 'dev', operation: 'DELETE', name });
    await expect(remove('mine')).resolves.toBeUndefined();
    await refusal(remove('theirs'), 'node "n1" can only delete pods with spec.nodeName set to itself');
    await refusal(remove('none'), 'pods "none" not found');
  });

  test('of a pod’s status, neither labels nor claims', async () => {
    const old = pod({ labels: { a: '1' } });
    const status = (now: object) =>
      write('pods', { namespace: 'dev', operation: 'UPDATE', subresource: 'status', old, object: { ...old, ...now } });
    await expect(status({ status: { phase: 'Running' } })).resolves.toBeDefined();
    await refusal(status({ metadata: { name: 'p', labels: {} } }), 'node "n1" cannot update labels through pod status');
    await refusal(
      status({ status: { resourceClaimStatuses: [{ name: 'c' }] } }),
      'node "n1" cannot update resource claim statues',
    );
  });

  test('itself, without taints and others’ labels', async () => {
    const label = (labels: object) => write('nodes', { object: object('Node', 'n1', {}, { labels }) });
    await expect(label({ 'kubernetes.io/os': 'linux', 'node.kubernetes.io/x': 'y', mine: 'z' })).resolves.toBeDefined();
    await refusal(
      label({ 'node-restriction.kubernetes.io/a': '1', 'other.k8s.io/b': '2' }),
      'node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a, other.k8s.io/b',
    );
    await refusal(write('nodes', { object: object('Node', 'n2') }), 'node "n1" is not allowed to modify node "n2"');
    const old = object('Node', 'n1', { spec: {} });
    const taint = object('Node', 'n1', { spec: { taints: [{ key: 'x' }] } });
    await refusal(
      write('nodes', { operation: 'UPDATE', object: taint, old }),
      'node "n1" is not allowed to modify taints',
    );
  });

  test('leases, CSINodes and slices of its name', async () => {
    const lease = (namespace: string, name: string) => write('leases', { namespace, object: object('Lease', name) });
    await put('namespaces', '', object('Namespace', 'kube-node-lease'));
    await expect(lease('kube-node-lease', 'n1')).resolves.toBeDefined();
    await refusal(
      lease('kube-node-lease', 'n2'),
      'can only access node lease with the same name as the requesting node',
    );
    await refusal(lease('dev', 'n1'), 'can only access leases in the "kube-node-lease" system namespace');
    await refusal(
      write('csinodes', { object: object('CSINode', 'n2') }),
      'can only access CSINode with the same name as the requesting node',
    );
    await refusal(
      write('resourceslices', { object: object('ResourceSlice', 's', { spec: { nodeName: 'n2' } }) }),
      'can only create ResourceSlice with the same NodeName as the requesting node',
    );
  });

  test('tokens of pods that run on it, for whom they name', async () => {
    const sources = [{ serviceAccountToken: { audience: 'vault' } }];
    const spec = { nodeName: 'n1', volumes: [{ name: 'v', projected: { sources } }] };
    await put('pods', 'dev', object('Pod', 'mine', { spec }, { uid: 'u1' }));
    const ask = (reference: object, audiences: string[]) =>
      write('serviceaccounts', {
        namespace: 'dev',
        subresource: 'token',
        name: 'default',
        object: object('TokenRequest', '', {
          spec: { audiences, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...reference } },
        }),
      });
    await expect(ask({ name: 'mine', uid: 'u1' }, ['vault'])).resolves.toBeDefined();
    await refusal(ask({ name: 'mine', uid: 'u1' }, ['api']), 'audience "api" not found in pod spec volume');
    await refusal(ask({ name: 'mine', uid: 'u2' }, ['vault']), 'does not match the UID in record');
    await refusal(ask({}, []), 'node requested token not bound to a pod');
    state.allowed = ['request-serviceaccounts-token-audience default'];
    await expect(ask({ name: 'mine', uid: 'u1' }, ['api'])).resolves.toBeDefined();
  });
});

describe('pods that are bound', () => {
  const resize = (spec: object, old: object) =>
    attributes('pods', {
      namespace: 'dev',
      operation: 'UPDATE',
      subresource: 'resize',
      object: object('Pod', 'p', { spec: { nodeName: 'big', ...spec } }, { generation: 2 }),
      old: object('Pod', 'p', { spec: { nodeName: 'big', ...old } }, { generation: 1 }),
    });
  const container = (cpu: string, memory = '1Mi') => ({
    containers: [{ name: 'c', resources: { requests: { cpu, memory } } }],
  });

  test('PodResizeValidator: the node is there, runs Linux and is large enough', async () => {
    await refusal(admit(resize(container('2'), container('1'))), 'node "big" not found');
    const status = { allocatable: { cpu: '1', memory: '1Gi' } };
    await put('nodes', '', object('Node', 'big', { status }));
    await expect(admit(resize(container('1'), container('500m')))).resolves.toBeDefined();
    await refusal(
      admit(resize(container('1500m', '2Gi'), container('1'))),
      "node didn't have enough allocatable resources: cpu, requested: 1500, allocatable: 1000; memory, requested: 2147483648, allocatable: 1073741824",
    );
    const windows = object('Node', 'big', { status }, { labels: { 'kubernetes.io/os': 'windows' } });
    await state.objects.update('nodes', '', windows);
    await refusal(
      admit(resize(container('1'), container('500m'))),
      'pod resize is only supported on linux nodes, node "big" is "windows"',
    );
  });

  test('NodeDeclaredFeatureValidator: the node says that it can follow', async () => {
    const status = { allocatable: { cpu: '4', memory: '1Gi' }, declaredFeatures: ['GuaranteedQoSPodCPUResize'] };
    await put('nodes', '', object('Node', 'big', { status }));
    const level = (cpu: string) => ({ ...container('1'), resources: { requests: { cpu } } });
    await refusal(
      admit(resize(level('2'), level('1'))),
      'pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "big"',
    );
    const declaredFeatures = ['InPlacePodLevelResourcesVerticalScaling'];
    await state.objects.update('nodes', '', object('Node', 'big', { status: { ...status, declaredFeatures } }));
    await expect(admit(resize(level('2'), level('1')))).resolves.toBeDefined();
  });
});
