/**
 * IP addresses and CIDRs, read strictly. Behaviour: apiserver pkg/cel/library/{ip,cidr}.go and Go's net/netip.
 */
import { type IPAddress, newIPAddress, parseIPSloppy } from '../../ip.ts';
import { EvaluationFault } from '../errors.ts';
import { cidrType, ipType, type OverloadRow } from '../functions.ts';
import { quoteGo } from '../go-format.ts';
import { CelOpaque, type CelValue } from '../values.ts';

/** An address as a CEL value. */
export class IPValue extends CelOpaque {
  override readonly type = ipType;
  readonly address: IPAddress;

  constructor(address: IPAddress) {
    super();
    this.address = address;
  }

  override get size(): number {
    return this.address.family === 4 ? 4 : 16;
  }

  override equals(other: CelValue): boolean {
    if (!(other instanceof IPValue)) throw new EvaluationFault('no such overload');
    return this.address.text === other.address.text;
  }

  override toJSON(): string {
    return this.address.text;
  }
}

/** An address and a prefix length as a CEL value. */
export class CIDRValue extends CelOpaque {
  override readonly type = cidrType;
  readonly address: IPAddress;
  readonly bits: number;

  constructor(address: IPAddress, bits: number) {
    super();
    this.address = address;
    this.bits = bits;
  }

  override get size(): number {
    return Math.ceil(this.bits / 8);
  }

  get text(): string {
    return `${this.address.text}/${this.bits}`;
  }

  override equals(other: CelValue): boolean {
    if (!(other instanceof CIDRValue)) throw new EvaluationFault('no such overload');
    return this.text === other.text;
  }

  override toJSON(): string {
    return this.text;
  }
}

/** What is wrong with an address, in netip.ParseAddr's words. */
function addressFault(text: string): string {
  const fault = (words: string): string => `ParseAddr(${quoteGo(text)}): ${words}`;
  if (!/[.:%]/.test(text)) return fault('unable to parse IP');
  if (text.includes(':')) return fault(ipv6Fault(text));
  const parts = text.split('.');
  const bad = parts.find((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255 || /^0\d/.test(part));
  if (parts.length > 4) return fault('IPv4 address too long');
  if (bad === undefined) return fault('IPv4 address too short');
  if (bad === '') return fault('IPv4 field must have at least one digit');
  if (!/^\d+$/.test(bad)) return fault(`unexpected character (at ${quoteGo(text.slice(text.search(/[^\d.]/)))})`);
  return fault(/^0\d/.test(bad) ? 'IPv4 field has octet with leading zero' : 'IPv4 field has value >255');
}

function ipv6Fault(text: string): string {
  const bad = text.search(/[^0-9a-fA-F:.]/);
  if (bad >= 0) return `each colon-separated field must have at least one digit (at ${quoteGo(text.slice(bad))})`;
  if (/[0-9a-fA-F]{5}/.test(text)) return 'each group must have 4 or fewer digits';
  return text.split(':').length > 8 ? 'trailing garbage after address' : 'address string too short';
}

/** A strict address; throws EvaluationFault. Zones and IPv4-mapped addresses are none. */
function parseIP(text: string): IPValue {
  const zone = text.indexOf('%');
  const address = parseIPSloppy(zone >= 0 ? text.slice(0, zone) : text);
  if (!address || address.leadingZeros) {
    throw new EvaluationFault(
      `IP Address ${quoteGo(text)} parse error during conversion from string: ${addressFault(text)}`,
    );
  }
  if (zone >= 0) throw new EvaluationFault(`IP address ${quoteGo(text)} with zone value is not allowed`);
  if (address.mapped) throw new EvaluationFault(`IPv4-mapped IPv6 address ${quoteGo(text)} is not allowed`);
  return new IPValue(address);
}

const cidrPrefix = 'network address parse error during conversion from string: ';

function prefixFault(text: string, words: string): EvaluationFault {
  return new EvaluationFault(`${cidrPrefix}${cidrPrefix}netip.ParsePrefix(${quoteGo(text)}): ${words}`);
}

/** A strict CIDR; throws EvaluationFault. */
function parseCIDR(text: string): CIDRValue {
  const slash = text.lastIndexOf('/');
  if (slash < 0) throw prefixFault(text, "no '/'");
  const addressText = text.slice(0, slash);
  const address = parseIPSloppy(addressText);
  if (!address || address.leadingZeros) throw prefixFault(text, addressFault(addressText));
  const length = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(length)) throw prefixFault(text, `bad bits after slash: ${quoteGo(length)}`);
  if (address.mapped)
    throw new EvaluationFault(`${cidrPrefix}IPv4-mapped IPv6 address ${quoteGo(text)} is not allowed`);
  if (Number(length) > (address.family === 4 ? 32 : 128)) throw prefixFault(text, 'prefix length out of range');
  return new CIDRValue(address, Number(length));
}

