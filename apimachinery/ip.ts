// IP addresses and CIDRs as Kubernetes reads them: sloppily where a field is old (leading zeros in IPv4, IPv4-mapped IPv6),
// strictly where the words of k8s.io/apimachinery pkg/util/validation/ip.go refuse that.
import { type FieldError, invalid } from './field.ts';

export interface IPAddress {
  family: 4 | 6;
  /** The address as a number of 32 or 128 bits. */
  value: bigint;
  /** Go's net.IP.String(): RFC 5952 for IPv6, dotted for IPv4 (mapped addresses included). */
  text: string;
  /** Written with a leading zero in an IPv4 octet. */
  leadingZeros: boolean;
  /** Written as `::ffff:1.2.3.4` or its hexadecimal form; `family` is 4 then. */
  mapped: boolean;
}

export interface CIDR {
  /** The address before the slash. */
  address: IPAddress;
  /** The first address of the network. */
  network: IPAddress;
  prefixLength: number;
  /** Go's net.IPNet.String(). */
  text: string;
  leadingZeros: boolean;
}

function parseIPv4(text: string): { value: bigint; leadingZeros: boolean } | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  let leadingZeros = false;
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part) || Number(part) > 255) return undefined;
    if (part.length > 1 && part.startsWith('0')) leadingZeros = true;
    value = (value << 8n) | BigInt(Number(part));
  }
  return { value, leadingZeros };
}

/** Groups of one side of `::`, with a trailing IPv4 as two groups; undefined where malformed. */
function parseGroups(text: string): { groups: bigint[]; leadingZeros: boolean } | undefined {
  if (text === '') return { groups: [], leadingZeros: false };
  const groups: bigint[] = [];
  let leadingZeros = false;
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const tail = parseIPv4(part);
      if (tail === undefined) return undefined;
      leadingZeros = tail.leadingZeros;
      groups.push(tail.value >> 16n, tail.value & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return { groups, leadingZeros };
}

function parseIPv6(text: string): { value: bigint; leadingZeros: boolean } | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!);
  const tail = parseGroups(halves[1] ?? '');
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.groups.length - tail.groups.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head.groups, ...Array<bigint>(missing).fill(0n), ...tail.groups];
  return {
    value: groups.reduce((sum, group) => (sum << 16n) | group, 0n),
    leadingZeros: head.leadingZeros || tail.leadingZeros,
  };
}

function printIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(16 * (7 - i))) & 0xffffn));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

/** The address with this number, printed canonically. */
export function newIPAddress(family: 4 | 6, value: bigint): IPAddress {
  const text =
    family === 6 ? printIPv6(value) : [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  return { family, value, text, leadingZeros: false, mapped: false };
}

/** netutils.ParseIPSloppy; undefined where it is no address. */
export function parseIPSloppy(text: string): IPAddress | undefined {
  if (!text.includes(':')) {
    const parsed = parseIPv4(text);
    return parsed && { ...newIPAddress(4, parsed.value), leadingZeros: parsed.leadingZeros };
  }
  const parsed = parseIPv6(text);
  if (parsed === undefined) return undefined;
  if (parsed.value >> 32n === 0xffffn)
    return { ...newIPAddress(4, parsed.value & 0xffffffffn), leadingZeros: parsed.leadingZeros, mapped: true };
  return { ...newIPAddress(6, parsed.value), leadingZeros: parsed.leadingZeros };
}

/** netutils.ParseCIDRSloppy; undefined where it is no CIDR. */
export function parseCIDRSloppy(text: string): CIDR | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIPSloppy(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^[0-9]+$/.test(length)) return undefined;
  const written = Number(length);
  const bits = address.family === 4 && !address.mapped ? 32 : 128;
  if (written > bits) return undefined;
  const prefixLength = address.mapped ? Math.max(written - 96, 0) : written;
  const host = BigInt((address.family === 4 ? 32 : 128) - prefixLength);
  const network = newIPAddress(address.family, (address.value >> host) << host);
  const leadingZeros = address.leadingZeros || (length.length > 1 && length.startsWith('0'));
  return { address, network, prefixLength, text: `${network.text}/${prefixLength}`, leadingZeros };
}

/** True where the address lies in the network. */
export function cidrContains(cidr: CIDR, address: IPAddress): boolean {
  if (cidr.network.family !== address.family) return false;
  const host = BigInt((address.family === 4 ? 32 : 128) - cidr.prefixLength);
  return cidr.network.value >> host === address.value >> host;
}

