// Cluster IPs: an address is taken while an IPAddress object of its name exists, so creating that object is the lock, for
// any number of servers (kubernetes pkg/registry/core/service/ipallocator ipallocator.go and cidrallocator.go).
import type { KubeObject } from '../../apimachinery/object.ts';
import { StatusError } from '../../apimachinery/status.ts';
import type { ObjectReader, ObjectWriter } from '../registry/objects.ts';
import { canonicalAddress, type IPFamily, IPRange } from './ip-range.ts';

export const ipAddresses = 'ipaddresses.networking.k8s.io';
const serviceCIDRs = 'servicecidrs.networking.k8s.io';

export const managedByLabel = 'ipaddress.kubernetes.io/managed-by';
export const managedBy = 'ipallocator.k8s.io';

/** The Service an address belongs to. */
export interface ServiceName {
  namespace: string;
  name: string;
}

/** Says why an address cannot be had, in upstream's words. `full` when there was none left to choose from. */
export class AllocationError extends Error {
  readonly full: boolean;

  constructor(message: string, full = false) {
    super(message);
    this.name = 'AllocationError';
    this.full = full;
  }
}

export const alreadyAllocated = 'provided IP is already allocated';

/** The IPAddress object that holds `address` for a Service. */
export function ipAddressObject(address: string, service: ServiceName): KubeObject {
  const labels = {
    'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4',
    [managedByLabel]: managedBy,
  };
  const parentRef = { resource: 'services', namespace: service.namespace, name: service.name };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: address, labels },
    spec: { parentRef },
  };
}

function isReady(serviceCIDR: KubeObject): boolean {
  const conditions: { type: string; status: string }[] = serviceCIDR['status']?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  return serviceCIDR.metadata.deletionTimestamp === undefined && (ready === undefined || ready.status === 'True');
}

export class ClusterIPs {
  readonly #reader: ObjectReader;
  readonly #writer: ObjectWriter;
  readonly #defaultRanges: readonly IPRange[];
  readonly #parsed = new Map<string, IPRange>();

  /** `ranges` is `--service-cluster-ip-range`: one CIDR, or one of each family. ServiceCIDR objects add more. */
  constructor(reader: ObjectReader, writer: ObjectWriter, ranges: readonly string[]) {
    this.#reader = reader;
    this.#writer = writer;
    this.#defaultRanges = ranges.map((range) => new IPRange(range));
  }

  /** The families that have a default range; the first is the cluster's own. */
  get families(): IPFamily[] {
    return this.#defaultRanges.map(({ family }) => family);
  }

  #range(cidr: string): IPRange {
    const known = this.#parsed.get(cidr) ?? new IPRange(cidr);
    this.#parsed.set(cidr, known);
    return known;
  }

  /** Default ranges first, then those of every ready ServiceCIDR. */
  #ranges(): IPRange[] {
    const more = this.#reader
      .resource(serviceCIDRs)
      .list()
      .filter(isReady)
      .flatMap((serviceCIDR) => (serviceCIDR['spec']?.cidrs ?? []) as string[])
      .filter((cidr) => !this.#defaultRanges.some((range) => range.cidr === cidr));
    return [...this.#defaultRanges, ...more.map((cidr) => this.#range(cidr))];
  }

  /** True when some range has the address. */
  inRange(address: string): boolean {
    return this.#ranges().some((range) => range.contains(address));
  }

  async #claim(address: string, service: ServiceName): Promise<void> {
    try {
      await this.#writer.create(ipAddresses, '', ipAddressObject(address, service));
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'AlreadyExists') throw new AllocationError(alreadyAllocated);
      throw error;
    }
  }

  /** Takes the address for the Service. Throws AllocationError when it is taken or in no range. A dry run looks at ranges only. */
  async allocate(address: string, service: ServiceName, dryRun: boolean): Promise<string> {
    const canonical = canonicalAddress(address);
    if (!this.inRange(canonical)) {
      const [first] = this.#defaultRanges;
      const outside = `the provided IP (${canonical}) is not in the valid range. The range of valid IPs is ${first!.cidr}`;
      throw new AllocationError(dryRun ? outside : 'the provided network does not match the current range');
    }
    if (!dryRun) await this.#claim(canonical, service);
    return canonical;
  }

  /** Takes any free address of the family. A dry run answers with the network address, as upstream does. */
  async allocateNext(family: IPFamily, service: ServiceName, dryRun: boolean): Promise<string> {
    const ranges = this.#ranges().filter((range) => range.family === family);
    if (dryRun && ranges[0] !== undefined) return ranges[0].network;
    const taken = this.#reader.resource(ipAddresses);
    for (const range of ranges) {
      for (const address of range.candidates()) {
        if (taken.get('', address) !== undefined) continue;
        try {
          await this.#claim(address, service);
          return address;
        } catch (error) {
          // Another server was faster: try the next.
          if (!(error instanceof AllocationError)) throw error;
        }
      }
    }
    throw new AllocationError('range is full', true);
  }

  /** Gives the address back. One that is not taken is no error. */
  async release(address: string): Promise<void> {
    try {
      await this.#writer.delete(ipAddresses, '', canonicalAddress(address));
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    }
  }
}
