// The endpoints and slices that a Service is to have: pure functions of Service, Pods and Nodes (k8s.io/endpointslice utils.go).
import { parseIPSloppy } from '../../apimachinery/ip.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { EndpointSlice, Node, Pod, Service } from '../../client/kinds.ts';
import { isPodReady } from '../shared/active-pods.ts';
import { findPort, hostnameIn } from '../shared/service-pods.ts';
import {
  type AddressType,
  type Endpoint,
  type EndpointPort,
  managedByLabel,
  type NewSlice,
  serviceNameLabel,
  slicePrefix,
} from './slices.ts';

export const controllerName = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const reservedLabels: ReadonlySet<string> = new Set([serviceNameLabel, managedByLabel, headlessLabel]);
const zoneLabel = 'topology.kubernetes.io/zone';

/** True where the Service has a cluster IP. */
export function isServiceIPSet({ spec }: Service): boolean {
  return spec?.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None';
}

/** The families that a Service's slices are of. */
export function addressTypesOf(service: Service): Set<AddressType> {
  const { ipFamilies = [], clusterIP } = service.spec ?? {};
  const types = new Set(ipFamilies.filter((family): family is AddressType => family === 'IPv4' || family === 'IPv6'));
  if (types.size > 0) return types;
  if (isServiceIPSet(service)) return new Set([clusterIP!.includes(':') ? 'IPv6' : 'IPv4']);
  return new Set(['IPv4', 'IPv6']);
}

function addressesOf({ status }: Pod, type: AddressType): string[] {
  const family = type === 'IPv6' ? 6 : 4;
  return (status?.podIPs ?? []).flatMap(({ ip }) => {
    const address = parseIPSloppy(ip ?? '');
    return address?.family === family ? [address.text] : [];
  });
}

/** The endpoint of a Pod; it has no addresses where the Pod has none of the family. */
export function podToEndpoint(pod: Pod, node: Node | undefined, service: Service, type: AddressType): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameIn(pod, service);
  const zone = node?.metadata.labels?.[zoneLabel];
  const nodeName = pod.spec?.nodeName;
  return {
    addresses: addressesOf(pod, type),
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}

/** The ports of a Service in a Pod; those that the Pod does not have are left out. */
export function endpointPortsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** The labels that a slice of the Service is to have, and whether those from the Service differ from the slice's. */
export function sliceLabels(
  present: Readonly<Record<string, string>> | undefined,
  service: Service,
): { labels: Record<string, string>; changed: boolean } {
  const own = (labels: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(labels).filter(([key]) => !reservedLabels.has(key)));
  const labels: Record<string, string> = own(service.metadata.labels);
  const changed = !semanticEqual(own(present), labels);
  if (!isServiceIPSet(service)) labels[headlessLabel] = '';
  labels[serviceNameLabel] = service.metadata.name;
  labels[managedByLabel] = controllerName;
  return { labels, changed };
}

/** A slice without endpoints. */
export function newSlice(service: Service, addressType: AddressType, ports: EndpointPort[]): NewSlice {
  const { namespace, name, uid } = service.metadata;
  const owner = { apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    metadata: {
      namespace,
      generateName: slicePrefix(name),
      labels: sliceLabels(undefined, service).labels,
      ownerReferences: [owner],
    },
    addressType,
    ports,
    endpoints: [],
  };
}

/** True where the Service owns the slice. */
export function ownedBy({ metadata }: EndpointSlice, { metadata: { uid } }: Service): boolean {
  return (metadata.ownerReferences ?? []).some(
    (owner) => owner.uid === uid && owner.kind === 'Service' && owner.apiVersion === 'v1',
  );
}
