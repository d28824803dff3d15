// One watch of one resource, from cache to client.
//
// States: `catching up` (reads the ring from its position as fast as the client takes it), `live` (each batch is written as it
// arrives), `overrun` (the ring no longer holds what comes next: the watch ends with 410 Expired), `ended` (closed, or an event could not
// be encoded: that ends this watch and no other), or the resource is no longer served).
// A slow client goes back to catching up: its buffer is the socket's plus one batch, and the ring is shared by all.
import type { CachedEvent } from './event-ring.ts';
import type { EventListener, EventSource } from './resource-cache.ts';

/** Where frames go: a response body with backpressure. */
export interface FrameSink {
  /** False when the client takes no more for now; `onDrain` then tells when it does. */
  write(frame: Buffer): boolean;
  onDrain(callback: () => void): void;
}

/** Why a watch cannot go on: events were missed, an event could not be encoded (`failure` says why), or the resource is gone. */
export interface WatchEnd {
  reason: 'overrun' | 'unencodable' | 'closed';
  failure?: unknown;
}

/** What a watch selects and how it is encoded. Watches with equal keys share their frames. */
export interface WatchView {
  /** Names filter and encoding; equal keys mean equal frames. */
  key: string;
  /** The frame of one event as this watch sees it (selector transitions become ADDED and DELETED), or undefined where it sees nothing. */
  frameOf(event: CachedEvent): Buffer | undefined;
}

/** Encoded batches, shared by all watches with the same view; lives as long as one batch is handed round. */
const sharedBatches = new WeakMap<readonly CachedEvent[], Map<string, Buffer | undefined>>();

function encodeBatch(events: readonly CachedEvent[], view: WatchView): Buffer | undefined {
  let byView = sharedBatches.get(events);
  if (byView === undefined) {
    byView = new Map();
    sharedBatches.set(events, byView);
  } else if (byView.has(view.key)) return byView.get(view.key);
  const frames: Buffer[] = [];
  for (const event of events) {
    const frame = view.frameOf(event);
    if (frame !== undefined) frames.push(frame);
  }
  const encoded = frames.length === 0 ? undefined : frames.length === 1 ? frames[0] : Buffer.concat(frames);
  byView.set(view.key, encoded);
  return encoded;
}

/** How much of the ring is encoded at once while catching up. */
const catchUpBytes = 256 * 1024;

export class Watcher implements EventListener {
  readonly #cache: EventSource;
  readonly #view: WatchView;
  readonly #sink: FrameSink;
  readonly #onEnd: (end: WatchEnd) => void;
  #position: number;
  #state: 'catching up' | 'live' | 'overrun' | 'ended' = 'catching up';

  /**
   * Begins after `revision`; call `start` to begin. `onEnd` is called once, when the watch cannot go on.
   */
  constructor(cache: EventSource, view: WatchView, sink: FrameSink, revision: number, onEnd: (end: WatchEnd) => void) {
    this.#cache = cache;
    this.#view = view;
    this.#sink = sink;
    this.#position = revision;
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#cache.listen(this);
    this.#catchUpOrStop();
  }

  /** True when everything up to the cache's newest event has been written: then a bookmark may be sent. */
  get live(): boolean {
    return this.#state === 'live' && this.#cache.isBehind !== true;
  }

  onEvents(events: readonly CachedEvent[]): void {
    if (this.#state !== 'live') return;
    // A watch from the future: events up to its revision are not for it.
    const wanted =
      this.#position < events[0]!.revision ? events : events.filter((event) => event.revision > this.#position);
    if (wanted.length === 0) return;
    this.#position = wanted[wanted.length - 1]!.revision;
    let encoded: Buffer | undefined;
    try {
      encoded = encodeBatch(wanted, this.#view);
    } catch (error) {
      this.#stop('unencodable', error);
      return;
    }
    if (encoded !== undefined && !this.#sink.write(encoded)) this.#waitForClient();
  }

  onReset(): void {
    this.#stop('overrun');
  }

  onClosed(): void {
    this.#stop('closed');
  }

  #waitForClient(): void {
    this.#state = 'catching up';
    this.#sink.onDrain(() => {
      if (this.#state === 'catching up') this.#catchUpOrStop();
    });
  }

  #catchUpOrStop(): void {
    try {
      this.#catchUp();
    } catch (error) {
      this.#stop('unencodable', error);
    }
  }

  #catchUp(): void {
    const ring = this.#cache.ring;
    for (;;) {
      const from = ring.indexAfter(this.#position);
      if (from < 0) {
        this.#stop('overrun');
        return;
      }
      if (from >= ring.events.length) break;
      const frames: Buffer[] = [];
      let bytes = 0;
      let i = from;
      for (; i < ring.events.length && bytes < catchUpBytes; i++) {
        const frame = this.#view.frameOf(ring.events[i]!);
        if (frame === undefined) continue;
        frames.push(frame);
        bytes += frame.length;
      }
      this.#position = ring.events[i - 1]!.revision;
      if (frames.length > 0 && !this.#sink.write(Buffer.concat(frames))) {
        this.#waitForClient();
        return;
      }
    }
    this.#state = 'live';
  }

  #stop(reason: WatchEnd['reason'], failure?: unknown): void {
    if (this.#state === 'overrun' || this.#state === 'ended') return;
    this.#state = reason === 'overrun' ? 'overrun' : 'ended';
    this.#cache.unlisten(this);
    this.#onEnd({ reason, failure });
  }

  close(): void {
    this.#state = 'ended';
    this.#cache.unlisten(this);
  }
}
