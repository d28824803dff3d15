// Addresses of simulated pods and nodes: a node's pods have those of its podCIDR, as the host-local plugin of CNI hands them out (in
// turn, so that one that has just been given up is not taken at once).

/** IPv4 as a number. Undefined for anything else. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function formatIPv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

export interface Cidr {
  first: number;
  size: number;
}

/** `10.244.0.0/24`. Throws for what is no IPv4 range. */
export function parseCidr(text: string): Cidr {
  const [address = '', bits = ''] = text.split('/');
  const value = parseIPv4(address);
  const length = Number(bits);
  if (value === undefined || bits === '' || !Number.isInteger(length) || length < 0 || length > 32)
    throw new Error(`${text} is not a range of IPv4 addresses such as 10.244.0.0/16`);
  const size = 2 ** (32 - length);
  return { first: value - (value % size), size };
}

/** Addresses of one range, without its first two (the network, the gateway) and its last. */
export class AddressPool {
  readonly #first: number;
  readonly #count: number;
  readonly #taken = new Set<number>();
  #next = 0;

  constructor(cidr: string) {
    const { first, size } = parseCidr(cidr);
    this.#first = first + 2;
    this.#count = Math.max(0, size - 3);
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    if (this.#taken.size >= this.#count) return undefined;
    while (this.#taken.has(this.#next)) this.#next = (this.#next + 1) % this.#count;
    const offset = this.#next;
    this.#taken.add(offset);
    this.#next = (offset + 1) % this.#count;
    return formatIPv4(this.#first + offset);
  }

  /** One that is in use already. One of another range is nobody's here. */
  reserve(address: string): void {
    const offset = (parseIPv4(address) ?? -1) - this.#first;
    if (offset >= 0 && offset < this.#count) this.#taken.add(offset);
  }

  release(address: string): void {
    this.#taken.delete((parseIPv4(address) ?? -1) - this.#first);
  }
}

const podRangeSize = 256;

/** Ranges of 256 addresses for nodes, of one large range; and a node address that belongs to each. */
export class NodeRanges {
  readonly #cluster: Cidr;
  readonly #nodes: Cidr;
  readonly #taken = new Set<number>();
  #next = 0;

  constructor(clusterCidr: string, nodeCidr: string) {
    this.#cluster = parseCidr(clusterCidr);
    this.#nodes = parseCidr(nodeCidr);
  }

  /** Ranges that nodes have already; others' are left alone. */
  reserve(podCidr: string): void {
    const index = this.#indexOf(podCidr);
    if (index !== undefined) this.#taken.add(index);
  }

  /** Throws when there are none left. */
  take(): string {
    while (this.#taken.has(this.#next)) this.#next += 1;
    if ((this.#next + 1) * podRangeSize > this.#cluster.size)
      throw new Error('--cluster-cidr has no range left for another node');
    this.#taken.add(this.#next);
    return `${formatIPv4(this.#cluster.first + this.#next * podRangeSize)}/24`;
  }

  /** The address of the node that has this range. */
  nodeAddress(podCidr: string): string {
    const index = this.#indexOf(podCidr) ?? parseCidr(podCidr).first / podRangeSize;
    return formatIPv4(this.#nodes.first + 1 + (index % (this.#nodes.size - 2)));
  }

  #indexOf(podCidr: string): number | undefined {
    const index = (parseCidr(podCidr).first - this.#cluster.first) / podRangeSize;
    return index >= 0 && index < this.#cluster.size / podRangeSize ? Math.floor(index) : undefined;
  }
}