function strictIP(field: string, value: string): { ip?: IPAddress; errors: FieldError[] } {
  const ip = parseIPSloppy(value);
  if (ip === undefined)
    return { errors: [invalid(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')] };
  const errors: FieldError[] = [];
  if (ip.leadingZeros) errors.push(invalid(field, value, 'must not have leading 0s'));
  else if (ip.mapped) errors.push(invalid(field, value, 'must not be an IPv4-mapped IPv6 address'));
  return { ip, errors };
}

/** IsValidIPForLegacyField with strict validation: any way to write an address but the ambiguous ones. */
export function isValidIPForLegacyField(
  field: string,
  value: string,
  validOldIPs: readonly string[] = [],
): FieldError[] {
  return validOldIPs.includes(value) ? [] : strictIP(field, value).errors;
}

/** IsValidIP: the canonical form only. */
export function isValidIP(field: string, value: string): FieldError[] {
  const { ip, errors } = strictIP(field, value);
  if (ip === undefined || errors.length > 0) return errors;
  return value === ip.text ? [] : [invalid(field, value, `must be in canonical form (${JSON.stringify(ip.text)})`)];
}

function strictCIDR(field: string, value: string): { cidr?: CIDR; errors: FieldError[] } {
  const cidr = parseCIDRSloppy(value);
  if (cidr === undefined)
    return { errors: [invalid(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')] };
  if (cidr.leadingZeros)
    return { cidr, errors: [invalid(field, value, 'must not have leading 0s in IP or prefix length')] };
  if (cidr.address.mapped)
    return { cidr, errors: [invalid(field, value, 'must not have an IPv4-mapped IPv6 address')] };
  if (cidr.address.value !== cidr.network.value)
    return { cidr, errors: [invalid(field, value, 'must not have bits set beyond the prefix length')] };
  return { cidr, errors: [] };
}

/** IsValidCIDRForLegacyField with strict validation. */
export function isValidCIDRForLegacyField(
  field: string,
  value: string,
  validOldCIDRs: readonly string[] = [],
): FieldError[] {
  return validOldCIDRs.includes(value) ? [] : strictCIDR(field, value).errors;
}

/** IsValidCIDR: the canonical form only. */
export function isValidCIDR(field: string, value: string): FieldError[] {
  const { cidr, errors } = strictCIDR(field, value);
  if (cidr === undefined || errors.length > 0) return errors;
  return value === cidr.text ? [] : [invalid(field, value, `must be in canonical form (${JSON.stringify(cidr.text)})`)];
}

/** GetWarningsForIP: an IPv6 address that is valid but not written canonically. */
export function warningsForIP(field: string, value: string): string[] {
  const ip = parseIPSloppy(value);
  if (ip === undefined) return [];
  if (ip.leadingZeros || ip.mapped)
    return [`${field}: non-standard IP address ${JSON.stringify(value)} is invalid: use ${JSON.stringify(ip.text)}`];
  if (ip.family === 6 && ip.text !== value)
    return [
      `${field}: IPv6 address ${JSON.stringify(value)} should be in RFC 5952 canonical format (${JSON.stringify(ip.text)})`,
    ];
  return [];
}

/** GetWarningsForCIDR: bits beyond the prefix, ambiguous forms, and IPv6 not written canonically. */
export function warningsForCIDR(field: string, value: string): string[] {
  const cidr = parseCIDRSloppy(value);
  if (cidr === undefined) return [];
  const quoted = JSON.stringify(value);
  const warnings: string[] = [];
  if (cidr.address.value !== cidr.network.value) {
    const single = `${cidr.address.text}/${cidr.address.family === 4 ? 32 : 128}`;
    warnings.push(
      `${field}: CIDR value ${quoted} is ambiguous in this context (should be ${JSON.stringify(cidr.text)} or ${JSON.stringify(single)}?)`,
    );
  }
  if (cidr.leadingZeros || cidr.address.mapped)
    warnings.push(`${field}: non-standard CIDR value ${quoted} is invalid: use ${JSON.stringify(cidr.text)}`);
  if (warnings.length === 0 && cidr.network.family === 6 && cidr.text !== value)
    warnings.push(
      `${field}: IPv6 CIDR value ${quoted} should be in RFC 5952 canonical format (${JSON.stringify(cidr.text)})`,
    );
  return warnings;
}
