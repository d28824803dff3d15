// The Endpoints that a Service is to have, as pure functions (pkg/controller/endpoint/endpoints_controller.go).
import { parseIPSloppy } from '../../apimachinery/ip.ts';
import type { Pod, Service } from '../../client/kinds.ts';
import { isPodReady } from '../shared/active-pods.ts';
import {
  type EndpointAddress,
  type EndpointSubset,
  type EndpointSubsetPort,
  repackSubsets,
} from '../shared/endpoint-subsets.ts';
import { belongsInEndpoints, findPort, hostnameIn } from '../shared/service-pods.ts';

/** Addresses that Endpoints may have in all. */
export const maxCapacity = 1000;

/** Of the Service's first family; undefined where the Pod has no such address. */
function addressOf(service: Service, pod: Pod): EndpointAddress | undefined {
  const { ipFamilies, clusterIP } = service.spec ?? {};
  const text =
    ipFamilies?.[0] ??
    (clusterIP && clusterIP !== 'None'
      ? familyOf(clusterIP)
      : pod.status?.podIP === undefined
        ? 'IPv4'
        : familyOf(pod.status.podIP));
  const family = text === 'IPv6' ? 6 : 4;
  const address = pod.status?.podIPs
    ?.map(({ ip }) => parseIPSloppy(ip ?? ''))
    .find((parsed) => parsed?.family === family);
  if (address === undefined) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameIn(pod, service);
  return {
    ip: address.text,
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function familyOf(ip: string): 'IPv4' | 'IPv6' {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}

function portsOf(service: Service, pod: Pod): (EndpointSubsetPort | undefined)[] {
  const ports = service.spec?.ports ?? [];
  if (ports.length === 0) return service.spec?.clusterIP === 'None' ? [undefined] : [];
  return ports.flatMap((servicePort) => {
    const port = findPort(pod, servicePort);
    if (port === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    return [{ ...(name ? { name } : {}), port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** The subsets of a Service with these Pods, before they are cut to `maxCapacity`. */
export function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const tolerant = service.spec?.publishNotReadyAddresses === true;
  const subsets: EndpointSubset[] = [];
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, tolerant)) continue;
    const address = addressOf(service, pod);
    if (address === undefined) continue;
    const addresses = tolerant || isPodReady(pod) ? { addresses: [address] } : { notReadyAddresses: [address] };
    for (const port of portsOf(service, pod)) subsets.push({ ...addresses, ...(port && { ports: [port] }) });
  }
  return repackSubsets(subsets);
}

/** All addresses of subsets, ready or not. */
export function capacityOf(subsets: readonly EndpointSubset[]): number {
  return subsets.reduce(
    (sum, { addresses, notReadyAddresses }) => sum + (addresses?.length ?? 0) + (notReadyAddresses?.length ?? 0),
    0,
  );
}

/** Cuts subsets to `maxCapacity`, ready addresses first, each subset by its share (truncateEndpoints). */
export function truncate(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  if (capacityOf(subsets) <= maxCapacity) return [...subsets];
  const ready = subsets.reduce((sum, { addresses }) => sum + (addresses?.length ?? 0), 0);
  const field = ready > maxCapacity ? 'addresses' : 'notReadyAddresses';
  const max = ready > maxCapacity ? maxCapacity : maxCapacity - ready;
  const total = ready > maxCapacity ? ready : capacityOf(subsets) - ready;
  let left = max;
  return subsets.map((subset) => {
    const all = subset[field] ?? [];
    const kept = all.slice(0, Math.min(Math.ceil((all.length / total) * max), left));
    left -= kept.length;
    const { notReadyAddresses: _, ...others } = subset;
    return kept.length > 0 ? { ...others, [field]: kept } : field === 'addresses' ? { ports: others.ports! } : others;
  });
}
