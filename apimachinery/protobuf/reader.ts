// Protobuf's wire format: tags, varints and length-delimited parts.

/** Thrown for bytes that are no protobuf message; the message is Go's. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

export type WireValue =
  | { wire: 'varint'; value: bigint }
  | { wire: 'fixed64'; value: Buffer }
  | { wire: 'fixed32'; value: Buffer }
  | { wire: 'bytes'; value: Buffer };

/** Reads a message's fields in order and calls back with each. Throws ProtobufError. */
export function readFields(message: Buffer, each: (number: number, value: WireValue) => void): void {
  const reader = new Reader(message);
  while (!reader.done) {
    const tag = reader.varint();
    const number = Number(tag >> 3n);
    if (number <= 0) throw new ProtobufError(`proto: illegal tag ${number} (wire type ${tag & 7n})`);
    each(number, reader.value(Number(tag & 7n)));
  }
}

class Reader {
  readonly #message: Buffer;
  #at = 0;

  constructor(message: Buffer) {
    this.#message = message;
  }

  get done(): boolean {
    return this.#at >= this.#message.length;
  }

  varint(): bigint {
    let low = 0;
    let value = 0n;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#message[this.#at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      // Small numbers, which are nearly all, never become big integers on the way.
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return BigInt.asUintN(64, value | BigInt(low));
    }
    throw new ProtobufError('proto: integer overflow');
  }

  value(wireType: number): WireValue {
    switch (wireType) {
      case 0:
        return { wire: 'varint', value: this.varint() };
      case 1:
        return { wire: 'fixed64', value: this.#bytes(8) };
      case 2:
        return { wire: 'bytes', value: this.#bytes(Number(this.varint())) };
      case 5:
        return { wire: 'fixed32', value: this.#bytes(4) };
      default:
        throw new ProtobufError(`proto: illegal wireType ${wireType}`);
    }
  }

  #bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#message.length) throw new ProtobufError('unexpected EOF');
    const bytes = this.#message.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
