// The ranges of equal size that a cluster's range is divided into, and which of them are taken
// (pkg/controller/nodeipam/ipam/cidrset/cidr_set.go).
import { type CIDR, newIPAddress } from '../../apimachinery/ip.ts';

/** IPv6 ranges are not divided further than by so many bits. */
const maxIPv6Bits = 16;

export class CIDRSet {
  readonly #cluster: CIDR;
  readonly #maskSize: number;
  /** Bits of a range. */
  readonly #hostBits: bigint;
  readonly #count: number;
  readonly #used = new Set<number>();
  #next = 0;

  /** Throws where a range would be no part of the cluster's. */
  constructor(cluster: CIDR, maskSize: number) {
    const { family } = cluster.network;
    const bits = maskSize - cluster.prefixLength;
    if (bits < 0 || maskSize > (family === 4 ? 32 : 128))
      throw new Error('node cidr mask size must be at least that of the cluster cidr');
    if (family === 6 && bits > maxIPv6Bits) throw new Error('New CIDR set failed; the node CIDR size is too big');
    this.#cluster = cluster;
    this.#maskSize = maskSize;
    this.#hostBits = BigInt((family === 4 ? 32 : 128) - maskSize);
    this.#count = 2 ** bits;
  }

  /** The next free range, round and round; takes it. Undefined where all are taken. */
  allocate(): string | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#used.has(index)) continue;
      this.#used.add(index);
      this.#next = (index + 1) % this.#count;
      return this.#text(index);
    }
    return undefined;
  }

  /** Takes all ranges that this one touches. Throws where it lies outside. */
  occupy(cidr: CIDR): void {
    const [first, last] = this.#indexes(cidr);
    for (let index = first; index <= last; index++) this.#used.add(index);
  }

  /** Gives them back. Throws where it lies outside. */
  release(cidr: CIDR): void {
    const [first, last] = this.#indexes(cidr);
    for (let index = first; index <= last; index++) this.#used.delete(index);
  }

  #text(index: number): string {
    const { family, value } = this.#cluster.network;
    return `${newIPAddress(family, value + (BigInt(index) << this.#hostBits)).text}/${this.#maskSize}`;
  }

  #indexes(cidr: CIDR): [number, number] {
    const { network, prefixLength } = cidr;
    const bits = BigInt(network.family === 4 ? 32 : 128);
    const size = 1n << (bits - BigInt(prefixLength));
    const begin = this.#cluster.network.value;
    const first = (network.value - begin) >> this.#hostBits;
    const last = (network.value + size - 1n - begin) >> this.#hostBits;
    if (network.family !== this.#cluster.network.family || last < 0n || first >= BigInt(this.#count))
      throw new Error(`cidr ${cidr.text} is out the range of cluster cidr ${this.#cluster.text}`);
    const max = BigInt(this.#count - 1);
    return [Number(first < 0n ? 0n : first), Number(last > max ? max : last)];
  }
}
