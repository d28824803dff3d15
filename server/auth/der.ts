// The few shapes of DER (ITU-T X.690) that X.509 certificates are made of, written and read. A certificate library would
// do the same for 100 ms of import time at every start.
import { isIP } from 'node:net';

/** One tag-length-value element. `content` holds whatever the tag says, still encoded. */
export interface DerElement {
  tag: number;
  content: Buffer;
  /** The element with its header. */
  whole: Buffer;
}

/** Encodes one element of `tag` around the joined parts. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

export function derSet(...parts: readonly Uint8Array[]): Buffer {
  return der(0x31, ...parts);
}

/** A non-negative integer given as big-endian bytes. */
export function derInteger(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return der(0x02, trimmed[0]! >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), trimmed);
}

export function derBoolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

/** An object identifier in dotted form. */
export function derOid(oid: string): Buffer {
  const [first, second, ...rest] = oid.split('.').map(Number);
  const bytes = [first! * 40 + second!];
  for (const arc of rest) {
    const group = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) group.unshift((left & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return der(0x06, Buffer.from(bytes));
}

export function derUtf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

export function derOctets(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** A bit string of whole bytes. */
export function derBits(bytes: Uint8Array, unusedBits = 0): Buffer {
  return der(0x03, Buffer.from([unusedBits]), bytes);
}

/** UTCTime until 2049, GeneralizedTime from 2050, as RFC 5280 wants it. */
export function derTime(time: Date): Buffer {
  const text = time.toISOString().replace(/[-:T]|\.\d+/g, '');
  return time.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

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

/** Reads the elements that stand one after another in `bytes`. Throws where the lengths do not fit. */
export function readDer(bytes: Uint8Array): DerElement[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: DerElement[] = [];
  for (let at = 0; at < buffer.length; ) {
    const tag = buffer[at]!;
    let length = buffer[at + 1] ?? -1;
    let start = at + 2;
    if (length > 0x80) {
      const size = length & 0x7f;
      length = size > 4 || start + size > buffer.length ? -1 : buffer.readUIntBE(start, size);
      start += size;
    }
    if (length < 0 || length === 0x80 || start + length > buffer.length) throw new Error('malformed DER');
    elements.push({ tag, content: buffer.subarray(start, start + length), whole: buffer.subarray(at, start + length) });
    at = start + length;
  }
  return elements;
}

/** The dotted form of an object identifier's content. */
export function readOid(content: Buffer): string {
  const arcs: number[] = [Math.min(2, Math.floor(content[0]! / 40))];
  arcs.push(content[0]! - arcs[0]! * 40);
  let arc = 0;
  for (const byte of content.subarray(1)) {
    arc = arc * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) {
      arcs.push(arc);
      arc = 0;
    }
  }
  return arcs.join('.');
}
