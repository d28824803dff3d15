import { warningsForIP } from '../../../apimachinery/ip.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, fieldColumn, listWithMore, nameColumn } from '../print.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './endpointslice-validation.ts';

const definition = 'io.k8s.api.discovery.v1.EndpointSlice';
const managedBy = 'endpointslice.kubernetes.io/managed-by';
const controllers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io'];

function ports(object: KubeObject): string {
  const list = listOf(object['ports']).map((port) => String(port['port'] ?? port['name'] ?? '*'));
  return listWithMore(list.slice(0, 3), list.length);
}

function endpoints(object: KubeObject): string {
  const list = listOf(object['endpoints']).flatMap((endpoint) => (endpoint['addresses'] ?? []) as string[]);
  return listWithMore(list.slice(0, 3), list.length);
}

function warnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const deprecated =
    old === undefined && object['addressType'] === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : [];
  if (controllers.includes(object.metadata.labels?.[managedBy] ?? '')) return deprecated;
  const addresses = listOf(object['endpoints']).flatMap((endpoint: Fields, i) =>
    ((endpoint['addresses'] ?? []) as string[]).flatMap((address, j) =>
      warningsForIP(`endpoints[${i}].addresses[${j}]`, address),
    ),
  );
  return [...deprecated, ...addresses];
}

/** discovery.k8s.io/v1 EndpointSlice. */
export const endpointSlice: ResourceDescriptor = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'qgS0xkrxYAI=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('AddressType', definition, 'addressType'),
      fieldColumn('Ports', definition, 'ports'),
      fieldColumn('Endpoints', definition, 'endpoints'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['addressType'] ?? '',
      ports(object),
      endpoints(object),
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  generationChanged: (object, old) =>
    ['addressType', 'endpoints', 'ports'].some((field) => !semanticEqual(object[field], old[field])) ||
    !semanticEqual(object.metadata.labels, old.metadata.labels),
  setDefaults(object) {
    for (const port of listOf(object['ports'])) {
      defaultTo(port, 'name', '');
      defaultTo(port, 'protocol', 'TCP');
    }
  },
  prepareForCreate: dropTopology,
  prepareForUpdate(object, old) {
    if (!semanticEqual(object['endpoints'], old['endpoints'])) dropTopology(object);
  },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  warnings,
};

/** deprecatedTopology is read in this version, never written. */
function dropTopology(object: KubeObject): void {
  for (const endpoint of listOf(object['endpoints'])) delete endpoint['deprecatedTopology'];
}
