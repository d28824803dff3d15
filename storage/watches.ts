// The fan-out of one process: every watch of it hangs on one WatchHub, which its backend feeds with every event once
// and in order. A watch is
//   catching up  reading history up to where the hub stood, while what the hub delivers meanwhile waits in a bounded buffer;
//   live         called by the hub directly;
//   ended        after close(), or after its one call of onError.
// A catching-up watch whose buffer overflows forgets the buffer and reads on from history: slow, but nothing is skipped.
import { futureRevisionError } from './errors.ts';
import { StorageError, type StorageEvent, type StorageWatch, type WatchOptions } from './storage.ts';

/** How a hub reads the past. */
export interface HistoryReader {
  /**
   * Events with `after` < revision <= `upTo`, of one resource or of all, in order, at most `limit` of them.
   * Throws StorageError Compacted when some of them are forgotten.
   */
  readHistory(range: HistoryRange): Promise<StorageEvent[]>;
  currentRevision(): Promise<number>;
}

export interface HistoryRange {
  resource: string | undefined;
  after: number;
  upTo: number;
  limit: number;
}

const pageSize = 1000;
const bufferLimit = 10_000;

export class WatchHub {
  /** Every event up to and including this revision has been delivered. */
  position: number;
  readonly history: HistoryReader;
  #watches = new Set<Watch>();
  #closed: StorageError | undefined;
  #backlog: { events: readonly StorageEvent[]; revision: number }[] = [];
  #delivering = false;

  constructor(position: number, history: HistoryReader) {
    this.position = position;
    this.history = history;
  }

  get size(): number {
    return this.#watches.size;
  }

  watch(options: WatchOptions): StorageWatch {
    const watch = new Watch(this, options, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    if (this.#closed) watch.end(this.#closed);
    else void watch.start();
    return watch;
  }

  /**
   * Hands out the events between `position` and `revision`: all of them, in order. A delivery that a callback causes
   * (it may write) waits until every watch has had the present one.
   */
  deliver(events: readonly StorageEvent[], revision: number): void {
    this.position = revision;
    this.#backlog.push({ events, revision });
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#backlog.shift(); next; next = this.#backlog.shift()) {
      for (const watch of [...this.#watches]) watch.deliver(next.events, next.revision);
    }
    this.#delivering = false;
  }

  /** Continues at `revision` although the events before it cannot be read any more: every watch behind it ends. */
  jump(revision: number, error: StorageError): void {
    this.position = revision;
    for (const watch of [...this.#watches]) watch.end(error);
  }

  close(error: StorageError): void {
    this.#closed = error;
    for (const watch of [...this.#watches]) watch.end(error);
  }
}

class Watch implements StorageWatch {
  #hub: WatchHub;
  #options: WatchOptions;
  #remove: () => void;
  #state: 'catching up' | 'live' | 'ended' = 'catching up';
  #position: number;
  #buffer: { events: readonly StorageEvent[]; revision: number }[] = [];
  #buffered = 0;
  #overflowed = false;

  constructor(hub: WatchHub, options: WatchOptions, remove: () => void) {
    this.#hub = hub;
    this.#options = options;
    this.#position = options.afterRevision;
    this.#remove = remove;
  }

  async start(): Promise<void> {
    try {
      if (this.#position > this.#hub.position) await this.#checkFuture();
      else await this.#catchUp();
    } catch (error) {
      this.end(
        error instanceof StorageError ? error : new StorageError('Unavailable', String(error), { cause: error }),
      );
      return;
    }
    if (this.#state === 'catching up') this.#goLive();
  }

  close(): void {
    this.#state = 'ended';
    this.#buffer = [];
    this.#remove();
  }

  end(error: StorageError): void {
    if (this.#state === 'ended') return;
    this.close();
    this.#options.onError(error);
  }

  deliver(events: readonly StorageEvent[], revision: number): void {
    if (this.#state === 'live') this.#emit(events, revision);
    else if (this.#state === 'catching up') this.#hold(events, revision);
  }

  async #checkFuture(): Promise<void> {
    const newest = await this.#hub.history.currentRevision();
    if (this.#position > newest) throw futureRevisionError(this.#position, newest);
  }

  async #catchUp(): Promise<void> {
    let target = this.#hub.position;
    do {
      if (this.#overflowed) target = this.#hub.position;
      this.#overflowed = false;
      await this.#readUpTo(target);
    } while (this.#overflowed && this.#state === 'catching up');
  }

  /** Always asks history at least once, which is what finds out that the start was compacted away. */
  async #readUpTo(target: number): Promise<void> {
    do {
      const range = { resource: this.#options.resource, after: this.#position, upTo: target, limit: pageSize };
      const events = await this.#hub.history.readHistory(range);
      if (this.#state !== 'catching up') return;
      const whole = events.length < pageSize;
      this.#emit(events, whole ? target : events[events.length - 1]!.object.revision);
    } while (this.#position < target && this.#state === 'catching up');
  }

  #goLive(): void {
    this.#state = 'live';
    const held = this.#buffer;
    this.#buffer = [];
    for (const { events, revision } of held) {
      if (this.#state === 'live') this.#emit(events, revision);
    }
  }

  #hold(events: readonly StorageEvent[], revision: number): void {
    this.#buffered += events.length;
    if (this.#buffered > bufferLimit) {
      this.#buffer = [];
      this.#buffered = 0;
      this.#overflowed = true;
    } else {
      this.#buffer.push({ events, revision });
    }
  }

  #emit(events: readonly StorageEvent[], revision: number): void {
    if (revision <= this.#position) return;
    const { resource } = this.#options;
    const after = this.#position;
    const wanted = events.filter(
      (event) => event.object.revision > after && (resource === undefined || event.object.resource === resource),
    );
    this.#position = revision;
    try {
      this.#options.onEvents(wanted, revision);
    } catch (error) {
      this.end(new StorageError('Unavailable', 'the watch callback threw', { cause: error }));
    }
  }
}
