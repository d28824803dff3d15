// Pod Security Standards: the checks by level and version, and what namespaces’ labels make of them.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { admit, attributes, object, put, resetState, state } from '../harness.ts';
import { detailOf, violationsOf } from '../pod-security/evaluate.ts';
import type { Level } from '../pod-security/levels.ts';

beforeEach(resetState);

const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const containers = (...contexts: object[]) => ({
  containers: contexts.map((securityContext, index) => ({ name: 'abc'[index]!, image: 'i', securityContext })),
});
const latest = Number.POSITIVE_INFINITY;

function detail(level: Level, version: number, spec: object, annotations: Record<string, string> = {}): string {
  return detailOf(violationsOf({ level, version }, spec, { name: 'p', annotations }));
}

describe('baseline', () => {
  const cases: [spec: object, detail: string][] = [
    [containers({}), ''],
    [
      { hostNetwork: true, hostIPC: true, hostPID: false, ...containers({}) },
      'host namespaces (hostNetwork=true, hostIPC=true)',
    ],
    [
      containers({ privileged: true }, {}, { privileged: true }),
      'privileged (containers "a", "c" must not set securityContext.privileged=true)',
    ],
    [
      containers({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'BPF'] } }),
      'non-default capabilities (container "a" must not include "BPF", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [{ ...containers({}), volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      {
        containers: [
          { name: 'a', ports: [{ hostPort: 90 }, { hostPort: 80 }] },
          { name: 'b', ports: [{ hostPort: 80 }] },
        ],
      },
      'hostPort (containers "a", "b" use hostPorts 80, 90)',
    ],
    [
      { containers: [{ name: 'a', livenessProbe: { httpGet: { host: 'x' } } }] },
      'probe or lifecycle host (container "a" uses probe or lifecycle host "x")',
    ],
    [
      {
        securityContext: { seccompProfile: { type: 'Unconfined' } },
        ...containers({ seccompProfile: { type: 'No' } }),
      },
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "No", "Unconfined")',
    ],
    [
      { securityContext: { appArmorProfile: { type: 'Unconfined' } }, ...containers({}) },
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      containers({ seLinuxOptions: { type: 'x_t', user: 'u', role: 'r' } }),
      'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "x_t"; user may not be set; role may not be set)',
    ],
    [
      { securityContext: { sysctls: [{ name: 'kernel.msgmax' }, { name: 'net.ipv4.tcp_rmem' }] }, ...containers({}) },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      { securityContext: { windowsOptions: { hostProcess: true } }, ...containers({}) },
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      containers({ procMount: 'Unmasked' }),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [{ hostUsers: false, ...containers({ procMount: 'Unmasked' }) }, ''],
    [
      {
        initContainers: [{ name: 'i', securityContext: { privileged: true } }],
        ephemeralContainers: [{ name: 'e', securityContext: { privileged: true } }],
      },
      'privileged (containers "i", "e" must not set securityContext.privileged=true)',
    ],
  ];
  test.each(cases)('%j: %s', (spec, expected) => expect(detail('baseline', latest, spec)).toBe(expected));

  test('annotations of old count in the versions that knew them', () => {
    const annotations = {
      'seccomp.security.alpha.kubernetes.io/pod': 'unconfined',
      'container.apparmor.security.beta.kubernetes.io/a': 'unconfined',
    };
    const appArmor =
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")';
    const seccomp = 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")';
    expect(detail('baseline', 18, containers({}), annotations)).toBe(`${appArmor}, ${seccomp}`);
    expect(detail('baseline', 19, containers({}), annotations)).toBe(appArmor);
  });

  test.each([
    [26, 'net.ipv4.ip_local_reserved_ports', false],
    [27, 'net.ipv4.ip_local_reserved_ports', true],
    [31, 'net.ipv4.tcp_wmem', false],
    [32, 'net.ipv4.tcp_wmem', true],
  ])('in v1.%d sysctl %s is safe: %s', (version, name, safe) => {
    expect(detail('baseline', version, { securityContext: { sysctls: [{ name }] } })).toBe(
      safe ? '' : `forbidden sysctls (${name})`,
    );
  });
});

