// Lists as they are served most: JSON from the objects' own bytes, written piece by piece as fast as the client takes them.
// However long the list and however slow the client, one piece is all that is held for it beside the cache.
import { Readable } from 'node:stream';
import { createGzip, constants as zlibConstants } from 'node:zlib';
import { apiVersionOf } from '../../apimachinery/object.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import { listKindOf } from '../registry/descriptor.ts';
import type { ApiRequest } from './api-request.ts';
import type { ResponseStream } from './exchange.ts';
import { acceptsGzip } from './negotiate.ts';
import type { ListMetadata, View } from './render.ts';
import { baseHeaders, gzipThresholdBytes } from './respond.ts';

/** About how much is written at once. */
const pieceBytes = 1024 * 1024;

const tail = Buffer.from(']}\n');
const [openBrace, comma] = Buffer.from('{,') as unknown as [number, number];

/** What stands before the first item. */
function headOf(metadata: ListMetadata, { descriptor, version }: View): Buffer {
  const apiVersion = apiVersionOf(descriptor.group, version);
  return Buffer.from(
    `{"kind":"${listKindOf(descriptor)}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
  );
}

/** Bytes of one item: it leaves out kind and apiVersion, as upstream's typed lists do, and has a `{` of its own. */
function itemBytes({ bytes, itemOffset }: CachedObject): number {
  return bytes.length - itemOffset + 1;
}

/** Bytes of the whole list. */
function listSize(head: Buffer, objects: readonly CachedObject[]): number {
  let size = head.length + tail.length + Math.max(0, objects.length - 1);
  for (const object of objects) size += itemBytes(object);
  return size;
}

/** The list in pieces; an item is never split. */
function* pieces(head: Buffer, objects: readonly CachedObject[]): Generator<Buffer> {
  for (let next = 0; next < objects.length || next === 0; ) {
    const from = next;
    let size = from === 0 ? head.length : 0;
    for (; next < objects.length && size < pieceBytes; next++) size += itemBytes(objects[next]!) + 1;
    const last = next === objects.length;
    const piece = Buffer.allocUnsafe(size + (last ? tail.length : 0));
    let at = from === 0 ? head.copy(piece) : 0;
    for (let i = from; i < next; i++) {
      const { bytes, itemOffset } = objects[i]!;
      if (i > 0) piece[at++] = comma;
      piece[at++] = openBrace;
      at += bytes.copy(piece, at, itemOffset);
    }
    if (last) at += tail.copy(piece, at);
    yield piece.subarray(0, at);
    if (last) return;
  }
}

/** The whole list in one buffer. */
export function listBytes(objects: readonly CachedObject[], metadata: ListMetadata, view: View): Buffer {
  return Buffer.concat([...pieces(headOf(metadata, view), objects)]);
}

/** Answers with the list. Resolves when it is written or the client has gone. */
export async function respondList(
  request: ApiRequest,
  objects: readonly CachedObject[],
  metadata: ListMetadata,
  view: View,
): Promise<void> {
  const { exchange } = request;
  const head = headOf(metadata, view);
  const size = listSize(head, objects);
  const headers = baseHeaders(request, 'application/json');
  const compressed = size > gzipThresholdBytes && acceptsGzip(exchange.headers);
  if (size <= pieceBytes && !compressed) {
    exchange.send(200, headers, Buffer.concat([...pieces(head, objects)]));
    return;
  }
  if (compressed) headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding');
  else headers.push('Content-Length', String(size));
  const stream = exchange.stream(200, headers);
  const source = compressed
    ? Readable.from(pieces(head, objects)).pipe(createGzip({ level: zlibConstants.Z_BEST_SPEED, chunkSize: 64 * 1024 }))
    : pieces(head, objects);
  await writeAll(request, stream, source);
}

async function writeAll(
  request: ApiRequest,
  stream: ResponseStream,
  source: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  let gone = false;
  let wake: (() => void) | undefined;
  request.exchange.onClose(() => {
    gone = true;
    wake?.();
  });
  for await (const piece of source) {
    if (gone) return;
    if (stream.write(piece)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      stream.onDrain(resolve);
    });
  }
  if (!gone) stream.end();
}
