// Ranges of service addresses: which are usable, and which band new ones come from
// (kubernetes pkg/registry/core/service/ipallocator, KEP-3070).
import { isIP } from 'node:net';
import { ipBytes } from './ip-bytes.ts';

export type IPFamily = 'IPv4' | 'IPv6';

export function familyOf(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

function toNumber(address: string): bigint {
  return BigInt(`0x${ipBytes(address).toString('hex')}`);
}

/** RFC 5952 for IPv6: lower case, the longest run of zero groups shortened. */
function toAddress(value: bigint, family: IPFamily): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const runs = groups.join(':').match(/\b0(?::0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  return groups.join(':').replace(new RegExp(`(^|:)${longest}(:|$)`), '::');
}

/** The one spelling of an address, as IPAddress objects are named. Throws for what is no address. */
export function canonicalAddress(address: string): string {
  return toAddress(toNumber(address), familyOf(address));
}

export class IPRange {
  readonly cidr: string;
  readonly family: IPFamily;
  /** The network address; dry runs answer with it. */
  readonly network: string;
  readonly #first: bigint;
  readonly #last: bigint;
  readonly #offset: bigint;

  /** Throws when `cidr` is not one, or an IPv6 range is larger than a /64. */
  constructor(cidr: string) {
    const [address = '', length = ''] = cidr.split('/');
    const bits = isIP(address) === 4 ? 32 : 128;
    const ones = Number(length);
    if (isIP(address) === 0 || !/^\d+$/.test(length) || ones > bits) throw new Error(`invalid CIDR address: ${cidr}`);
    if (bits === 128 && ones < 64)
      throw new Error(`shortest allowed prefix length for service CIDR is 64, got ${ones}`);
    const size = 1n << BigInt(bits - ones);
    const base = (toNumber(address) / size) * size;
    this.family = bits === 32 ? 'IPv4' : 'IPv6';
    this.network = toAddress(base, this.family);
    this.cidr = `${this.network}/${ones}`;
    this.#first = base + 1n;
    // IPv4 has a broadcast address at its end.
    this.#last = base + size - (bits === 32 ? 2n : 1n);
    this.#offset = staticBand(size);
  }

  /** The first usable address: the Service `kubernetes` has it in the first range. */
  get firstAddress(): string {
    return toAddress(this.#first, this.family);
  }

  contains(address: string): boolean {
    if (familyOf(address) !== this.family) return false;
    const value = toNumber(address);
    return value >= this.#first && value <= this.#last;
  }

  /** Every usable address once: the dynamic band from a random start on, then the static one the same way. */
  *candidates(random: () => number = Math.random): Generator<string> {
    const middle = this.#first + this.#offset;
    yield* this.#rotation(middle, this.#last, random);
    yield* this.#rotation(this.#first, middle - 1n, random);
  }

  *#rotation(first: bigint, last: bigint, random: () => number): Generator<string> {
    const size = last - first + 1n;
    if (size <= 0n) return;
    const start = BigInt(Math.floor(random() * Number(size))) % size;
    for (let at = 0n; at < size; at++) yield toAddress(first + ((start + at) % size), this.family);
  }
}

/** A sixteenth of the range, at least 16 and at most 256 addresses, is left to those who ask for an address. */
function staticBand(size: bigint): bigint {
  if (size <= 16n) return 0n;
  const band = size / 16n;
  return band < 16n ? 16n : band > 256n ? 256n : band;
}
