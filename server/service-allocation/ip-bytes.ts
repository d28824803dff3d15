// Addresses as bytes, which neither node:net nor node:dns gives.
import { isIP } from 'node:net';

/** The bytes of an IP address, 4 or 16. Throws for anything else. */
export function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (isIP(address) !== 6) throw new Error(`not an IP address: ${address}`);
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const text =
    dotted === null
      ? address
      : dotted[1]! +
        ipBytes(dotted[2]!)
          .toString('hex')
          .replace(/^(.{4})/, '$1:');
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  const all = tail === undefined ? groups(head) : [...groups(head), ...zeros, ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
