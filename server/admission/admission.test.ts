import { beforeEach, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../apimachinery/object.ts';
import { MemoryObjects } from '../auth/memory-objects.ts';
import type { Authorizer } from '../auth/types.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { admissionChain, selectPlugins } from './chain.ts';
import type { PluginContext } from './plugin.ts';
import { pluginTable } from './plugins.ts';
import type { AdmissionAttributes } from './types.ts';

let objects: MemoryObjects;
let freshened: number;
let allowed: string[];
/** What appears in the cache only when it is waited for. */
let late: (() => Promise<unknown>) | undefined;

function context(): PluginContext {
  const authorizer: Authorizer = {
    authorize: ({ verb, name }) => ({
      decision: allowed.includes(`${verb} ${name}`) ? 'Allow' : 'NoOpinion',
      reason: '',
    }),
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
  };
  const fresh = async () => {
    freshened++;
    await late?.();
  };
  return { objects, writer: objects, authorizer, fresh, configuration: () => undefined };
}

const groups: Record<string, string> = {
  ingresses: 'networking.k8s.io',
  priorityclasses: 'scheduling.k8s.io',
  certificatesigningrequests: 'certificates.k8s.io',
  volumeattributesclasses: 'storage.k8s.io',
  localsubjectaccessreviews: 'authorization.k8s.io',
};

function attributes(resource: string, more: Partial<AdmissionAttributes> = {}): AdmissionAttributes {
  return {
    operation: 'CREATE',
    descriptor: { group: groups[resource] ?? '', resource } as ResourceDescriptor,
    subresource: '',
    namespace: '',
    name: more.object?.metadata.name ?? '',
    object: undefined,
    old: undefined,
    options: {},
    user: { name: 'jane', groups: [] },
    dryRun: false,
    warn: () => undefined,
    ...more,
  };
}
function object(kind: string, name: string, more: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, ...metadata }, ...structuredClone(more) };
}
const put = (resource: string, namespace: string, made: KubeObject) => objects.create(resource, namespace, made);

async function admit(given: AdmissionAttributes): Promise<KubeObject | undefined> {
  const chain = admissionChain(selectPlugins({ enable: [], disable: [] }, context()).plugins);
  try {
    await chain.admit(given);
    await chain.validate(given);
  } finally {
    chain.close();
  }
  return given.object;
}

beforeEach(async () => {
  objects = new MemoryObjects();
  freshened = 0;
  allowed = [];
  late = undefined;
  await put('namespaces', '', object('Namespace', 'dev', { status: { phase: 'Active' } }));
  await put('serviceaccounts', 'dev', object('ServiceAccount', 'default'));
});

describe('the chain', () => {
  test('plugins run in the table’s order; a slow one holds up those after it', async () => {
    const seen: string[] = [];
    const plugin = (name: string, wait: boolean) => ({
      name,
      operations: ['CREATE'] as const,
      async admit() {
        if (wait) await Promise.resolve();
        seen.push(`admit ${name}`);
      },
      validate: () => void seen.push(`validate ${name}`),
    });
    const chain = admissionChain([plugin('a', true), plugin('b', false)]);
    await chain.admit(attributes('pods'));
    await chain.validate(attributes('pods'));
    expect(seen).toEqual(['admit a', 'admit b', 'validate a', 'validate b']);
    expect(chain.admit(attributes('pods', { operation: 'DELETE' }))).toBeUndefined();
  });

  test('names: default ones, more and fewer, unknown and contradictory', () => {
    const select = (enable: string[], disable: string[]) => selectPlugins({ enable, disable }, context());
    expect(pluginTable).toHaveLength(41);
    const usual = select([], []).plugins.map(({ name }) => name);
    expect(usual.slice(0, 3)).toEqual(['NamespaceLifecycle', 'LimitRanger', 'ServiceAccount']);
    expect(select([], ['Priority']).plugins.map(({ name }) => name)).toEqual(
      usual.filter((name) => name !== 'Priority'),
    );
    expect(select(['NodeRestriction', 'Priority'], []).withoutEffect).toEqual(['NodeRestriction']);
    expect(() => select(['Nope'], [])).toThrow('enable-admission-plugins plugin "Nope" is unknown');
    expect(() => select(['Priority'], ['Priority'])).toThrow(
      '[Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
    );
  });

  test('a pod passes without a promise', () => {
    const chain = admissionChain(selectPlugins({ enable: [], disable: [] }, context()).plugins);
    const given = attributes('pods', {
      namespace: 'dev',
      object: object('Pod', 'p', { spec: { containers: [{ name: 'c' }] } }),
    });
    expect(chain.admit(given)).toBeUndefined();
    expect(chain.validate(given)).toBeUndefined();
    chain.close();
    expect(objects.watcherCount).toBe(0);
  });
});

