// Brings allocations back in line with Services after crashes and restores (kubernetes pkg/registry/core/service
// ipallocator/controller repairip.go, portallocator/controller repair.go): every Service gets what it says it has, and what
// no Service has is given back, after it was left alone long enough not to belong to a create under way.
import type { KubeObject } from '../../apimachinery/object.ts';
import { StatusError } from '../../apimachinery/status.ts';
import type { ObjectReader, ObjectWriter } from '../registry/objects.ts';
import { ipAddresses, ipAddressObject, managedBy, managedByLabel } from './cluster-ips.ts';
import { isHeadless, type ServiceSpec } from './ip-family-fields.ts';
import { canonicalAddress } from './ip-range.ts';
import type { ServiceAllocator } from './service-allocator.ts';

/** Upstream's interval. */
export const repairIntervalSeconds = 180;
/** An address whose Service is not there is kept this long. */
const leakedAddressSeconds = 60;
/** A port that no Service has is given back when it was so in this many passes. */
const leakedPortPasses = 3;

export interface RepairOptions {
  reader: ObjectReader;
  writer: ObjectWriter;
  allocator: ServiceAllocator;
  /** Called with what was wrong, in upstream's words, for logs. */
  report(message: string): void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

function addressesOf(service: KubeObject): string[] {
  const spec: ServiceSpec = service['spec'] ?? {};
  if (spec.type === 'ExternalName' || isHeadless(spec)) return [];
  return (spec.clusterIPs ?? []).map(canonicalAddress);
}

function portsOf(service: KubeObject): number[] {
  const spec: ServiceSpec = service['spec'] ?? {};
  const ports = (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
  return [...new Set([...ports, ...(spec.healthCheckNodePort ? [spec.healthCheckNodePort] : [])])];
}

function nameOf(service: KubeObject): string {
  return `${service.metadata.namespace}/${service.metadata.name}`;
}

/** One process may run it, or several: every step is safe to do twice. */
export class AllocationRepair {
  readonly #options: RepairOptions;
  readonly #now: () => number;
  /** For each port without a Service, in how many passes it was so. */
  readonly #leakedPorts = new Map<number, number>();

  constructor(options: RepairOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** One pass over all Services. */
  async run(): Promise<void> {
    const services = this.#options.reader.resource('services').list();
    await this.#repairAddresses(services);
    await this.#releaseLeakedAddresses();
    await this.#repairPorts(services);
  }

  /** Runs a pass every three minutes. Returns what stops it, waiting for a pass under way. */
  start(onError: (error: Error) => void): () => Promise<void> {
    let running: Promise<void> | undefined;
    const timer = setInterval(() => {
      running ??= this.run()
        .catch(onError)
        .finally(() => {
          running = undefined;
        });
    }, repairIntervalSeconds * 1000);
    timer.unref();
    return async () => {
      clearInterval(timer);
      await running;
    };
  }

  /** Deletes exactly the IPAddress that was looked at. */
  async #delete({ metadata }: KubeObject): Promise<void> {
    try {
      await this.#options.writer.delete(ipAddresses, '', metadata.name!, { uid: metadata.uid! });
    } catch (error) {
      if (!(error instanceof StatusError) || (error.reason !== 'NotFound' && error.reason !== 'Conflict')) throw error;
    }
  }

  async #create(address: string, service: KubeObject): Promise<void> {
    const { namespace, name } = service.metadata;
    try {
      await this.#options.writer.create(
        ipAddresses,
        '',
        ipAddressObject(address, { namespace: namespace!, name: name! }),
      );
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
    }
  }

  /** The Service that an IPAddress says it belongs to, when that Service says so too. */
  #ownerOf(ipAddress: KubeObject): KubeObject | undefined {
    const { group = '', resource, namespace, name } = ipAddress['spec']?.parentRef ?? {};
    if (group !== '' || resource !== 'services') return undefined;
    const service = this.#options.reader.resource('services').get(namespace ?? '', name ?? '');
    return service !== undefined && addressesOf(service).includes(ipAddress.metadata.name!) ? service : undefined;
  }

  async #repairAddresses(services: readonly KubeObject[]): Promise<void> {
    const { allocator, reader, report } = this.#options;
    const known = reader.resource(ipAddresses);
    for (const service of services) {
      for (const address of addressesOf(service)) {
        const held = known.get('', address);
        const owner = held === undefined ? undefined : this.#ownerOf(held);
        if (owner === service || (owner !== undefined && nameOf(owner) === nameOf(service))) continue;
        if (!allocator.clusterIPs.inRange(address))
          report(`Cluster IP ${address} is not within any configured Service CIDR; please recreate service`);
        else if (owner !== undefined)
          report(`Cluster IP ${address} was assigned to multiple services; please recreate service`);
        else {
          report(`Cluster IP ${address} of Service ${nameOf(service)} is not allocated; repairing`);
          if (held !== undefined) await this.#delete(held);
          await this.#create(address, service);
        }
      }
    }
  }

  async #releaseLeakedAddresses(): Promise<void> {
    const { reader, report } = this.#options;
    for (const ipAddress of reader.resource(ipAddresses).list()) {
      if (ipAddress.metadata.labels?.[managedByLabel] !== managedBy) continue;
      const createdMs = Date.parse(ipAddress.metadata.creationTimestamp ?? '') || 0;
      if (this.#now() - createdMs < leakedAddressSeconds * 1000 || this.#ownerOf(ipAddress) !== undefined) continue;
      report(`IPAddress ${ipAddress.metadata.name} appears to have leaked: cleaning up`);
      await this.#delete(ipAddress);
    }
  }

  async #repairPorts(services: readonly KubeObject[]): Promise<void> {
    const { allocator, report } = this.#options;
    const { nodePorts } = allocator;
    const leaked = await nodePorts.claimed();
    const owners = new Map<number, string>();
    for (const service of services) {
      for (const port of portsOf(service)) {
        const owner = owners.get(port);
        const claimed = leaked.delete(port);
        if (!nodePorts.contains(port))
          report(
            `Port ${port} is not within the port range ${nodePorts.range.first}-${nodePorts.range.last}; please recreate service`,
          );
        else if (owner !== undefined)
          report(
            `Port ${port} was assigned to multiple services (${owner}, ${nameOf(service)}); please recreate service`,
          );
        else if (!claimed) {
          report(`Port ${port} is not allocated; repairing`);
          await nodePorts.allocate(port, nameOf(service)).catch((error: Error) => report(error.message));
        }
        owners.set(port, nameOf(service));
      }
    }
    await this.#releaseLeakedPorts([...leaked.keys()]);
  }

  async #releaseLeakedPorts(leaked: readonly number[]): Promise<void> {
    for (const port of this.#leakedPorts.keys()) if (!leaked.includes(port)) this.#leakedPorts.delete(port);
    for (const port of leaked) {
      const passes = (this.#leakedPorts.get(port) ?? 0) + 1;
      this.#leakedPorts.set(port, passes);
      if (passes < leakedPortPasses) continue;
      this.#options.report(`Port ${port} appears to have leaked: cleaning up`);
      this.#leakedPorts.delete(port);
      await this.#options.allocator.nodePorts.release(port);
    }
  }
}
