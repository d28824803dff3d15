// GET with watch=true: what is there first where the client asks for it, then every change, bookmarks between, until the
// client goes, the time is up, or the watch is overrun (k8s.io/apiserver pkg/endpoints/handlers/watch.go).
import { writtenObject } from '../../../apimachinery/decode/decode.ts';
import { apiVersionOf, type JsonObject } from '../../../apimachinery/object.ts';
import { protobufMediaType } from '../../../apimachinery/protobuf/decode.ts';
import { encodeProtobuf } from '../../../apimachinery/protobuf/encode.ts';
import { watchFrame } from '../../../apimachinery/protobuf/watch-frame.ts';
import { newExpired, newInternalError, newNotAcceptable, type StatusError } from '../../../apimachinery/status.ts';
import type { CachedObject } from '../../cache/cached-object.ts';
import type { CachedEvent } from '../../cache/event-ring.ts';
import type { WatchCache } from '../../cache/watch-cache.ts';
import { Watcher, type WatchView } from '../../cache/watcher.ts';
import type { Store } from '../../registry/store.ts';
import type { ApiRequest } from '../api-request.ts';
import type { ResponseStream } from '../exchange.ts';
import type { Accepted } from '../negotiate.ts';
import type { ListOptions } from '../options.ts';
import { bodyOf, servesMessages } from '../protobuf-messages.ts';
import { documentOf, notAList, servesBytes, tableOf, type View } from '../render.ts';
import { baseHeaders } from '../respond.ts';
import type { Selection } from '../selection.ts';

/** What a server can be told about its watches. */
export interface WatchSettings {
  /** A watch without timeoutSeconds ends after a random time from here up to twice that (upstream's --min-request-timeout). */
  minRequestTimeoutSeconds: number;
  watchBookmarkIntervalMilliseconds: number;
}

/** Longer timeouts overflow Node's timers; no watch lasts 24 days. */
const maxTimeoutSeconds = 2_147_483;
/** How much of the first objects is written at once. */
const initialChunkBytes = 256 * 1024;

const frameStart = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const frameEnd = Buffer.from('}\n');

type EventType = keyof typeof frameStart;

function encodeFrame(type: EventType, bytes: Buffer, view: View): Buffer {
  if (servesBytes(view)) return Buffer.concat([frameStart[type], bytes, frameEnd]);
  return frameOf(type, documentOf(JSON.parse(bytes.toString()), view, false), view.accepted);
}

/** An object that is there when the watch begins; many watches may begin with it. */
function initialFrame(object: CachedObject, view: View): Buffer {
  return servesMessages(view) ? watchFrame('ADDED', bodyOf(object, view)) : encodeFrame('ADDED', object.bytes, view);
}

