// What objects count for, in tables: usage, scopes and what has to be said.
import { describe, expect, test } from '@jest/globals';
import { MemoryObjects } from '../../server/auth/memory-objects.ts';
import type { KubeObject } from '../object.ts';
import { prettyPrint } from './amounts.ts';
import { claimEvaluator } from './claim-evaluator.ts';
import { DeviceClaimEvaluator } from './device-claim-evaluator.ts';
import type { QuotaRequest } from './evaluator.ts';
import { quotaEvaluators } from './evaluators.ts';
import { podEvaluator } from './pod-evaluator.ts';
import { serviceEvaluator } from './service-evaluator.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const pods = podEvaluator(() => now);

function object(kind: string, spec: object, more: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'dev', ...metadata }, spec, ...more };
}
const pod = (spec: object, status: object = {}, metadata: object = {}) => object('Pod', spec, { status }, metadata);
const container = (name: string, requests: object = {}, limits: object = {}, more: object = {}) => ({
  name,
  resources: { requests, limits },
  ...more,
});

describe('pods', () => {
  const cases: [what: string, pod: KubeObject, usage: string][] = [
    ['nothing said', pod({ containers: [container('a')] }), 'count/pods=1,pods=1'],
    [
      'requests and limits of containers add up',
      pod({
        containers: [
          container('a', { cpu: '100m', memory: '1Gi', 'ephemeral-storage': '2Gi' }, { cpu: '1', memory: '2Gi' }),
          container('b', { cpu: '200m' }, { 'ephemeral-storage': '4Gi' }),
        ],
      }),
      'count/pods=1,cpu=300m,ephemeral-storage=2Gi,limits.cpu=1,limits.ephemeral-storage=4Gi,limits.memory=2Gi,memory=1Gi,pods=1,requests.cpu=300m,requests.ephemeral-storage=2Gi,requests.memory=1Gi',
    ],
    [
      'huge pages and extended resources count as requests',
      pod({ containers: [container('a', { 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' })] }),
      'count/pods=1,hugepages-2Mi=4Mi,pods=1,requests.example.com/gpu=2,requests.hugepages-2Mi=4Mi',
    ],
    [
      'a hungry init container beside its sidecar is more than the containers',
      pod({
        initContainers: [
          container('side', { cpu: '1' }, {}, { restartPolicy: 'Always' }),
          container('init', { cpu: '5' }),
        ],
        containers: [container('a', { cpu: '2' })],
      }),
      'count/pods=1,cpu=6,pods=1,requests.cpu=6',
    ],
    [
      'what is said for the whole pod stands before its containers; overhead is added',
      pod({
        resources: { requests: { cpu: '3' } },
        overhead: { cpu: '250m', memory: '1Mi' },
        containers: [container('a', { cpu: '1' }, { memory: '1Gi' })],
      }),
      'count/pods=1,cpu=3250m,limits.memory=1025Mi,memory=1Mi,pods=1,requests.cpu=3250m,requests.memory=1Mi',
    ],
    [
      'a resize under way counts the most of wish, grant and actual',
      pod(
        { containers: [container('a', { cpu: '1' })] },
        { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '2' } }, allocatedResources: { cpu: '3' } }] },
      ),
      'count/pods=1,cpu=3,pods=1,requests.cpu=3',
    ],
    [
      'a resize that cannot be counts what is granted',
      pod(
        { containers: [container('a', { cpu: '9' })] },
        {
          conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }],
          containerStatuses: [{ name: 'a', resources: { requests: { cpu: '2' } } }],
        },
      ),
      'count/pods=1,cpu=2,pods=1,requests.cpu=2',
    ],
    ['a pod that has ended', pod({ containers: [] }, { phase: 'Succeeded' }), 'count/pods=1'],
    [
      'a pod that should be gone',
      pod({}, {}, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }),
      'count/pods=1',
    ],
    [
      'a pod that is being deleted in time',
      pod({}, {}, { deletionTimestamp: '2026-01-01T00:00:45Z', deletionGracePeriodSeconds: 30 }),
      'count/pods=1,pods=1',
    ],
  ];
  test.each(cases)('%s', (_, given, usage) => expect(prettyPrint(pods.usage(given))).toBe(usage));

  const affinity = (term: object) => ({
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: term }] } },
  });
  const scopes: [scope: string, operator: string, values: string[], spec: object, matches: boolean][] = [
    ['Terminating', 'Exists', [], { activeDeadlineSeconds: 0 }, true],
    ['Terminating', 'Exists', [], {}, false],
    ['NotTerminating', 'Exists', [], {}, true],
    ['BestEffort', 'Exists', [], { containers: [container('a')] }, true],
    ['NotBestEffort', 'Exists', [], { containers: [container('a', { cpu: '1' })] }, true],
    ['PriorityClass', 'Exists', [], {}, false],
    ['PriorityClass', 'In', ['high', 'low'], { priorityClassName: 'low' }, true],
    ['PriorityClass', 'NotIn', ['high'], {}, true],
    ['PriorityClass', 'DoesNotExist', [], { priorityClassName: 'low' }, false],
    ['CrossNamespacePodAffinity', 'Exists', [], affinity({ namespaces: ['a'] }), true],
    ['CrossNamespacePodAffinity', 'Exists', [], affinity({ namespaceSelector: {} }), true],
    ['CrossNamespacePodAffinity', 'Exists', [], affinity({}), false],
    ['VolumeAttributesClass', 'Exists', [], {}, false],
  ];
  test.each(scopes)('scope %s %s %j of %j: %s', (scopeName, operator, values, spec, matches) => {
    expect(pods.matchesScope!({ scopeName, operator, values }, pod(spec))).toBe(matches);
  });

  test('what a quota has must be said by every container, unless the pod says it', () => {
    const containers = [container('b', { cpu: '1' }), container('a'), container('c', {}, { memory: '1' })];
    const required = ['pods', 'requests.cpu', 'limits.memory', 'requests.storage'];
    expect(pods.constraints!(required, pod({ containers }))).toBe(
      'must specify limits.memory for: a,b; requests.cpu for: a,c',
    );
    expect(pods.constraints!(['pods'], pod({ containers }))).toBeUndefined();
    expect(pods.constraints!(required, pod({ containers, resources: { limits: { cpu: '1' } } }))).toBeUndefined();
  });

  test('creates, resizes, and changes of the scope Terminating', () => {
    const handles = (more: Partial<QuotaRequest>) => pods.handles(more as QuotaRequest);
    expect(handles({ operation: 'CREATE', subresource: '' })).toBe(true);
    expect(handles({ operation: 'CREATE', subresource: 'eviction' })).toBe(false);
    expect(handles({ operation: 'UPDATE', subresource: 'resize' })).toBe(true);
    const plain = { operation: 'UPDATE', subresource: '', old: pod({}) } as const;
    expect(handles({ ...plain, object: pod({}) })).toBe(false);
    expect(handles({ ...plain, object: pod({ activeDeadlineSeconds: 5 }) })).toBe(true);
  });
});