function succeeds(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch (fault) {
      if (fault instanceof EvaluationFault) return false;
      throw fault;
    }
  };
}

function networkBits(address: IPAddress, bits: number): bigint {
  return address.value >> BigInt((address.family === 4 ? 32 : 128) - bits);
}

function containsIP(cidr: CIDRValue, { address }: IPValue): boolean {
  if (cidr.address.family !== address.family) return false;
  return networkBits(cidr.address, cidr.bits) === networkBits(address, cidr.bits);
}

function containsCIDR(cidr: CIDRValue, other: CIDRValue): boolean {
  return cidr.bits <= other.bits && containsIP(cidr, new IPValue(other.address));
}

function masked({ address, bits }: CIDRValue): CIDRValue {
  const host = BigInt((address.family === 4 ? 32 : 128) - bits);
  return new CIDRValue(newIPAddress(address.family, (address.value >> host) << host), bits);
}

function ipv4Octet({ value }: IPAddress, at: number): number {
  return Number((value >> BigInt(8 * (3 - at))) & 0xffn);
}

const isUnspecified = ({ address }: IPValue): boolean => address.value === 0n;
const isLoopback = ({ address }: IPValue): boolean =>
  address.family === 4 ? ipv4Octet(address, 0) === 127 : address.value === 1n;
const isLinkLocalMulticast = ({ address }: IPValue): boolean =>
  address.family === 4 ? address.value >> 8n === 0xe00000n : ((address.value >> 112n) & 0xff0fn) === 0xff02n;
const isLinkLocalUnicast = ({ address }: IPValue): boolean =>
  address.family === 4 ? address.value >> 16n === 0xa9fen : address.value >> 118n === 0xfe80n >> 6n;
const isMulticast = ({ address }: IPValue): boolean =>
  address.family === 4 ? address.value >> 28n === 0xen : address.value >> 120n === 0xffn;
const isGlobalUnicast = (ip: IPValue): boolean =>
  !isUnspecified(ip) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocalUnicast(ip) &&
  ip.address.text !== '255.255.255.255';

/** The rows of the ip and cidr libraries. */
export function addressRows(): OverloadRow[] {
  return [
    ['ip', 'string_to_ip', '(string) IP', parseIP],
    ['ip', 'cidr_ip', 'CIDR.() IP', ({ address }: CIDRValue) => new IPValue(address)],
    ['ip.isCanonical', 'ip_is_canonical', '(string) bool', (text: string) => parseIP(text).address.text === text],
    ['isIP', 'is_ip', '(string) bool', succeeds(parseIP)],
    ['string', 'ip_to_string', '(IP) string', ({ address }: IPValue) => address.text],
    ['family', 'ip_family', 'IP.() int', ({ address }: IPValue) => BigInt(address.family)],
    ['isUnspecified', 'ip_is_unspecified', 'IP.() bool', isUnspecified],
    ['isLoopback', 'ip_is_loopback', 'IP.() bool', isLoopback],
    ['isLinkLocalMulticast', 'ip_is_link_local_multicast', 'IP.() bool', isLinkLocalMulticast],
    ['isLinkLocalUnicast', 'ip_is_link_local_unicast', 'IP.() bool', isLinkLocalUnicast],
    ['isGlobalUnicast', 'ip_is_global_unicast', 'IP.() bool', isGlobalUnicast],
    ['cidr', 'string_to_cidr', '(string) CIDR', parseCIDR],
    ['isCIDR', 'is_cidr', '(string) bool', succeeds(parseCIDR)],
    ['string', 'cidr_to_string', '(CIDR) string', ({ text }: CIDRValue) => text],
    [
      'containsIP',
      'cidr_contains_ip_string',
      'CIDR.(string) bool',
      (cidr: CIDRValue, text: string) => containsIP(cidr, parseIP(text)),
    ],
    ['containsIP', 'cidr_contains_ip_ip', 'CIDR.(IP) bool', containsIP],
    [
      'containsCIDR',
      'cidr_contains_cidr_string',
      'CIDR.(string) bool',
      (cidr: CIDRValue, text: string) => containsCIDR(cidr, parseCIDR(text)),
    ],
    ['containsCIDR', 'cidr_contains_cidr', 'CIDR.(CIDR) bool', containsCIDR],
    ['prefixLength', 'cidr_prefix_length', 'CIDR.() int', ({ bits }: CIDRValue) => BigInt(bits)],
    ['masked', 'cidr_masked', 'CIDR.() CIDR', masked],
  ];
}
