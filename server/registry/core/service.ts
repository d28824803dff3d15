// Service (pkg/registry/core/service). Allocation of cluster IPs and node ports is not here: see service-allocation.
import { nameIsDNSLabel } from '../../../apimachinery/names.ts';
import { allVerbs, type Printer, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { ensure, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, fieldColumn, formatLabels, nameColumn } from '../print.ts';
import { dropTypeDependentFields, normalizeClusterIPs, patchAllocatedValues } from './service-fields.ts';
import { validateService, validateServiceStatusUpdate, validateServiceUpdate } from './service-validation.ts';
import { serviceWarnings } from './service-warnings.ts';

const specFields = 'io.k8s.api.core.v1.ServiceSpec';

/** Seconds that ClientIP session affinity lasts. */
const defaultAffinitySeconds = 10800;

const printer: Printer = {
  columns: [
    nameColumn,
    fieldColumn('Type', specFields, 'type'),
    fieldColumn('Cluster-IP', specFields, 'clusterIP'),
    fieldColumn('External-IP', specFields, 'externalIPs'),
    fieldColumn('Port(s)', specFields, 'ports'),
    ageColumn,
    fieldColumn('Selector', specFields, 'selector', { wide: true }),
  ],
  cells(object, { now }) {
    const spec = (object['spec'] ?? {}) as Fields;
    return [
      object.metadata.name ?? '',
      spec['type'] ?? '',
      (spec['clusterIPs'] as string[] | undefined)?.[0] ?? '<none>',
      formatExternalIP(spec, object['status'] ?? {}),
      listOf(spec['ports']).map(formatPort).join(',') || '<none>',
      age(object, now),
      formatLabels(spec['selector']),
    ];
  },
};

export const service: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  singular: 'service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  // Services may be deleted together since v1.21.
  verbs: allVerbs,
  storageVersionHash: '0/CO1lhkEBI=',
  stored: true,
  subresources: [
    {
      name: 'proxy',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      kind: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
    },
    statusSubresource({ validateUpdate: validateServiceStatusUpdate }),
  ],
  selectableFields: {
    'spec.clusterIP': (object) => object['spec']?.clusterIP ?? '',
    'spec.type': (object) => object['spec']?.type ?? '',
  },
  printer,
  returnsDeletedObject: true,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    defaultServiceSpec(ensure(object, 'spec'));
    defaultServiceStatus(object);
  },
  prepareForCreate(object) {
    object['status'] = { loadBalancer: {} };
    normalizeClusterIPs(object['spec'], undefined);
  },
  prepareForUpdate(object, old) {
    object['status'] = { ...old['status'] };
    patchAllocatedValues(object['spec'], old['spec']);
    normalizeClusterIPs(object['spec'], old['spec']);
    dropTypeDependentFields(object, old);
  },
  // defaultOnReadInternalTrafficPolicy: an external name has no traffic of its own.
  canonicalize(object) {
    if (object['spec'].type === 'ExternalName') delete object['spec'].internalTrafficPolicy;
  },
  // RelaxedServiceNameValidation (on since v1.36) lets names start with a digit.
  validateName: nameIsDNSLabel,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
};

/** SetDefaults_Service. */
function defaultServiceSpec(spec: Fields): void {
  if (!spec['sessionAffinity']) spec['sessionAffinity'] = 'None';
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  const hasTimeout = (spec['sessionAffinityConfig']?.clientIP?.timeoutSeconds ?? undefined) !== undefined;
  if (spec['sessionAffinity'] === 'ClientIP' && !hasTimeout) {
    spec['sessionAffinityConfig'] = { clientIP: { timeoutSeconds: defaultAffinitySeconds } };
  }
  if (!spec['type']) spec['type'] = 'ClusterIP';
  for (const port of listOf(spec['ports'])) {
    if (!port['protocol']) port['protocol'] = 'TCP';
    if (!port['targetPort']) port['targetPort'] = port['port'] ?? 0;
  }
  const type = spec['type'];
  const isExternal = type === 'LoadBalancer' || type === 'NodePort' || isExternalIPService(spec);
  if (isExternal && !spec['externalTrafficPolicy']) spec['externalTrafficPolicy'] = 'Cluster';
  if (type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP')
    spec['internalTrafficPolicy'] ??= 'Cluster';
  if (type === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true;
}

function isExternalIPService(spec: Fields): boolean {
  return spec['type'] === 'ClusterIP' && (spec['externalIPs'] ?? []).length > 0;
}

function defaultServiceStatus(object: Fields): void {
  const ingress = listOf(ensure(ensure(object, 'status'), 'loadBalancer')['ingress']);
  if (object['spec'].type !== 'LoadBalancer') return;
  for (const entry of ingress) if (entry['ip']) entry['ipMode'] ??= 'VIP';
}

function formatPort(port: Fields): string {
  return port['nodePort'] > 0
    ? `${port['port']}:${port['nodePort']}/${port['protocol']}`
    : `${port['port']}/${port['protocol']}`;
}

function formatExternalIP(spec: Fields, status: Fields): string {
  const externalIPs = (spec['externalIPs'] ?? []) as string[];
  switch (spec['type']) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.join(',') || '<none>';
    case 'LoadBalancer':
      return [...loadBalancerAddresses(status), ...externalIPs].join(',') || '<pending>';
    case 'ExternalName':
      return spec['externalName'] ?? '';
    default:
      return '<unknown>';
  }
}

function loadBalancerAddresses(status: Fields): string[] {
  const addresses = listOf(status['loadBalancer']?.ingress).map((entry) => entry['ip'] || entry['hostname'] || '');
  return [...new Set(addresses.filter((address) => address !== ''))].sort();
}