describe('services', () => {
  const ports = [{ port: 80 }, { port: 81, nodePort: 30_001 }];
  const cases: [spec: object, nodePorts: number, loadBalancers: number][] = [
    [{ type: 'ClusterIP', ports }, 0, 0],
    [{ type: 'NodePort', ports }, 2, 0],
    [{ type: 'LoadBalancer', ports }, 2, 1],
    [{ type: 'LoadBalancer', ports, allocateLoadBalancerNodePorts: false }, 1, 1],
  ];
  test.each(cases)('%j: %d node ports, %d load balancers', (spec, nodePorts, loadBalancers) => {
    expect(prettyPrint(serviceEvaluator.usage(object('Service', spec)))).toBe(
      `count/services=1,services=1,services.loadbalancers=${loadBalancers},services.nodeports=${nodePorts}`,
    );
  });
});

describe('claims', () => {
  const claim = (spec: object, status: object = {}) => object('PersistentVolumeClaim', spec, { status });
  const storage = (amount: string) => ({ resources: { requests: { storage: amount } } });

  test('storage in all and by class, rounded up', () => {
    expect(prettyPrint(claimEvaluator.usage(claim({ ...storage('1500m'), storageClassName: 'fast' })))).toBe(
      'count/persistentvolumeclaims=1,fast.storageclass.storage.k8s.io/persistentvolumeclaims=1,fast.storageclass.storage.k8s.io/requests.storage=2,persistentvolumeclaims=1,requests.storage=2',
    );
  });

  test('what is still allocated counts where it is more', () => {
    const usage = claimEvaluator.usage(claim(storage('1Gi'), { allocatedResources: { storage: '2Gi' } }));
    expect(prettyPrint(usage)).toContain('requests.storage=2Gi');
  });

  test('every attributes class that is in force or wanted is in scope', () => {
    const given = claim(
      { volumeAttributesClassName: 'gold' },
      { currentVolumeAttributesClassName: 'iron', modifyVolumeStatus: { targetVolumeAttributesClassName: 'tin' } },
    );
    const inScope = (operator: string, values: string[], what = given) =>
      claimEvaluator.matchesScope!({ scopeName: 'VolumeAttributesClass', operator, values }, what);
    for (const name of ['gold', 'iron', 'tin']) expect(inScope('In', [name])).toBe(true);
    expect(inScope('In', ['clay'])).toBe(false);
    expect(inScope('Exists', [], claim({}))).toBe(false);
    expect(inScope('NotIn', ['gold'], claim({}))).toBe(true);
  });
});

