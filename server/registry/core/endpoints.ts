// Endpoints (pkg/registry/core/endpoint).
import { warningsForIP } from '../../../apimachinery/ip.ts';
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { listOf } from '../fields.ts';
import { age, ageColumn, fieldColumn, nameColumn } from '../print.ts';
import { validateEndpoints, validateEndpointsUpdate } from './endpoints-validation.ts';

export const endpoints: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  verbs: allVerbs,
  storageVersionHash: 'fWeeMqaN/OA=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, fieldColumn('Endpoints', 'io.k8s.api.core.v1.Endpoints', 'subsets'), ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', formatEndpoints(object), age(object, now)],
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    for (const subset of listOf(object['subsets'])) {
      for (const port of listOf(subset['ports'])) if (!port['protocol']) port['protocol'] = 'TCP';
    }
  },
  validateName: nameIsDNSSubdomain,
  validate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
  warnings: addressWarnings,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

const shown = 3;

/** `10.1.1.1:80,10.1.1.2:80` for the first three ready addresses, and how many more there are. */
function formatEndpoints(object: KubeObject): string {
  const subsets = listOf(object['subsets']);
  if (subsets.length === 0) return '<none>';
  const list: string[] = [];
  for (const subset of subsets) {
    const addresses = listOf(subset['addresses']);
    const ports = listOf(subset['ports']);
    // Headless services may have no ports.
    if (ports.length === 0) for (const address of addresses) list.push(address['ip']);
    for (const port of ports) for (const address of addresses) list.push(joinHostPort(address['ip'], port['port']));
  }
  const text = list.slice(0, shown).join(',');
  return list.length > shown ? `${text} + ${list.length - shown} more...` : text;
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Addresses in forms that other tools read differently; the endpoints controller writes none such. */
function addressWarnings(object: KubeObject): string[] {
  if (object.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return [];
  return listOf(object['subsets']).flatMap((subset, i) =>
    ['addresses', 'notReadyAddresses'].flatMap((field) =>
      listOf(subset[field]).flatMap((address, j) =>
        warningsForIP(`subsets[${i}].${field}[${j}].ip`, address['ip'] ?? ''),
      ),
    ),
  );
}
