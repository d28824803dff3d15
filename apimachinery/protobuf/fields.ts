// The ways in which a field can be in a message: once, as a list, as a map, or as a message that JSON does not show.
import {
  bytesCodec,
  type Codec,
  type Fields,
  type Message,
  type MessageField,
  nestedMessage,
  setKey,
} from './codec.ts';
import { ProtobufError, type Reader, wire } from './reader.ts';
import type { Writer } from './writer.ts';

/** A field of one value. `optional`: a pointer in Go, which is written only where it is not nil. Others are always written. */
export function singleField(number: number, name: string, codec: Codec, optional: boolean): MessageField {
  return {
    number,
    name: goNameOf(name),
    wireType: codec.wireType,
    read(reader, target) {
      target[name] = codec.read(reader, target[name]);
    },
    write(writer, source) {
      const value = source[name];
      if (optional && (value === undefined || value === null)) return;
      codec.write(writer, value);
      writer.tag(number, codec.wireType);
    },
  };
}

/** A list: the field once for each element. Numbers may come packed, but are not written so. */
export function listField(number: number, name: string, codec: Codec): MessageField {
  const listOf = (target: Fields): unknown[] => {
    const list = (target[name] ?? []) as unknown[];
    target[name] = list;
    return list;
  };
  return {
    number,
    name: goNameOf(name),
    wireType: codec.wireType,
    read(reader, target) {
      listOf(target).push(codec.read(reader));
    },
    ...(codec.wireType === wire.varint
      ? {
          readPacked(reader: Reader, target: Fields) {
            const list = listOf(target);
            for (const packed = reader.nested(); !packed.done; ) list.push(codec.read(packed));
          },
        }
      : {}),
    write(writer, source) {
      const list = (source[name] ?? []) as unknown[];
      for (let i = list.length - 1; i >= 0; i--) {
        codec.write(writer, list[i]);
        writer.tag(number, codec.wireType);
      }
    },
  };
}

/** A map with strings as keys: a message of key and value for each entry, in the order of the keys' bytes. */
export function mapField(number: number, name: string, codec: Codec, zero: () => unknown): MessageField {
  return {
    number,
    name: goNameOf(name),
    wireType: wire.bytes,
    read(reader, target) {
      const map = (target[name] ?? {}) as Fields;
      target[name] = map;
      const { key, value } = readEntry(reader.nested(), codec);
      setKey(map, key, value === undefined ? zero() : value);
    },
    write(writer, source) {
      const map = (source[name] ?? {}) as Fields;
      const keys = inByteOrder(Object.keys(map));
      for (let i = keys.length - 1; i >= 0; i--) {
        writeEntry(writer, keys[i]!, map[keys[i]!], codec);
        writer.tag(number, wire.bytes);
      }
    },
  };
}

const keyNumber = 1;
const valueNumber = 2;

function readEntry(reader: Reader, codec: Codec): { key: string; value: unknown } {
  let key = '';
  let value: unknown;
  while (!reader.done) {
    const { number, wireType } = reader.tag('entry');
    const expected = number === keyNumber ? wire.bytes : number === valueNumber ? codec.wireType : undefined;
    if (expected === undefined) reader.skip(wireType);
    else if (wireType !== expected) throw new ProtobufError(`proto: wrong wireType = ${wireType} for field entry`);
    else if (number === keyNumber) key = reader.string();
    else value = codec.read(reader);
  }
  return { key, value };
}

function writeEntry(writer: Writer, key: string, value: unknown, codec: Codec): void {
  const before = writer.size;
  // A nil []byte is left out; every other type has a zero value to write.
  if (value !== null || codec !== bytesCodec) {
    codec.write(writer, value);
    writer.tag(valueNumber, codec.wireType);
  }
  writer.string(key);
  writer.tag(keyNumber, wire.bytes);
  writer.lengthSince(before);
}

/** Sorted as Go sorts strings. JavaScript compares UTF-16 units, which is the same below the surrogates. */
function inByteOrder(keys: string[]): string[] {
  if (!keys.some((key) => /[\ud800-\uffff]/.test(key))) return keys.sort();
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** An embedded Go struct: a message of its own here, while its fields are the surrounding object's in JSON. Always written. */
export function embeddedField(number: number, name: string, message: Message): MessageField {
  const codec = nestedMessage(() => message);
  return {
    number,
    name,
    wireType: wire.bytes,
    read(reader, target) {
      codec.read(reader, target);
    },
    write(writer, source) {
      codec.write(writer, source);
      writer.tag(number, wire.bytes);
    },
  };
}

/** Go's names are JSON's with a capital, near enough for an error. */
function goNameOf(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