describe('restricted', () => {
  test('a hardened container passes; a plain one is told everything at once', () => {
    expect(detail('restricted', latest, containers(hardened))).toBe('');
    expect(detail('restricted', latest, containers({}))).toBe(
      [
        'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
        'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])',
        'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
        'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      ].join(', '),
    );
  });

  const cases: [change: object, podLevel: object, detail: string][] = [
    [
      { runAsNonRoot: false },
      {},
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    [{ runAsNonRoot: undefined }, { runAsNonRoot: true }, ''],
    [{ runAsUser: 0 }, { runAsUser: 0 }, 'runAsUser=0 (pod and container "a" must not set runAsUser=0)'],
    [{ seccompProfile: undefined }, { seccompProfile: { type: 'Localhost' } }, ''],
    [
      { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CHOWN'] } },
      {},
      'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
  ];
  test.each(cases)('%j in a pod with %j: %s', (change, securityContext, expected) => {
    const spec = { securityContext, ...containers({ ...hardened, ...change }) };
    expect(detail('restricted', latest, spec)).toBe(expected);
  });

  test('volumes: only those that are no way out', () => {
    const volumes = [{ name: 'x', hostPath: {} }, { name: 'y', nfs: {} }, { name: 'z', emptyDir: {} }, { name: 'w' }];
    expect(detail('restricted', latest, { volumes, ...containers(hardened) })).toBe(
      'restricted volume types (volumes "x", "y", "w" use restricted volume types "hostPath", "nfs", "unknown")',
    );
  });

  test('a pod of Windows, and one in a user namespace, are asked for less since v1.25 and v1.35', () => {
    const windows = { os: { name: 'windows' }, ...containers({ runAsNonRoot: true }) };
    expect(detail('restricted', 25, windows)).toBe('');
    expect(detail('restricted', 24, windows)).toContain('allowPrivilegeEscalation != false');
    const inNamespace = { hostUsers: false, ...containers({ ...hardened, runAsNonRoot: false, runAsUser: 0 }) };
    expect(detail('restricted', 35, inNamespace)).toBe('');
    expect(detail('restricted', 34, inNamespace)).toContain('runAsUser=0');
  });

  test('privileged allows everything', () => {
    expect(detail('privileged', latest, { hostNetwork: true })).toBe('');
  });
});

describe('a namespace’s labels', () => {
  const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;
  const inNamespace = (name: string, labels: Record<string, string>) =>
    put('namespaces', '', object('Namespace', name, {}, { labels }));
  const privileged = { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }] };
  const write = async (namespace: string, spec: object, more: object = {}) => {
    if (state.objects.resource('serviceaccounts').get(namespace, 'default') === undefined)
      await put('serviceaccounts', namespace, object('ServiceAccount', 'default'));
    return admit(attributes('pods', { namespace, object: object('Pod', 'p', { spec }), ...more }));
  };
  const violation = (version = 'latest') =>
    `pods "p" is forbidden: violates PodSecurity "baseline:${version}": privileged (container "c" must not set securityContext.privileged=true)`;

  test('enforce: pods are refused', async () => {
    await inNamespace('strict', { [label('enforce')]: 'baseline', [label('enforce-version')]: 'v1.30' });
    await expect(write('strict', privileged)).rejects.toThrow(violation('v1.30'));
  });

  test('warn and audit: pods pass, and it is said', async () => {
    await inNamespace('warned', { [label('warn')]: 'baseline', [label('audit')]: 'baseline' });
    const annotations: Record<string, string> = {};
    await write('warned', privileged, {
      annotate: (key: string, value: string) => Object.assign(annotations, { [key]: value }),
    });
    const said =
      'would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)';
    expect(state.warnings).toEqual([said]);
    expect(annotations).toEqual({
      'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
      'pod-security.kubernetes.io/audit-violations': said,
    });
  });

  test('who enforces warns about what makes pods, too', async () => {
    await inNamespace('strict', { [label('enforce')]: 'baseline' });
    const deployment = object('Deployment', 'd', { spec: { template: { spec: privileged } } });
    await admit(attributes('deployments', { namespace: 'strict', object: deployment }));
    expect(state.warnings).toEqual([
      'would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)',
    ]);
  });

  test('updates count only where they bring other images; some subresources never do', async () => {
    await inNamespace('strict', { [label('enforce')]: 'baseline' });
    const old = object('Pod', 'p', { spec: privileged });
    const other = { containers: [{ ...privileged.containers[0]!, image: 'j' }] };
    const update = { operation: 'UPDATE', old };
    await expect(write('strict', privileged, update)).resolves.toBeDefined();
    await expect(write('strict', other, update)).rejects.toThrow('violates PodSecurity');
    await expect(write('strict', other, { ...update, subresource: 'status' })).resolves.toBeDefined();
  });

  test('what cannot be read is refused once, and enforced as restricted meanwhile', async () => {
    const labels = { [label('enforce')]: 'tight', [label('warn-version')]: '1.2' };
    const wrong = object('Namespace', 'n', {}, { labels });
    await expect(admit(attributes('namespaces', { object: wrong }))).rejects.toThrow(
      'Namespace "n" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
    );
    const same = attributes('namespaces', { operation: 'UPDATE', object: wrong, old: structuredClone(wrong) });
    await expect(admit(same)).resolves.toBeDefined();
    await inNamespace('broken', labels);
    await expect(write('broken', privileged)).rejects.toThrow('violates PodSecurity "restricted:latest"');
  });

  test('a namespace that begins to enforce more is told of the pods that it has', async () => {
    const owner = { ownerReferences: [{ uid: 'u', controller: true }] };
    for (const name of ['b', 'a']) await put('pods', 'dev', object('Pod', name, { spec: privileged }, owner));
    await put('pods', 'dev', object('Pod', 'c', { spec: { hostNetwork: true } }));
    const old = object('Namespace', 'dev');
    const now = object('Namespace', 'dev', {}, { labels: { [label('enforce')]: 'baseline' } });
    await admit(attributes('namespaces', { operation: 'UPDATE', object: now, old }));
    expect(state.warnings).toEqual([
      'existing pods in namespace "dev" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): privileged',
      'c: host namespaces',
    ]);
  });

  test('exemptions and defaults are configured', async () => {
    state.configuration['PodSecurity'] = {
      defaults: { enforce: 'baseline' },
      exemptions: { usernames: ['root'], namespaces: ['free'], runtimeClasses: [] },
    };
    await inNamespace('free', {});
    await inNamespace('usual', {});
    await expect(write('usual', privileged)).rejects.toThrow(violation());
    await expect(write('free', privileged)).resolves.toBeDefined();
    await expect(write('usual', privileged, { user: { name: 'root', groups: [] } })).resolves.toBeDefined();
    const labelled = object('Namespace', 'free', {}, { labels: { [label('enforce')]: 'restricted' } });
    await admit(attributes('namespaces', { object: labelled }));
    expect(state.warnings).toEqual([
      'namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored',
    ]);
  });
});
