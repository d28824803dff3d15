// The checks of level baseline: known ways to more rights than a container should have
// (k8s.io/pod-security-admission policy check_*.go).
import { type Fields, listOf } from '../../registry/fields.ts';
import {
  badContainers,
  type Check,
  type CheckPod,
  containersNamed,
  containersOf,
  exceptUserNamespaces,
  joinQuote,
  pluralize,
  podContext,
  setters,
  sorted,
} from './checks.ts';

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';
const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainerAnnotation = 'container.seccomp.security.alpha.kubernetes.io/';

/** As Go prints them with %q. */
const quoted = (key: string, value: string): string => `${key}=${JSON.stringify(value)}`;

const appArmorProfile: CheckPod = (spec, { annotations = {} }) => {
  const bad = new Set<string>();
  const isBad = ({ appArmorProfile: profile }: Fields) => {
    if (!profile || profile.type === 'RuntimeDefault' || profile.type === 'Localhost') return false;
    bad.add(profile.type ?? '');
    return true;
  };
  const byPod = isBad(podContext(spec));
  const containers = badContainers(spec, isBad);
  const badAnnotations = Object.entries(annotations)
    .filter(
      ([key, value]) =>
        key.startsWith(appArmorAnnotation) &&
        !(value === '' || value === 'runtime/default' || value.startsWith('localhost/')),
    )
    .map(([key, value]) => quoted(key, value))
    .sort();
  const who = [
    setters(byPod, containers),
    badAnnotations.length > 0 ? pluralize('annotation', 'annotations', badAnnotations.length) : '',
  ].filter((part) => part !== '');
  if (who.length === 0) return undefined;
  const values = [...sorted(bad), ...badAnnotations];
  return {
    reason: pluralize('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${joinQuote(values)}`,
  };
};

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const capabilities: CheckPod = (spec) => {
  const bad = new Set<string>();
  const containers = badContainers(spec, (context) => {
    const added = ((context['capabilities']?.add ?? []) as string[]).filter((name) => !defaultCapabilities.has(name));
    for (const name of added) bad.add(name);
    return added.length > 0;
  });
  if (containers.length === 0) return undefined;
  return {
    reason: 'non-default capabilities',
    detail: `${containersNamed(containers)} must not include ${joinQuote(sorted(bad))} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: CheckPod = (spec) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  if (used.length === 0) return undefined;
  return { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
};

const hostPathVolumes: CheckPod = (spec) => {
  const names = listOf(spec['volumes'])
    .filter(({ hostPath }) => hostPath)
    .map(({ name }) => name as string);
  if (names.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: `${pluralize('volume', 'volumes', names.length)} ${joinQuote(names)}` };
};

const hostPorts: CheckPod = (spec) => {
  const ports = new Set<string>();
  const containers = badContainers(spec, (_, container) => {
    const used = listOf(container['ports']).filter(({ hostPort }) => hostPort);
    for (const { hostPort } of used) ports.add(String(hostPort));
    return used.length > 0;
  });
  if (containers.length === 0) return undefined;
  const uses = `${pluralize('uses', 'use', containers.length)} ${pluralize('hostPort', 'hostPorts', ports.size)}`;
  return { reason: 'hostPort', detail: `${containersNamed(containers)} ${uses} ${sorted(ports).join(', ')}` };
};

/** Probes and hooks that reach out to another host than the pod. */
const hostProbesAndLifecycle: CheckPod = (spec) => {
  const hosts = new Set<string>();
  const names = new Set<string>();
  for (const container of containersOf(spec)) {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
    for (const handler of [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop])
      for (const host of [handler?.httpGet?.host, handler?.tcpSocket?.host])
        if (host) {
          hosts.add(host);
          names.add(container['name']);
        }
  }
  if (names.size === 0) return undefined;
  const what = pluralize('probe or lifecycle host', 'probe or lifecycle hosts', hosts.size);
  return {
    reason: 'probe or lifecycle host',
    detail: `${containersNamed(sorted(names))} ${pluralize('uses', 'use', names.size)} ${what} ${joinQuote(sorted(hosts))}`,
  };
};

const privileged: CheckPod = (spec) => {
  const containers = badContainers(spec, (context) => context['privileged'] === true);
  if (containers.length === 0) return undefined;
  return {
    reason: 'privileged',
    detail: `${containersNamed(containers)} must not set securityContext.privileged=true`,
  };
};

/** At both levels: they differ in whom they except. */
export const procMount: CheckPod = (spec) => {
  const types = new Set<string>();
  const containers = badContainers(spec, ({ procMount: type }) => {
    if (type === undefined || type === 'Default') return false;
    types.add(type);
    return true;
  });
  if (containers.length === 0) return undefined;
  return {
    reason: 'procMount',
    detail: `${containersNamed(containers)} must not set securityContext.procMount to ${joinQuote(sorted(types))}`,
  };
};

function isSafeSeccompAnnotation(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
}

/** Until 1.18 profiles were annotations. */
const seccompAnnotations: CheckPod = (spec, { annotations = {} }) => {
  const keys = [
    seccompPodAnnotation,
    ...containersOf(spec).map(({ name }) => seccompContainerAnnotation + (name as string)),
  ];
  const bad = sorted(
    keys.flatMap((key) => {
      const value = annotations[key];
      return value === undefined || isSafeSeccompAnnotation(value) ? [] : [quoted(key, value)];
    }),
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${pluralize('annotation', 'annotations', bad.length)} ${bad.join(', ')}`,
  };
};

/** What pod and containers set that is neither the runtime's default nor a local profile. */
export const seccompProfile: CheckPod = (spec) => {
  const types = new Set<string>();
  const isBad = ({ seccompProfile: profile }: Fields) => {
    if (!profile || profile.type === 'RuntimeDefault' || profile.type === 'Localhost') return false;
    types.add(profile.type ?? '');
    return true;
  };
  const who = setters(isBad(podContext(spec)), badContainers(spec, isBad));
  if (who === '') return undefined;
  const detail = `${who} must not set securityContext.seccompProfile.type to ${joinQuote(sorted(types))}`;
  return { reason: 'seccompProfile', detail };
};

function seLinuxOptions(allowedTypes: readonly string[]): CheckPod {
  return (spec) => {
    const types = new Set<string>();
    let [user, role] = [false, false];
    const isBad = ({ seLinuxOptions: options }: Fields) => {
      const { type = '', user: setUser = '', role: setRole = '' } = (options ?? {}) as Fields;
      const badType = type !== '' && !allowedTypes.includes(type);
      if (badType) types.add(type);
      user ||= setUser !== '';
      role ||= setRole !== '';
      return badType || setUser !== '' || setRole !== '';
    };
    const who = setters(isBad(podContext(spec)), badContainers(spec, isBad));
    if (who === '') return undefined;
    const data = [
      ...(types.size > 0 ? [`${pluralize('type', 'types', types.size)} ${joinQuote(sorted(types))}`] : []),
      ...(user ? ['user may not be set'] : []),
      ...(role ? ['role may not be set'] : []),
    ];
    const detail = `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`;
    return { reason: 'seLinuxOptions', detail };
  };
}
const seLinuxTypes = ['container_t', 'container_init_t', 'container_kvm_t'];

function sysctls(allowed: readonly string[]): CheckPod {
  return (spec) => {
    const bad = listOf(podContext(spec)['sysctls'])
      .map(({ name }) => (name ?? '') as string)
      .filter((name) => !allowed.includes(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
}
/** By the version that found them safe. */
const safeSysctls: readonly [since: number, names: string[]][] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

const windowsHostProcess: CheckPod = (spec) => {
  const isBad = ({ windowsOptions }: Fields) => windowsOptions?.hostProcess === true;
  const who = setters(isBad(podContext(spec)), badContainers(spec, isBad));
  if (who === '') return undefined;
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};

const always = (check: CheckPod): Check['versions'] => [{ since: 0, check }];
const baseline = (id: string, versions: Check['versions']): Check => ({ id, level: 'baseline', versions });

export const baselineChecks: readonly Check[] = [
  baseline('appArmorProfile', always(appArmorProfile)),
  baseline('capabilities_baseline', always(capabilities)),
  baseline('hostNamespaces', always(hostNamespaces)),
  baseline('hostPathVolumes', always(hostPathVolumes)),
  baseline('hostPorts', always(hostPorts)),
  baseline('hostProbesAndHostLifecycle', [{ since: 34, check: hostProbesAndLifecycle }]),
  baseline('privileged', always(privileged)),
  baseline('procMount', [
    { since: 0, check: procMount },
    { since: 35, check: exceptUserNamespaces(procMount) },
  ]),
  baseline('seLinuxOptions', [
    { since: 0, check: seLinuxOptions(seLinuxTypes) },
    { since: 31, check: seLinuxOptions([...seLinuxTypes, 'container_engine_t']) },
  ]),
  baseline('seccompProfile_baseline', [
    { since: 0, check: seccompAnnotations },
    { since: 19, check: seccompProfile },
  ]),
  baseline(
    'sysctls',
    safeSysctls.map(([since], index) => ({
      since,
      check: sysctls(safeSysctls.slice(0, index + 1).flatMap(([, names]) => names)),
    })),
  ),
  baseline('windowsHostProcess', always(windowsHostProcess)),
];
