// From a Service to an address that can be dialled (k8s.io/apiserver pkg/util/proxy proxy.go ResolveEndpoint and ResolveCluster).
// Cluster IPs are reachable only where a service proxy runs, so Services are resolved to a ready endpoint, as upstream does with
// --enable-aggregator-routing; a Service of type ExternalName is its name.
import type { KubeObject } from '../../apimachinery/object.ts';
import { newServiceUnavailable } from '../../apimachinery/status.ts';
import { type Fields, listOf } from '../registry/fields.ts';
import type { ObjectReader } from '../registry/objects.ts';

export interface Address {
  host: string;
  port: number;
}

const serviceNameLabel = 'kubernetes.io/service-name';

/** What is known of a Service's endpoints for a port name: slices, or Endpoints where nobody has made slices of them. */
export interface EndpointSource {
  /** Addresses of ready endpoints that have the port. */
  ready: Address[];
}

/** EndpointSlices of a Service, those of its first IP family first. */
function slicesOf(objects: ObjectReader, service: KubeObject): KubeObject[] {
  const { namespace = '', name } = service.metadata;
  const preferred = service['spec']?.ipFamilies?.[0];
  return objects
    .resource('endpointslices.discovery.k8s.io')
    .list(namespace)
    .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name)
    .sort((a, b) => Number(b['addressType'] === preferred) - Number(a['addressType'] === preferred));
}

function sliceAddresses(slice: KubeObject, portName: string): Address[] {
  const port = listOf(slice['ports']).find((candidate) => (candidate['name'] ?? '') === portName && candidate['port']);
  if (port === undefined) return [];
  return listOf(slice['endpoints'])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) =>
      addresses?.[0] ? [{ host: addresses[0] as string, port: port['port'] as number }] : [],
    );
}

function subsetAddresses(subset: Fields, portName: string): Address[] {
  const port = listOf(subset['ports']).find((candidate) => (candidate['name'] ?? '') === portName);
  if (port === undefined) return [];
  return listOf(subset['addresses']).map(({ ip }) => ({ host: ip, port: port['port'] }));
}

/** Undefined where the Service has neither slices nor Endpoints. */
export function endpointsOf(objects: ObjectReader, service: KubeObject, portName: string): EndpointSource | undefined {
  const slices = slicesOf(objects, service);
  if (slices.length > 0) {
    const found = slices.map((slice) => sliceAddresses(slice, portName)).find(({ length }) => length > 0);
    return { ready: found ?? [] };
  }
  const endpoints = objects.resource('endpoints').get(service.metadata.namespace ?? '', service.metadata.name ?? '');
  if (endpoints === undefined) return undefined;
  return { ready: listOf(endpoints['subsets']).flatMap((subset) => subsetAddresses(subset, portName)) };
}

/** The port's name, undefined where the Service does not have the port. */
export function servicePortName(service: KubeObject, port: number): string | undefined {
  const found = listOf(service['spec']?.ports).find((candidate) => candidate['port'] === port);
  return found === undefined ? undefined : (found['name'] ?? '');
}

/** An address for a Service's port, any of those that are ready. Throws a StatusError 503 or an Error where there is none. */
export function resolveService(objects: ObjectReader, namespace: string, name: string, port: number): Address {
  const service = objects.resource('services').get(namespace, name);
  if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const type = service['spec']?.type;
  if (type === 'ExternalName') return { host: service['spec'].externalName, port };
  const portName = servicePortName(service, port);
  if (portName === undefined)
    throw newServiceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const ready = endpointsOf(objects, service, portName)?.ready ?? [];
  if (ready.length === 0) throw newServiceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return ready[Math.floor(Math.random() * ready.length)]!;
}