describe('NamespaceLifecycle', () => {
  const configMap = (namespace: string, more = {}) =>
    attributes('configmaps', { namespace, object: object('ConfigMap', 'c'), ...more });

  test('a namespace that does not exist, after a fresh look', async () => {
    await expect(admit(configMap('nope'))).rejects.toMatchObject({ code: 404, message: 'namespaces "nope" not found' });
    expect(freshened).toBe(1);
    late = () => put('namespaces', '', object('Namespace', 'late'));
    await admit(configMap('late'));
    await admit(attributes('nodes', { operation: 'DELETE', name: 'n' }));
  });

  test('a namespace that goes away takes nothing new', async () => {
    await put('namespaces', '', object('Namespace', 'going', { status: { phase: 'Terminating' } }));
    await expect(admit(configMap('going'))).rejects.toMatchObject({
      code: 403,
      message:
        'configmaps "c" is forbidden: unable to create new content in namespace going because it is being terminated',
      status: {
        details: {
          causes: [
            {
              reason: 'NamespaceTerminating',
              message: 'namespace going is being terminated',
              field: 'metadata.namespace',
            },
          ],
        },
      },
    });
    await admit(configMap('going', { operation: 'UPDATE' }));
    await admit(configMap('nope', { operation: 'DELETE' }));
    await admit(attributes('localsubjectaccessreviews', { namespace: 'nope' }));
  });

  test.each(['default', 'kube-system', 'kube-public'])('%s stays', async (name) => {
    await expect(admit(attributes('namespaces', { operation: 'DELETE', name }))).rejects.toThrow(
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    );
  });
});