describe('resource claims', () => {
  const request = (className: string, more: object) => ({ deviceClassName: className, ...more });

  test('exact counts add up, of alternatives the largest counts, all means 32; extended resources stand for classes', async () => {
    const objects = new MemoryObjects();
    await objects.create('deviceclasses.resource.k8s.io', '', object('DeviceClass', {}, {}, { name: 'gpu' }));
    await objects.create(
      'deviceclasses.resource.k8s.io',
      '',
      object('DeviceClass', { extendedResourceName: 'example.com/nic' }, {}, { name: 'nic' }),
    );
    const evaluator = new DeviceClaimEvaluator(objects);
    const claim = object('ResourceClaim', {
      devices: {
        requests: [
          { exactly: request('gpu', { allocationMode: 'ExactCount', count: 2 }) },
          {
            firstAvailable: [
              request('gpu', { allocationMode: 'ExactCount', count: 1 }),
              request('gpu', { allocationMode: 'ExactCount', count: 4 }),
            ],
          },
          { exactly: request('nic', { allocationMode: 'All' }) },
        ],
      },
    });
    expect(prettyPrint(evaluator.usage(claim))).toBe(
      'count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=6,nic.deviceclass.resource.k8s.io/devices=32,requests.deviceclass.resource.kubernetes.io/gpu=6,requests.deviceclass.resource.kubernetes.io/nic=32,requests.example.com/nic=32',
    );
    const names = [
      'gpu.deviceclass.resource.k8s.io/devices',
      'requests.deviceclass.resource.kubernetes.io/nic',
      'requests.example.com/nic',
      'requests.example.com/other',
      'pods',
    ];
    expect(evaluator.matchingResources(names)).toEqual(names.slice(0, 3));
  });

  test('what the pod of a claim for extended resources counts for is not counted twice', async () => {
    const objects = new MemoryObjects();
    const class_ = object('DeviceClass', { extendedResourceName: 'example.com/gpu' }, {}, { name: 'gpu' });
    await objects.create('deviceclasses.resource.k8s.io', '', class_);
    const containers = [container('a', { 'example.com/gpu': '1' })];
    await objects.create('pods', 'dev', pod({ containers }, {}, { name: 'p', uid: 'u' }));
    const claim = object(
      'ResourceClaim',
      { devices: { requests: [{ exactly: request('gpu', { allocationMode: 'ExactCount', count: 3 }) }] } },
      {},
      {
        annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
      },
    );
    expect(prettyPrint(new DeviceClaimEvaluator(objects).usage(claim))).toContain('requests.example.com/gpu=2');
  });
});

test('everything else is counted by name; events and reviews are not', () => {
  const evaluatorFor = quotaEvaluators(new MemoryObjects());
  const named = (resource: string) => prettyPrint(evaluatorFor(resource)!.usage(object('X', {})));
  expect(named('secrets')).toBe('count/secrets=1,secrets=1');
  expect(named('widgets.example.com')).toBe('count/widgets.example.com=1');
  expect(evaluatorFor('events')).toBeUndefined();
  expect(evaluatorFor('events.events.k8s.io')).toBeUndefined();
});
