// Plugins that are off unless enabled.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { selectPlugins } from '../chain.ts';
import { admit, attributes, context, object, put, resetState, state } from '../harness.ts';
import type { AdmissionAttributes } from '../types.ts';
import { eventRateLimit } from './event-rate-limit.ts';

beforeEach(resetState);

const inDev = (spec: object, more: Partial<AdmissionAttributes> = {}) =>
  attributes('pods', { namespace: 'dev', object: object('Pod', 'p', { spec }), ...more });
const update = (spec: object, old: object): Partial<AdmissionAttributes> => ({
  operation: 'UPDATE',
  object: object('Pod', 'p', { spec }),
  old: object('Pod', 'p', { spec: old }),
});

test('AlwaysAdmit admits, AlwaysDeny denies', async () => {
  await expect(admit(inDev({ containers: [] }), ['AlwaysAdmit'])).resolves.toBeDefined();
  await expect(admit(inDev({ containers: [] }), ['AlwaysDeny'])).rejects.toThrow(
    'pods "p" is forbidden: admission control is denying all modifications',
  );
});

describe('AlwaysPullImages', () => {
  const enable = ['AlwaysPullImages'];
  test('images of containers and volumes are pulled always', async () => {
    const spec = {
      initContainers: [{ name: 'i', image: 'a', imagePullPolicy: 'Never' }],
      containers: [{ name: 'c', image: 'b' }],
      volumes: [{ name: 'v', image: { reference: 'x' } }],
    };
    const made = await admit(inDev(spec), enable);
    expect(made!['spec'].containers[0].imagePullPolicy).toBe('Always');
    expect(made!['spec'].initContainers[0].imagePullPolicy).toBe('Always');
    expect(made!['spec'].volumes[0].image.pullPolicy).toBe('Always');
  });

  test('an update without new images stays as it is', async () => {
    const spec = { containers: [{ name: 'c', image: 'b', imagePullPolicy: 'Never' }] };
    const made = await admit(inDev({}, update(spec, spec)), enable);
    expect(made!['spec'].containers[0].imagePullPolicy).toBe('Never');
  });

  test('what a later plugin makes of it is refused', () => {
    const [plugin] = selectPlugins({ enable, disable: [] }, context()).filter(({ name }) => name === enable[0]);
    const bad = inDev({ containers: [{ name: 'c', image: 'b', imagePullPolicy: 'Never' }] });
    expect(() => plugin!.validate!(bad)).toThrow(
      'pods "p" is forbidden: spec.containers[0].imagePullPolicy: Unsupported value: "Never": supported values: "Always"',
    );
  });
});

test('DenyServiceExternalIPs: none that were not there', async () => {
  const service = (...externalIPs: string[]) => object('Service', 's', { spec: { externalIPs } });
  const write = (now: string[], old?: string[]) =>
    admit(
      attributes('services', {
        namespace: 'dev',
        object: service(...now),
        ...(old ? { operation: 'UPDATE', old: service(...old) } : {}),
      }),
      ['DenyServiceExternalIPs'],
    );
  await expect(write(['1.2.3.4'])).rejects.toThrow('Use of external IPs is denied by admission control');
  await expect(write(['1.2.3.4'], ['1.2.3.4', '5.6.7.8'])).resolves.toBeDefined();
  await expect(write([])).resolves.toBeDefined();
});

test('ExtendedResourceToleration: once for each extended resource', async () => {
  const requests = { 'example.com/gpu': '1', cpu: '1', 'example.com/fpga': '2' };
  const spec = {
    containers: [{ name: 'c', resources: { requests } }],
    tolerations: [{ key: 'example.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
  };
  const made = await admit(inDev(spec), ['ExtendedResourceToleration']);
  const keys = made!['spec'].tolerations.map(({ key }: { key: string }) => key);
  expect(keys.filter((key: string) => key.startsWith('example.com/'))).toEqual(['example.com/gpu', 'example.com/fpga']);
});

test('LimitPodHardAntiAffinityTopology: between nodes only', async () => {
  const spec = (topologyKey: string) => ({
    containers: [],
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } },
  });
  const enable = ['LimitPodHardAntiAffinityTopology'];
  await expect(admit(inDev(spec('zone')), enable)).rejects.toThrow(
    'affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed',
  );
  await expect(admit(inDev(spec('kubernetes.io/hostname')), enable)).resolves.toBeDefined();
});

describe('namespaces', () => {
  const configMap = (namespace: string, more: object = {}) =>
    attributes('configmaps', { namespace, object: object('ConfigMap', 'c'), ...more });

  test('NamespaceAutoProvision makes them, but for dry runs', async () => {
    await admit(configMap('new'), ['NamespaceAutoProvision']);
    expect(state.objects.resource('namespaces').get('', 'new')).toBeDefined();
    await expect(admit(configMap('other', { dryRun: true }), ['NamespaceAutoProvision'])).rejects.toThrow('not found');
  });

  test('NamespaceExists refuses deletes too', async () => {
    const remove = configMap('gone', { operation: 'DELETE', object: undefined, name: 'c' });
    await expect(admit(remove, ['NamespaceExists'])).rejects.toThrow('namespaces "gone" not found');
    await expect(admit(remove)).resolves.toBeUndefined();
  });
});

