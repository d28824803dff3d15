import { type FieldError, invalid } from '../../../apimachinery/field.ts';
import { type IPAddress, parseIPSloppy } from '../../../apimachinery/ip.ts';

/**
 * An address that traffic can be sent to (ValidateEndpointIP): of endpoints, and for historical reasons of a service's
 * external addresses.
 */
export function checkEndpointIP(address: string, path: string, errors: FieldError[]): void {
  const ip = parseIPSloppy(address);
  if (ip === undefined) {
    errors.push(invalid(path, address, 'must be a valid IP address'));
    return;
  }
  if (isInRange(ip, 0n, 32, 0n, 128)) errors.push(invalid(path, address, `may not be unspecified (${address})`));
  if (isInRange(ip, 0x7f000000n, 8, 1n, 128)) {
    errors.push(invalid(path, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  }
  if (isInRange(ip, 0xa9fe0000n, 16, 0xfe80n << 112n, 10)) {
    errors.push(invalid(path, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  }
  if (isInRange(ip, 0xe0000000n, 24, 0xff02n << 112n, 16)) {
    errors.push(invalid(path, address, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
}

function isInRange(ip: IPAddress, base4: bigint, bits4: number, base6: bigint, bits6: number): boolean {
  const [base, shift] = ip.family === 4 ? [base4, 32 - bits4] : [base6, 128 - bits6];
  return ip.value >> BigInt(shift) === base >> BigInt(shift);
}
