// How values of the basic types stand in protobuf. A codec reads and writes one value, without its tag.
import { ProtobufError, type Reader, type WireType, wire } from './reader.ts';
import type { Writer } from './writer.ts';

/** One type's protobuf form. Values are JSON values. */
export interface Codec {
  wireType: WireType;
  /** The value at the reader's position; of a message, merged into `previous` where the field was there before. */
  read(reader: Reader, previous?: unknown): unknown;
  /** `value` is of the type, or undefined or null for its zero value. */
  write(writer: Writer, value: unknown): void;
}

/** A JSON object. */
export type Fields = Record<string, unknown>;

/** Sets a key that came from outside: `__proto__` is a key like any other. */
export function setKey(target: Fields, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

export const stringCodec: Codec = {
  wireType: wire.bytes,
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string((value as string | undefined) ?? ''),
};

/** JSON has them in base64. */
export const bytesCodec: Codec = {
  wireType: wire.bytes,
  read: (reader) => reader.bytes().toString('base64'),
  write: (writer, value) => writer.bytes(Buffer.from((value as string | undefined) ?? '', 'base64')),
};

/** Bytes that JSON does not show as they are: a Buffer. */
export const rawCodec: Codec = {
  wireType: wire.bytes,
  read: (reader) => reader.bytes(),
  write: (writer, value) => writer.bytes(value as Buffer),
};

export const boolCodec: Codec = {
  wireType: wire.varint,
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.varint(value === true ? 1 : 0),
};

export const int32Codec: Codec = {
  wireType: wire.varint,
  read: (reader) => reader.int32(),
  write: (writer, value) => writer.integer((value as number | undefined) ?? 0),
};

export const int64Codec: Codec = {
  wireType: wire.varint,
  read: (reader) => reader.int64(),
  write: (writer, value) => writer.integer((value as number | undefined) ?? 0),
};

export const doubleCodec: Codec = {
  wireType: wire.fixed64,
  read(reader) {
    const value = reader.double();
    if (Number.isFinite(value)) return value;
    throw new ProtobufError(`json: unsupported value: ${value}`);
  },
  write: (writer, value) => writer.double((value as number | undefined) ?? 0),
};

/** One numbered field of a message whose JSON form is the object `Target`. */
export interface MessageField {
  number: number;
  /** As the error for a wrong wire type has it. */
  name: string;
  wireType: WireType;
  /** Reads the field once (a list's element, a map's entry) into `target`. */
  read(reader: Reader, target: Fields): void;
  /** Reads a list of numbers written in one piece. */
  readPacked?(reader: Reader, target: Fields): void;
  /** Writes the whole field with its tags. */
  write(writer: Writer, source: Fields): void;
}

/** A message as a table of its fields. */
export class Message {
  readonly name: string;
  readonly #byNumber: ReadonlyMap<number, MessageField>;
  readonly #lastFirst: readonly MessageField[];

  constructor(name: string, fields: readonly MessageField[]) {
    this.name = name;
    this.#byNumber = new Map(fields.map((field) => [field.number, field]));
    this.#lastFirst = fields.toSorted((a, b) => b.number - a.number);
  }

  /** Reads fields until the reader's end. Unknown ones are passed over. Throws ProtobufError. */
  readInto(reader: Reader, target: Fields): void {
    while (!reader.done) {
      const { number, wireType } = reader.tag(this.name);
      const field = this.#byNumber.get(number);
      if (field === undefined) reader.skip(wireType);
      else if (wireType === field.wireType) field.read(reader, target);
      else if (wireType === wire.bytes && field.readPacked !== undefined) field.readPacked(reader, target);
      else throw new ProtobufError(`proto: wrong wireType = ${wireType} for field ${field.name}`);
    }
  }

  /** Writes all fields, in the order of their numbers. */
  writeFrom(writer: Writer, source: Fields): void {
    for (const field of this.#lastFirst) field.write(writer, source);
  }
}

/** The codec of a message within a message. `message` is asked for when it is first needed: types refer to themselves. */
export function nestedMessage(message: () => Message): Codec {
  let known: Message | undefined;
  const theMessage = (): Message => {
    known ??= message();
    return known;
  };
  return {
    wireType: wire.bytes,
    read(reader, previous) {
      const target = (previous ?? {}) as Fields;
      theMessage().readInto(reader.nested(), target);
      return target;
    },
    write(writer, value) {
      const before = writer.size;
      theMessage().writeFrom(writer, (value ?? {}) as Fields);
      writer.lengthSince(before);
    },
  };
}