describe('PodNodeSelector', () => {
  const annotation = 'scheduler.alpha.kubernetes.io/node-selector';
  beforeEach(async () => {
    state.configuration['PodNodeSelector'] = {
      podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'pool=usual', own: 'env=prod, disk=ssd' },
    };
    await put('namespaces', '', object('Namespace', 'own', {}, { annotations: { [annotation]: 'env=prod' } }));
    await put('serviceaccounts', 'own', object('ServiceAccount', 'default'));
  });
  const write = async (namespace: string, nodeSelector: object) => {
    const pod = object('Pod', 'p', { spec: { containers: [], nodeSelector } });
    return (await admit(attributes('pods', { namespace, object: pod }), ['PodNodeSelector']))!['spec'].nodeSelector;
  };

  test('the namespace’s selector, or the cluster’s, is added', async () => {
    expect(await write('own', { disk: 'ssd' })).toEqual({ env: 'prod', disk: 'ssd' });
    expect(await write('dev', {})).toEqual({ pool: 'usual' });
  });

  test('conflicts, and what is not on the list, are refused', async () => {
    await expect(write('own', { env: 'test' })).rejects.toThrow(
      'pod node label selector conflicts with its namespace node label selector',
    );
    await expect(write('own', { other: 'x' })).rejects.toThrow(
      'pod node label selector labels conflict with its namespace whitelist',
    );
  });
});

describe('PodTolerationRestriction', () => {
  const write = async (annotations: Record<string, string>, spec: object) => {
    await state.objects.update('namespaces', '', object('Namespace', 'dev', {}, { annotations }));
    const given = attributes('pods', { namespace: 'dev', object: object('Pod', 'p', { spec }) });
    return (await admit(given, ['PodTolerationRestriction']))!['spec'].tolerations as { key: string }[];
  };
  const prefix = 'scheduler.alpha.kubernetes.io/';
  const tolerate = (key: string) => ({ key, operator: 'Exists', effect: 'NoSchedule' });

  test('the namespace’s tolerations are added, and memory pressure’s for pods that ask for something', async () => {
    const annotations = { [`${prefix}defaultTolerations`]: JSON.stringify([tolerate('own')]) };
    const containers = [{ name: 'c', resources: { requests: { cpu: '1' } } }];
    const keys = (await write(annotations, { containers })).map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(['own', 'node.kubernetes.io/memory-pressure']));
  });

  test('what is not on the list is refused', async () => {
    const annotations = { [`${prefix}tolerationsWhitelist`]: JSON.stringify([tolerate('own')]) };
    await expect(write(annotations, { containers: [], tolerations: [tolerate('other')] })).rejects.toThrow(
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
    );
    await expect(
      write({ [`${prefix}tolerationsWhitelist`]: '{' }, { containers: [], tolerations: [tolerate('x')] }),
    ).rejects.toThrow('is no list of tolerations');
  });
});

describe('EventRateLimit', () => {
  const event = (component: string, namespace = 'dev') =>
    attributes('events', {
      namespace,
      object: object('Event', 'e', { source: { component }, involvedObject: { name: 'x' } }),
    });

  test('limits by what they are of, refilled with time', () => {
    state.configuration['EventRateLimit'] = {
      limits: [
        { type: 'Namespace', qps: 1, burst: 3 },
        { type: 'SourceAndObject', qps: 1, burst: 2 },
      ],
    };
    let now = 0;
    const plugin = eventRateLimit(context(), () => now);
    for (const source of ['a', 'a']) plugin.validate!(event(source));
    expect(() => plugin.validate!(event('a'))).toThrow('limit reached on type SourceAndObject for key a');
    expect(() => plugin.validate!(event('b'))).toThrow('limit reached on type Namespace for key dev');
    plugin.validate!(event('b', 'other'));
    now = 1000;
    plugin.validate!(event('a'));
  });

  test('without limits it cannot start', () => {
    expect(() => eventRateLimit(context())).toThrow('limits: Invalid value: must not be empty');
  });
});

describe('OwnerReferencesPermissionEnforcement', () => {
  const owner = (more: object = {}) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', ...more });
  const write = (owners: object[], old?: object[]) =>
    admit(
      attributes('configmaps', {
        namespace: 'dev',
        name: 'c',
        object: object('ConfigMap', 'c', {}, { ownerReferences: owners }),
        ...(old ? { operation: 'UPDATE', old: object('ConfigMap', 'c', {}, { ownerReferences: old }) } : {}),
      }),
      ['OwnerReferencesPermissionEnforcement'],
    );

  test('changing owners takes the right to delete', async () => {
    await expect(write([owner()])).resolves.toBeDefined();
    await expect(write([owner()], [])).rejects.toThrow(
      "cannot set an ownerRef on a resource you can't delete: , <nil>",
    );
    state.allowed = ['delete c'];
    await expect(write([owner()], [])).resolves.toBeDefined();
  });

  test('holding up an owner’s deletion takes the right to its finalizers', async () => {
    const blocking = owner({ blockOwnerDeletion: true });
    await expect(write([blocking])).rejects.toThrow(
      "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>",
    );
    state.allowed = ['update r'];
    await expect(write([blocking])).resolves.toBeDefined();
    await expect(write([{ ...blocking, kind: 'Nothing' }])).rejects.toThrow(
      'cannot find RESTMapping for APIVersion apps/v1 Kind Nothing: no matches for kind "Nothing" in version "apps/v1"',
    );
  });
});
