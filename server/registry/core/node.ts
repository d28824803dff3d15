// Node (pkg/registry/core/node).

import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, ensure, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, nameColumn } from '../print.ts';
import { nodeWarnings, validateNode, validateNodeUpdate } from './node-validation.ts';
import { defaultResourceList } from './resource-lists.ts';

const systemInfo = 'io.k8s.api.core.v1.NodeSystemInfo';
const nodeStatus = 'io.k8s.api.core.v1.NodeStatus';

export const node: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  singular: 'node',
  namespaced: false,
  shortNames: ['no'],
  verbs: allVerbs,
  storageVersionHash: 'XwShjMxG9Fs=',
  stored: true,
  subresources: [
    {
      name: 'proxy',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
    },
    statusSubresource({ validateUpdate: validateNodeUpdate }),
  ],
  selectableFields: { 'spec.unschedulable': (object) => String(object['spec']?.unschedulable === true) },
  printer: {
    columns: [
      nameColumn,
      column('Status', 'The status of the node'),
      column('Roles', 'The roles of the node'),
      ageColumn,
      fieldColumn('Version', systemInfo, 'kubeletVersion'),
      fieldColumn('Internal-IP', nodeStatus, 'addresses', { wide: true }),
      fieldColumn('External-IP', nodeStatus, 'addresses', { wide: true }),
      fieldColumn('OS-Image', systemInfo, 'osImage', { wide: true }),
      fieldColumn('Kernel-Version', systemInfo, 'kernelVersion', { wide: true }),
      fieldColumn('Container-Runtime', systemInfo, 'containerRuntimeVersion', { wide: true }),
    ],
    cells(object, { now }) {
      const info = (object['status']?.nodeInfo ?? {}) as Fields;
      const kernel = info['kernelVersion'] || '<unknown>';
      return [
        object.metadata.name ?? '',
        formatStatus(object),
        findRoles(object.metadata.labels).join(',') || '<none>',
        age(object, now),
        info['kubeletVersion'] ?? '',
        findAddress(object, 'InternalIP'),
        findAddress(object, 'ExternalIP'),
        info['osImage'] || '<unknown>',
        info['architecture'] ? `${kernel} (${info['architecture']})` : kernel,
        info['containerRuntimeVersion'] || '<unknown>',
      ];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    syncPodCIDRs(ensure(object, 'spec'));
    defaultNodeStatus(ensure(object, 'status'));
  },
  // Nodes register themselves: status may be set on create, but for the long gone dynamic configuration.
  prepareForCreate(object) {
    delete object['spec'].configSource;
    delete object['status'].config;
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    if (old['spec']?.configSource === undefined) delete object['spec'].configSource;
  },
  validateName: nameIsDNSSubdomain,
  validate: validateNode,
  validateUpdate: (object, old) => [...validateNode(object), ...validateNodeUpdate(object, old)],
  warnings: nodeWarnings,
};

/** podCIDR is the first of podCIDRs; where they differ the single one, which older clients set, wins. */
function syncPodCIDRs(spec: Fields): void {
  const single = spec['podCIDR'] as string | undefined;
  const first = (spec['podCIDRs'] as string[] | undefined)?.[0];
  if (single && single !== first) spec['podCIDRs'] = [single];
  else if (first) spec['podCIDR'] = first;
}

const infoFields = [
  'architecture',
  'bootID',
  'containerRuntimeVersion',
  'kernelVersion',
  'kubeProxyVersion',
  'kubeletVersion',
  'machineID',
  'operatingSystem',
  'osImage',
  'systemUUID',
];

/** SetDefaults_NodeStatus (allocatable is the capacity until said otherwise), and the fields that are always shown. */
function defaultNodeStatus(status: Fields): void {
  if (!status['allocatable'] && status['capacity']) status['allocatable'] = { ...status['capacity'] };
  defaultResourceList(status['capacity']);
  defaultResourceList(status['allocatable']);
  defaultTo(ensure(ensure(status, 'daemonEndpoints'), 'kubeletEndpoint'), 'Port', 0);
  const info = ensure(status, 'nodeInfo');
  for (const field of infoFields) defaultTo(info, field, '');
}

function formatStatus(object: KubeObject): string {
  const ready = listOf(object['status']?.conditions).findLast((condition) => condition['type'] === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return object['spec']?.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

const rolePrefix = 'node-role.kubernetes.io/';

function findRoles(labels: Record<string, string> | undefined): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return [...roles].sort();
}

function findAddress(object: KubeObject, type: string): string {
  const found = listOf(object['status']?.addresses).find((address) => address['type'] === type);
  return found === undefined ? '<none>' : found['address'];
}
