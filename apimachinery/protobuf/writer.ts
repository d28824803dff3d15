// Protobuf written from its end to its start, as gogo/protobuf's generated code does: what a message holds is there before its
// length is written, so nothing is measured or copied. Callers write fields, list elements and map entries last one first.
import type { WireType } from './reader.ts';

/** Strings up to this length are written byte by byte, which is quicker than to call the encoder. */
const shortLength = 32;

/** Grows towards the front of its buffer. */
export class Writer {
  #buffer: Buffer;
  #at: number;

  constructor(capacity = 1024) {
    this.#buffer = Buffer.allocUnsafe(capacity);
    this.#at = capacity;
  }

  /** How many bytes are written. */
  get size(): number {
    return this.#buffer.length - this.#at;
  }

  /** What is written. The writer must not be used any more. */
  finish(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  /** To be called after the field's value. */
  tag(number: number, wireType: WireType): void {
    this.varint(number * 8 + wireType);
  }

  /** The length of a message, map entry or packed list, after the last byte of which the size was `sizeBefore`. */
  lengthSince(sizeBefore: number): void {
    this.varint(this.size - sizeBefore);
  }

  /** A whole number from 0 to 2³²-1. */
  varint(value: number): void {
    if (value < 0x80) {
      const at = this.#reserve(1);
      this.#buffer[at] = value;
      return;
    }
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
    let at = this.#reserve(length);
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[at++] = (rest & 0x7f) | 0x80;
    this.#buffer[at] = rest;
  }

  /** An int32 or int64: negative ones take ten bytes. */
  integer(value: number): void {
    if (value >= 0 && value <= 0xffffffff) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    const bytes: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.raw(bytes);
  }

  double(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** A string with its length. */
  string(value: string): void {
    if (value.length <= shortLength && this.#ascii(value)) {
      this.varint(value.length);
      return;
    }
    const length = Buffer.byteLength(value);
    const at = this.#reserve(length);
    this.#buffer.write(value, at, 'utf8');
    this.varint(length);
  }

  /** Writes a string of ASCII; false, with nothing written, where it is something else. */
  #ascii(value: string): boolean {
    const at = this.#reserve(value.length);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        this.#at += value.length;
        return false;
      }
      this.#buffer[at + i] = unit;
    }
    return true;
  }

  /** Bytes with their length. */
  bytes(value: Uint8Array): void {
    this.raw(value);
    this.varint(value.length);
  }

  /** Bytes as they are. */
  raw(value: ArrayLike<number>): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** Makes room for `length` bytes in front; where they start. */
  #reserve(length: number): number {
    if (length > this.#at) this.#grow(length);
    this.#at -= length;
    return this.#at;
  }

  #grow(length: number): void {
    const written = this.finish();
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written.length + length));
    this.#at = larger.length - written.length;
    larger.set(written, this.#at);
    this.#buffer = larger;
  }
}