/** An event of a watch that is not sent as stored bytes. */
function frameOf(type: EventType | 'BOOKMARK' | 'ERROR', object: JsonObject, accepted: Accepted): Buffer {
  if (accepted.mediaType === protobufMediaType) return watchFrame(type, encodeProtobuf(object));
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

/** How this watch sees an event: selector transitions become ADDED and DELETED. Undefined where it sees nothing. */
function typeFor(event: CachedEvent, selection: Selection): EventType | undefined {
  const { namespace, matches } = selection;
  if (namespace !== undefined && namespace !== '' && event.object.namespace !== namespace) return undefined;
  if (matches === undefined) return event.type;
  const now = event.type !== 'DELETED' && matches(event.object);
  const before = event.previous !== undefined && matches(event.previous);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function watchView(view: View, selection: Selection): WatchView {
  const { accepted, version, includeObject } = view;
  const encoding = `${version}\n${accepted.mediaType}\n${accepted.as ?? ''}\n${accepted.metaVersion}\n${includeObject}`;
  return {
    key: `${encoding}\n${selection.key}`,
    frameOf(event) {
      const type = typeFor(event, selection);
      if (type === undefined) return undefined;
      const left = type === 'DELETED' && event.type !== 'DELETED';
      const frameKey = `${left ? 'left' : type}\n${encoding}`;
      event.frames ??= new Map();
      let frame = event.frames.get(frameKey);
      if (frame === undefined) {
        const shown = left ? event.previous! : event.object;
        frame = encodeFrame(type, left ? shown.bytesAtRevision(event.revision) : shown.bytes, view);
        event.frames.set(frameKey, frame);
      }
      return frame;
    },
  };
}

/** A bookmark is an object of the watched kind with nothing but metadata, in the form that an object would have. */
function bookmarkFrame(view: View, revision: number, initialEventsEnd: boolean): Buffer {
  const { accepted, descriptor } = view;
  const { group, version, kind } = descriptor;
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  const object = writtenObject({ kind, apiVersion: apiVersionOf(group, version), metadata }, { group, version, kind });
  return frameOf('BOOKMARK', documentOf(object, view, false), accepted);
}

function contentTypeOf({ mediaType }: Accepted): string {
  return mediaType === protobufMediaType ? `${mediaType};stream=watch` : 'application/json';
}

/** Throws 406 for what can be sent as a whole but not as a stream of events. */
function refuseUnstreamable({ accepted: { mediaType, as }, ...view }: View): void {
  if (as === 'PartialObjectMetadataList') throw notAList(view);
  if (mediaType !== 'application/yaml') return;
  const streams = ['application/json', protobufMediaType].map((type) => `${type};stream=watch`);
  throw newNotAcceptable(`only the following media types are accepted: ${streams.join(', ')}`);
}

/** Watches that are open, so that a shutdown can end them. */
export class Watches {
  readonly #cache: WatchCache;
  readonly #settings: WatchSettings;
  readonly #open = new Set<() => void>();

  constructor(cache: WatchCache, settings: WatchSettings) {
    this.#cache = cache;
    this.#settings = settings;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Ends every watch cleanly: the response is completed, so clients resume elsewhere without an error. */
  endAll(): void {
    for (const end of [...this.#open]) end();
  }

  async watch(
    request: ApiRequest,
    store: Store,
    view: View,
    options: ListOptions,
    selection: Selection,
  ): Promise<void> {
    refuseUnstreamable(view);
    const { resourceVersion } = options;
    const fromNow = resourceVersion === undefined || resourceVersion === 0;
    const initial = options.sendInitialEvents ?? fromNow;
    if (resourceVersion === undefined) await this.#cache.waitFresh();
    else if (options.sendInitialEvents && resourceVersion > 0) await this.#cache.waitFor(resourceVersion);
    const revision = initial || fromNow ? this.#cache.revision : resourceVersion;
    const objects = initial ? await snapshot(store, selection) : [];
    const stream = request.exchange.stream(200, baseHeaders(request, contentTypeOf(view.accepted)));
    const context = { cache: this.#cache, open: this.#open, settings: this.#settings };
    new OpenWatch(context, request, store, view, options, selection, stream).run(objects, revision);
  }
}

function snapshot(store: Store, selection: Selection): CachedObject[] | Promise<CachedObject[]> {
  const { codec } = store;
  const matches = selection.matches ?? (() => true);
  const objects: CachedObject[] = [];
  for (const [sorted] of store.cache.slices(selection.namespace)) {
    for (const object of sorted) if (codec !== undefined || matches(object)) objects.push(object);
  }
  if (codec === undefined) return objects;
  const decoded = codec.decodeAll(objects);
  return decoded instanceof Promise ? decoded.then((all) => all.filter(matches)) : decoded.filter(matches);
}

/** What all watches of a server share. */
interface WatchContext {
  cache: WatchCache;
  open: Set<() => void>;
  settings: WatchSettings;
}

/** A stream of Table events: the first carries the column definitions, the others null (upstream's watchEmbeddedEncoder). */
function withColumnsOnce(stream: ResponseStream, view: View): ResponseStream {
  let first = true;
  return {
    write(chunk) {
      if (!first) return stream.write(chunk);
      first = false;
      return stream.write(withColumns(chunk, view));
    },
    onDrain: (callback) => stream.onDrain(callback),
    end: () => stream.end(),
    abort: () => stream.abort(),
  };
}

/** Frames of a Table watch are shared and have no columns; here the first of them gets them. */
function withColumns(frames: Buffer, view: View): Buffer {
  const end = frames.indexOf('\n') + 1;
  const event = JSON.parse(frames.subarray(0, end).toString()) as { object: { kind: string } };
  if (event.object.kind !== 'Table') return frames;
  const { columnDefinitions } = tableOf([], {}, view);
  const first = JSON.stringify({ ...event, object: { ...event.object, columnDefinitions } });
  return Buffer.concat([Buffer.from(`${first}\n`), frames.subarray(end)]);
}

/** One watch while it lasts: its timers, its watcher, its response. */
class OpenWatch {
  readonly #context: WatchContext;
  readonly #view: View;
  readonly #options: ListOptions;
  readonly #stream: ResponseStream;
  readonly #store: Store;
  readonly #watchView: WatchView;
  readonly #end = () => this.#finish(undefined);
  #watcher: Watcher | undefined;
  #bookmarks: NodeJS.Timeout | undefined;
  #timeout: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    context: WatchContext,
    request: ApiRequest,
    store: Store,
    view: View,
    options: ListOptions,
    selection: Selection,
    stream: ResponseStream,
  ) {
    this.#context = context;
    this.#store = store;
    this.#view = view;
    this.#options = options;
    const { as, mediaType } = view.accepted;
    this.#stream = as === 'Table' && mediaType === 'application/json' ? withColumnsOnce(stream, view) : stream;
    this.#watchView = watchView(view, selection);
    context.open.add(this.#end);
    request.exchange.onClose(() => this.#release());
    const { minRequestTimeoutSeconds } = context.settings;
    // 0 is as if it were not given.
    const seconds = options.timeoutSeconds || minRequestTimeoutSeconds * (1 + Math.random());
    this.#timeout = setTimeout(this.#end, Math.min(seconds, maxTimeoutSeconds) * 1000);
  }

  run(objects: readonly CachedObject[], revision: number): void {
    this.#sendInitial(objects, 0, () => {
      if (this.#options.sendInitialEvents && this.#options.allowWatchBookmarks)
        this.#stream.write(bookmarkFrame(this.#view, revision, true));
      this.#follow(revision);
    });
  }

  /** Writes what is there, as fast as the client takes it. */
  #sendInitial(objects: readonly CachedObject[], from: number, done: () => void): void {
    let at = from;
    while (at < objects.length) {
      const frames: Buffer[] = [];
      try {
        for (let bytes = 0; at < objects.length && bytes < initialChunkBytes; at++) {
          const frame = initialFrame(objects[at]!, this.#view);
          bytes += frame.length;
          frames.push(frame);
        }
      } catch (error) {
        this.#fail(newInternalError(String(error)));
        return;
      }
      if (!this.#stream.write(Buffer.concat(frames)) && at < objects.length) {
        this.#stream.onDrain(() => {
          if (!this.#ended) this.#sendInitial(objects, at, done);
        });
        return;
      }
    }
    done();
  }

  #follow(revision: number): void {
    const source = this.#store.source;
    this.#watcher = new Watcher(source, this.#watchView, this.#stream, revision, ({ reason, failure }) => {
      if (reason === 'closed') this.#finish(undefined);
      else if (reason === 'unencodable') this.#fail(newInternalError(String(failure)));
      else this.#fail(newExpired(`too old resource version: ${revision} (${source.ring.oldestResumable})`));
    });
    this.#watcher.start();
    if (this.#options.allowWatchBookmarks && !this.#ended) {
      this.#bookmarks = setInterval(() => this.#bookmark(), this.#context.settings.watchBookmarkIntervalMilliseconds);
    }
  }

  #bookmark(): void {
    if (this.#watcher?.live) this.#stream.write(bookmarkFrame(this.#view, this.#context.cache.revision, false));
  }

  /** Ends the watch with an ERROR event. */
  #fail({ status }: StatusError): void {
    this.#finish(frameOf('ERROR', status as unknown as JsonObject, this.#view.accepted));
  }

  #finish(last: Buffer | undefined): void {
    if (this.#ended) return;
    if (last !== undefined) this.#stream.write(last);
    else if (this.#options.allowWatchBookmarks) this.#bookmark();
    this.#release();
    this.#stream.end();
  }

  #release(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#bookmarks);
    clearTimeout(this.#timeout);
    this.#watcher?.close();
    this.#context.open.delete(this.#end);
  }
}
