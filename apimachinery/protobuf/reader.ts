// The protobuf wire format, read from a buffer (protobuf.dev/programming-guides/encoding; the errors are those of the
// unmarshallers that gogo/protobuf generates, since they end up in upstream's answers).

export type WireType = 0 | 1 | 2 | 3 | 4 | 5;

/** Wire types by name. The two group types (3, 4) are only ever skipped. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/** Bytes that are not the message they should be, or an object that has no protobuf form. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

/** Messages within messages; far more than any kind has, and far less than the stack takes. */
const maxDepth = 1000;

const unexpectedEnd = 'unexpected EOF';

/** A position in a buffer up to an end: the whole of it, or one message within. All methods throw ProtobufError. */
export class Reader {
  readonly #buffer: Buffer;
  readonly #depth: number;
  readonly #end: number;
  #at: number;
  /** The halves of the varint read last, as unsigned 32-bit numbers. */
  #low = 0;
  #high = 0;

  constructor(buffer: Buffer, start = 0, end = buffer.length, depth = 0) {
    if (depth > maxDepth) throw new ProtobufError('exceeded max depth');
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
    this.#depth = depth;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's number and wire type. `message` is named where they are impossible. */
  tag(message: string): { number: number; wireType: WireType } {
    this.#varint();
    const wireType = (this.#low & 7) as WireType;
    // Go takes the low 32 bits of what is left of the 64.
    const number = (this.#low >>> 3) | (this.#high << 29) | 0;
    if (wireType === wire.endGroup) throw new ProtobufError(`proto: ${message}: wiretype end group for non-group`);
    if (number <= 0) throw new ProtobufError(`proto: ${message}: illegal tag ${number} (wire type ${wireType})`);
    return { number, wireType };
  }

  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  /** Beyond 2⁵³ it has the precision of a JavaScript number, as in JSON bodies. */
  int64(): number {
    this.#varint();
    if (this.#high === 0) return this.#low;
    if (this.#high === 0xffffffff) return this.#low - 2 ** 32;
    return Number(BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low)));
  }

  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#advance(8));
  }

  string(): string {
    const length = this.#length();
    const start = this.#advance(length);
    return this.#buffer.toString('utf8', start, start + length);
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const length = this.#length();
    const start = this.#advance(length);
    return this.#buffer.subarray(start, start + length);
  }

  /** A reader of the message, map entry or packed list that starts here; this one goes on behind it. */
  nested(): Reader {
    const length = this.#length();
    const start = this.#advance(length);
    return new Reader(this.#buffer, start, start + length, this.#depth + 1);
  }

  /** Passes over the value of a field that is not known. */
  skip(wireType: WireType): void {
    let open = 0;
    for (let type = wireType; ; ) {
      if (type === wire.startGroup) open++;
      else if (type === wire.endGroup) open--;
      else this.#skipValue(type);
      if (open === 0) return;
      this.#varint();
      type = (this.#low & 7) as WireType;
    }
  }

  #skipValue(wireType: number): void {
    if (wireType === wire.varint) this.#varint();
    else if (wireType === wire.fixed64) this.#advance(8);
    else if (wireType === wire.bytes) this.#advance(this.#length());
    else if (wireType === wire.fixed32) this.#advance(4);
    else throw new ProtobufError(`proto: illegal wireType ${wireType}`);
  }

  #length(): number {
    this.#varint();
    if (this.#high >= 2 ** 31) throw new ProtobufError('proto: negative length found during unmarshaling');
    return this.#high * 2 ** 32 + this.#low;
  }

  /** Moves on by `length` bytes; where they start. */
  #advance(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw new ProtobufError(unexpectedEnd);
    this.#at = start + length;
    return start;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new ProtobufError(unexpectedEnd);
      const byte = this.#buffer[this.#at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new ProtobufError('proto: integer overflow');
  }
}