describe('pods', () => {
  const pod = (spec: object = {}, metadata: object = {}) =>
    attributes('pods', {
      namespace: 'dev',
      object: object('Pod', 'p', { spec: { containers: [{ name: 'c' }], ...spec } }, metadata),
    });

  test('everything a plain pod gets', async () => {
    const made = await admit(pod());
    const name = made?.['spec'].volumes[0].name;
    expect(name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(made?.['spec']).toEqual({
      containers: [
        {
          name: 'c',
          volumeMounts: [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        },
      ],
      serviceAccount: 'default',
      serviceAccountName: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      volumes: [
        {
          name,
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
              {
                downwardAPI: {
                  items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }],
                },
              },
            ],
          },
        },
      ],
    });
  });

  test('the service account must exist, and may keep its token', async () => {
    await expect(admit(pod({ serviceAccountName: 'x' }))).rejects.toMatchObject({
      code: 403,
      message: 'pods "p" is forbidden: error looking up service account dev/x: serviceaccount "x" not found',
    });
    await put(
      'serviceaccounts',
      'dev',
      object('ServiceAccount', 'quiet', { automountServiceAccountToken: false, imagePullSecrets: [{ name: 's' }] }),
    );
    const quiet = await admit(pod({ serviceAccount: 'quiet' }));
    expect(quiet?.['spec']).toMatchObject({ serviceAccountName: 'quiet', imagePullSecrets: [{ name: 's' }] });
    expect(quiet?.['spec'].volumes).toBeUndefined();
    expect(
      (await admit(pod({ serviceAccountName: 'quiet', automountServiceAccountToken: true })))?.['spec'].volumes,
    ).toHaveLength(1);
    const mounts = [{ name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }];
    expect((await admit(pod({ containers: [{ name: 'c', volumeMounts: mounts }] })))?.['spec'].volumes).toBeUndefined();
  });

  test('mirror pods, and accounts that limit secrets', async () => {
    const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
    expect((await admit(pod({}, mirror)))?.['spec'].serviceAccountName).toBeUndefined();
    await expect(admit(pod({ serviceAccountName: 'default' }, mirror))).rejects.toThrow(
      'a mirror pod may not reference service accounts',
    );
    await expect(admit(pod({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }, mirror))).rejects.toThrow(
      'a mirror pod may not reference secrets',
    );
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    await put(
      'serviceaccounts',
      'dev',
      object('ServiceAccount', 'strict', { secrets: [{ name: 'ok' }] }, { annotations }),
    );
    const volume = (secretName: string) => ({
      serviceAccountName: 'strict',
      volumes: [{ name: 'v', secret: { secretName } }],
    });
    await admit(pod(volume('ok')));
    await expect(admit(pod(volume('other')))).rejects.toThrow(
      'volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
    );
    const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'other' } } }];
    await expect(admit(pod({ serviceAccountName: 'strict', containers: [{ name: 'c', env }] }))).rejects.toThrow(
      'container c with envVar E referencing secret.secretName="other" is not allowed',
    );
  });

  test('priority comes from the class, or from the default class', async () => {
    const classes = 'priorityclasses.scheduling.k8s.io';
    await put(classes, '', object('PriorityClass', 'high', { value: 1000, preemptionPolicy: 'Never' }));
    expect((await admit(pod({ priorityClassName: 'high' })))?.['spec']).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'Never',
    });
    await expect(admit(pod({ priorityClassName: 'high', priority: 7 }))).rejects.toThrow(
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
    );
    await expect(admit(pod({ priorityClassName: 'none' }))).rejects.toThrow(
      'pods "p" is forbidden: no PriorityClass with name none was found',
    );
    await put(
      classes,
      '',
      object('PriorityClass', 'usual', { value: 5, globalDefault: true, preemptionPolicy: 'PreemptLowerPriority' }),
    );
    expect((await admit(pod()))?.['spec']).toMatchObject({ priority: 5, priorityClassName: 'usual' });
    const another = object('PriorityClass', 'more', { value: 6, globalDefault: true });
    await expect(admit(attributes('priorityclasses', { object: another }))).rejects.toThrow(
      'priorityclasses.scheduling.k8s.io "more" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    );
    const update = {
      ...pod(),
      operation: 'UPDATE' as const,
      old: object('Pod', 'p', { spec: { priority: 5, preemptionPolicy: 'Never' } }),
    };
    expect((await admit(update))?.['spec']).toMatchObject({ priority: 5, preemptionPolicy: 'Never' });
  });

  test('the default class follows changes of the classes', async () => {
    const chain = admissionChain(selectPlugins({ enable: [], disable: [] }, context()).plugins);
    const priorityOfNext = async () => {
      const given = pod();
      await chain.admit(given);
      return given.object?.['spec'].priority;
    };
    expect(await priorityOfNext()).toBe(0);
    await put(
      'priorityclasses.scheduling.k8s.io',
      '',
      object('PriorityClass', 'usual', { value: 5, globalDefault: true }),
    );
    expect(await priorityOfNext()).toBe(5);
    await objects.delete('priorityclasses.scheduling.k8s.io', '', 'usual');
    expect(await priorityOfNext()).toBe(0);
    chain.close();
  });

  test('tolerations that the pod has stay', async () => {
    const made = await admit(pod({ tolerations: [{ operator: 'Exists' }] }));
    expect(made?.['spec'].tolerations).toEqual([{ operator: 'Exists' }]);
  });

  test('runtime classes add overhead and scheduling', async () => {
    const more = {
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { kata: 'yes' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
    };
    await put('runtimeclasses.node.k8s.io', '', object('RuntimeClass', 'kata', more));
    const made = await admit(pod({ runtimeClassName: 'kata', nodeSelector: { a: 'b' }, overhead: { cpu: '0.25' } }));
    expect(made?.['spec']).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { a: 'b', kata: 'yes' } });
    expect(made?.['spec'].tolerations.map(({ key }: { key: string }) => key)).toContain('kata');
    await expect(admit(pod({ runtimeClassName: 'x' }))).rejects.toThrow(
      'pods "p" is forbidden: pod rejected: RuntimeClass "x" not found',
    );
    await expect(admit(pod({ overhead: { cpu: '1' } }))).rejects.toThrow(
      'Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
    await expect(admit(pod({ runtimeClassName: 'kata', overhead: { cpu: '1' } }))).rejects.toThrow(
      "Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
    await expect(admit(pod({ runtimeClassName: 'kata', nodeSelector: { kata: 'no' } }))).rejects.toThrow(
      'conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no',
    );
  });

  test('zone and region of the node, also by a binding', async () => {
    const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' };
    await put('nodes', '', object('Node', 'n', {}, { labels }));
    const copied = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' };
    expect((await admit(pod({ nodeName: 'n' }, { labels: { app: 'a' } })))?.metadata.labels).toEqual({
      app: 'a',
      ...copied,
    });
    const binding = object('Binding', 'p', { target: { kind: 'Node', name: 'n' } });
    expect(
      (await admit(attributes('pods', { namespace: 'dev', subresource: 'binding', object: binding })))?.metadata.labels,
    ).toEqual(copied);
  });
});

