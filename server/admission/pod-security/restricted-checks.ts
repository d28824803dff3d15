// The checks of level restricted: what a hardened container has to say (k8s.io/pod-security-admission policy check_*.go).
import { type Fields, listOf } from '../../registry/fields.ts';
import { procMount, seccompProfile } from './baseline-checks.ts';
import {
  badContainers,
  type Check,
  type CheckPod,
  containersNamed,
  exceptUserNamespaces,
  exceptWindows,
  joinQuote,
  pluralize,
  podContext,
  setters,
  sorted,
} from './checks.ts';

const allowPrivilegeEscalation: CheckPod = (spec) => {
  const containers = badContainers(spec, (context) => context['allowPrivilegeEscalation'] !== false);
  if (containers.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersNamed(containers)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: CheckPod = (spec) => {
  const dropped = ({ capabilities: given }: Fields): string[] => given?.drop ?? [];
  const added = ({ capabilities: given }: Fields): string[] =>
    ((given?.add ?? []) as string[]).filter((name) => name !== 'NET_BIND_SERVICE');
  const bad = new Set<string>();
  const missing = badContainers(spec, (context) => !dropped(context).includes('ALL'));
  const adding = badContainers(spec, (context) => {
    for (const name of added(context)) bad.add(name);
    return added(context).length > 0;
  });
  const details = [
    ...(missing.length > 0 ? [`${containersNamed(missing)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${containersNamed(adding)} must not include ${joinQuote(sorted(bad))} in securityContext.capabilities.add`]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
/** In the order in which upstream looks for them. */
const restrictedVolumes = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
];

const volumeTypes: CheckPod = (spec) => {
  const bad = listOf(spec['volumes']).filter((volume) => !allowedVolumes.some((type) => volume[type]));
  if (bad.length === 0) return undefined;
  const names = bad.map(({ name }) => name as string);
  const types = sorted(bad.map((volume) => restrictedVolumes.find((type) => volume[type]) ?? 'unknown'));
  const uses = `${pluralize('uses', 'use', names.length)} ${pluralize('restricted volume type', 'restricted volume types', types.length)}`;
  return {
    reason: 'restricted volume types',
    detail: `${pluralize('volume', 'volumes', names.length)} ${joinQuote(names)} ${uses} ${joinQuote(types)}`,
  };
};

const runAsNonRoot: CheckPod = (spec) => {
  const reason = 'runAsNonRoot != true';
  const byPod = podContext(spec)['runAsNonRoot'] as boolean | undefined;
  const who = setters(
    byPod === false,
    badContainers(spec, (context) => context['runAsNonRoot'] === false),
  );
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = byPod === true ? [] : badContainers(spec, (context) => context['runAsNonRoot'] === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${containersNamed(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: CheckPod = (spec) => {
  const isBad = (context: Fields) => context['runAsUser'] === 0;
  const who = setters(isBad(podContext(spec)), badContainers(spec, isBad));
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

/** One has to be set, by the pod or by each container. */
const seccomp: CheckPod = (spec, metadata) => {
  const wrong = seccompProfile(spec, metadata);
  if (wrong !== undefined || podContext(spec)['seccompProfile']) return wrong;
  const silent = badContainers(spec, (context) => !context['seccompProfile']);
  if (silent.length === 0) return undefined;
  const detail = `pod or ${containersNamed(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: 'seccompProfile', detail };
};

const restricted = (id: string, versions: Check['versions'], overrides?: string): Check => ({
  id,
  level: 'restricted',
  versions,
  ...(overrides === undefined ? {} : { overrides }),
});

export const restrictedChecks: readonly Check[] = [
  restricted('allowPrivilegeEscalation', [
    { since: 8, check: allowPrivilegeEscalation },
    { since: 25, check: exceptWindows(allowPrivilegeEscalation) },
  ]),
  restricted(
    'capabilities_restricted',
    [
      { since: 22, check: capabilities },
      { since: 25, check: exceptWindows(capabilities) },
    ],
    'capabilities_baseline',
  ),
  restricted('procMount_restricted', [{ since: 35, check: procMount }], 'procMount'),
  restricted('restrictedVolumes', [{ since: 0, check: volumeTypes }], 'hostPathVolumes'),
  restricted('runAsNonRoot', [
    { since: 0, check: runAsNonRoot },
    { since: 35, check: exceptUserNamespaces(runAsNonRoot) },
  ]),
  restricted('runAsUser', [
    { since: 23, check: runAsUser },
    { since: 35, check: exceptUserNamespaces(runAsUser) },
  ]),
  restricted(
    'seccompProfile_restricted',
    [
      { since: 19, check: seccomp },
      { since: 25, check: exceptWindows(seccomp) },
    ],
    'seccompProfile_baseline',
  ),
];
