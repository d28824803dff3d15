// PostgreSQL's binary array format (src/backend/utils/adt/arrayfuncs.c, array_recv): a batch of values goes out without
// being quoted by us and parsed by the server, which costs more than the write itself for JSON full of quotes.

const textOid = 25;
const bigintOid = 20;
const headerLength = 20;

/** Encodes a one-dimensional text[]. */
export function encodeTextArray(values: readonly (string | null)[]): Buffer {
  const lengths = values.map((value) => (value === null ? -1 : Buffer.byteLength(value)));
  const size = lengths.reduce((sum, length) => sum + 4 + Math.max(0, length), headerLength);
  const buffer = Buffer.allocUnsafe(size);
  let offset = writeHeader(buffer, textOid, values.length, lengths.includes(-1));
  for (const [index, value] of values.entries()) {
    offset = buffer.writeInt32BE(lengths[index]!, offset);
    if (value !== null) offset += buffer.write(value, offset);
  }
  return buffer;
}

/** Encodes a one-dimensional bigint[]; the numbers are safe integers. */
export function encodeBigintArray(values: readonly (number | null)[]): Buffer {
  const buffer = Buffer.allocUnsafe(headerLength + 12 * values.length);
  let offset = writeHeader(buffer, bigintOid, values.length, values.includes(null));
  for (const value of values) {
    offset = buffer.writeInt32BE(value === null ? -1 : 8, offset);
    if (value !== null) offset = buffer.writeBigInt64BE(BigInt(value), offset);
  }
  return buffer.subarray(0, offset);
}

function writeHeader(buffer: Buffer, elementOid: number, length: number, hasNulls: boolean): number {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(elementOid, 8);
  buffer.writeInt32BE(length, 12);
  return buffer.writeInt32BE(1, 16);
}