describe('LimitRanger', () => {
  const range = (...limits: object[]) =>
    put('limitranges', 'dev', object('LimitRange', `r${limits.length}`, { spec: { limits } }));
  const pod = (spec: object, more: Partial<AdmissionAttributes> = {}) =>
    admit(
      attributes('pods', {
        namespace: 'dev',
        object: object('Pod', 'p', { spec: { automountServiceAccountToken: false, ...spec } }),
        ...more,
      }),
    );
  const container = (resources: object = {}) => ({ name: 'c', resources });

  test('defaults, and what it says about them', async () => {
    await range({ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });
    const made = await pod({ containers: [container({ limits: { memory: '2Gi' } })], initContainers: [{ name: 'i' }] });
    expect(made?.['spec'].containers[0].resources).toEqual({
      limits: { memory: '2Gi', cpu: '1' },
      requests: { cpu: '100m' },
    });
    expect(made?.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container c; cpu limit for container c; cpu request for init container i; cpu, memory limit for init container i',
    });
  });

  test.each([
    [
      { type: 'Container', min: { cpu: '100m' } },
      {},
      'minimum cpu usage per Container is 100m.  No request is specified',
    ],
    [
      { type: 'Container', min: { cpu: '0.2' } },
      { requests: { cpu: '100m' } },
      'minimum cpu usage per Container is 200m, but request is 100m',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      {},
      'maximum memory usage per Container is 1Gi.  No limit is specified',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { limits: { cpu: '1' }, requests: { cpu: '250m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    ],
    [
      { type: 'Pod', max: { cpu: '1' } },
      { limits: { cpu: '600m' } },
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
  ])('%j refuses %j', async (limit, resources, message) => {
    await range(limit);
    await expect(
      pod({ containers: [container(resources), { ...container(resources), name: 'd' }] }),
    ).rejects.toMatchObject({ code: 403, message: expect.stringContaining(message) });
  });

  test('a pod needs its containers with sidecars, or an init container with the sidecars before it', async () => {
    await range({ type: 'Pod', max: { cpu: '1' } });
    const cpu = (amount: string, more = {}) => ({ name: 'x', resources: { limits: { cpu: amount } }, ...more });
    await pod({ containers: [cpu('500m')], initContainers: [cpu('500m', { restartPolicy: 'Always' }), cpu('500m')] });
    await expect(
      pod({ containers: [cpu('1m')], initContainers: [cpu('500m', { restartPolicy: 'Always' }), cpu('501m')] }),
    ).rejects.toThrow('maximum cpu usage per Pod is 1, but limit is 1001m');
  });

  test('claims; nothing on ordinary pod updates and for what is going away', async () => {
    await range({ type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, { type: 'Container', min: { cpu: '1' } });
    const claim = object('PersistentVolumeClaim', 'c', { spec: { resources: { requests: { storage: '2Gi' } } } });
    await expect(admit(attributes('persistentvolumeclaims', { namespace: 'dev', object: claim }))).rejects.toThrow(
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    );
    await pod({ containers: [container()] }, { operation: 'UPDATE', old: object('Pod', 'p') });
    const going = object('Pod', 'p', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    await pod({ containers: [container()] }, { operation: 'UPDATE', subresource: 'resize', old: going });
    await expect(
      pod({ containers: [container()] }, { operation: 'UPDATE', subresource: 'resize', old: object('Pod', 'p') }),
    ).rejects.toThrow('No request is specified');
  });
});

test('a pod without a spec is left to validation', async () => {
  const made = await admit(
    attributes('pods', { namespace: 'dev', object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } }),
  );
  expect(made?.['spec'].serviceAccountName).toBe('default');
});

describe('defaults of storage and network', () => {
  test('the newest default storage class, for claims without one', async () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    await put('storageclasses.storage.k8s.io', '', object('StorageClass', 'b', {}, { annotations }));
    await put('storageclasses.storage.k8s.io', '', object('StorageClass', 'a', {}, { annotations }));
    const claim = (spec: object) =>
      attributes('persistentvolumeclaims', {
        namespace: 'dev',
        object: object('PersistentVolumeClaim', 'c', { spec }),
      });
    expect((await admit(claim({})))?.['spec'].storageClassName).toBe('a');
    expect((await admit(claim({ storageClassName: '' })))?.['spec'].storageClassName).toBe('');
    expect((await admit(claim({})))?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  });

  test('the default ingress class; finalizers; the taint of a new node', async () => {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
    await put('ingressclasses.networking.k8s.io', '', object('IngressClass', 'nginx', {}, { annotations }));
    const ingress = attributes('ingresses', { namespace: 'dev', object: object('Ingress', 'i', { spec: {} }) });
    expect((await admit(ingress))?.['spec'].ingressClassName).toBe('nginx');
    const legacy = object('Ingress', 'i', { spec: {} }, { annotations: { 'kubernetes.io/ingress.class': 'x' } });
    expect((await admit(attributes('ingresses', { namespace: 'dev', object: legacy })))?.['spec']).toEqual({});
    expect(
      (await admit(attributes('persistentvolumes', { object: object('PersistentVolume', 'v') })))?.metadata.finalizers,
    ).toEqual(['kubernetes.io/pv-protection']);
    expect(
      (await admit(attributes('volumeattributesclasses', { object: object('X', 'v') })))?.metadata.finalizers,
    ).toEqual(['kubernetes.io/vac-protection']);
    expect((await admit(attributes('nodes', { object: object('Node', 'n') })))?.['spec'].taints).toEqual([
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ]);
  });

  test('claims grow when bound and allowed', async () => {
    await put('storageclasses.storage.k8s.io', '', object('StorageClass', 'grows', { allowVolumeExpansion: true }));
    const claim = (storage: string, storageClassName: string, phase: string) =>
      object('PersistentVolumeClaim', 'c', {
        spec: { storageClassName, resources: { requests: { storage } } },
        status: { phase },
      });
    const grow = (to: string, name = 'grows', phase = 'Bound') =>
      admit(
        attributes('persistentvolumeclaims', {
          operation: 'UPDATE',
          namespace: 'dev',
          object: claim(to, name, phase),
          old: claim('1Gi', name, phase),
        }),
      );
    await grow('2Gi');
    await grow('1024Mi', 'fixed');
    await expect(grow('2Gi', 'fixed')).rejects.toThrow(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
    await expect(grow('2Gi', 'grows', 'Pending')).rejects.toThrow(
      'Only bound persistent volume claims can be expanded',
    );
  });
});

describe('certificate signing requests', () => {
  const signerName = 'example.com/one';
  const request = object('CertificateSigningRequest', 'r', { spec: { signerName } });
  const write = (subresource: string, status: object = {}) =>
    admit(
      attributes('certificatesigningrequests', {
        operation: 'UPDATE',
        subresource,
        name: 'r',
        old: request,
        object: { ...request, status },
      }),
    );

  test('approving and signing take the signer’s permission, or that for its domain', async () => {
    await expect(write('approval')).rejects.toThrow(
      'user not permitted to approve requests with signerName "example.com/one"',
    );
    await expect(write('status', { certificate: 'x' })).rejects.toThrow(
      'user not permitted to sign requests with signerName "example.com/one"',
    );
    await write('status');
    allowed = ['approve example.com/*', 'sign example.com/one'];
    await write('approval');
    await write('status', { certificate: 'x' });
  });

  test('no request for system:masters', async () => {
    const create = (organization: string) =>
      admit(
        attributes('certificatesigningrequests', {
          object: object('CertificateSigningRequest', 'r', {
            spec: { signerName: 'kubernetes.io/kube-apiserver-client', request: requests[organization] },
          }),
        }),
      );
    await create('dev');
    await expect(create('masters')).rejects.toThrow(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    await expect(create('broken')).rejects.toThrow('failed to parse CSR: PEM block type must be CERTIFICATE REQUEST');
  });
});

/** Made by `openssl req -new` for /O=dev/CN=jane and /O=system:masters/CN=jane, base64 as in spec.request. */
const requests: Record<string, string> = {
  dev: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWU1IOENBUUF3SFRFTU1Bb0dBMVVFQ2d3RFpHVjJNUTB3Q3dZRFZRUUREQVJxWVc1bE1Ga3dFd1lIS29aSQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUVRbkFFdkZiUTNWUWk0NzRHUVhCTGdTRDJHQ1kzdkUyaDVsZkhQU0ZvCmN6ODl1TnN3dkVRa3NlZDUxSTFpWE9ybDIxUmdIdUwwKzVaZnAyQ2Q0SlZPVTZBQU1Bb0dDQ3FHU000OUJBTUMKQTBrQU1FWUNJUURJK0xOVUFwR09XVit4TzVVYVpCVDcwM1ltK2EzT3Uxb05DbEV6SHVFVW1BSWhBT1dHRFg2WgpwbEdnTVVTWlI3YnF3Q1lpaEtyMmxQUHZ1cFFleU5BNTBGdGUKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  masters:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIaU1JR0tBZ0VBTUNneEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRwdFlYTjBaWEp6TVEwd0N3WURWUVFEREFScQpZVzVsTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFWjFjNmdEcWliWmY0cmxNV1dIU0FhZ3VZCkRBUzhJRE1KZGJpK1RvNE1hdUNyQzVOQU1kU2hyL25zVStxaGQzbEZCMm9QOW1BeHA1Y3g5SFB4eGdjdHNLQUEKTUFvR0NDcUdTTTQ5QkFNQ0EwY0FNRVFDSUR1K2hkaFNESEE0WDlUSG1JS1VqeFkwWDBQR0NQU25RbnJjZEV2ZApqREVFQWlBcDcwdUVvc2gxMXlqUVNkK25IOHNYcVBNUEllOEZqNDF5NDdCYnlBRGRndz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
  broken: 'bm8=',
};
