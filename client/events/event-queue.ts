// Events on their way to the server: at most 1,000 wait, more are dropped; what the server cannot be told is tried again, twelve times,
// ten seconds apart (client-go tools/record/event.go recordToSink, tools/events attemptRecording).
import type { Logger } from 'pino';
import { StatusError } from '../../apimachinery/status.ts';
import { type Clock, jitter, sleep } from '../clock.ts';
import { isAlreadyExists, isNamespaceTerminating } from '../errors.ts';

const maxQueued = 1000;
const maxTries = 12;
const pauseMs = 10_000;

export interface EventQueueOptions {
  log: Logger;
  clock: Clock;
  /** Events that are written at once. */
  concurrency: number;
}

/** `T` is what is to be written. It is open until `close`, which waits for what is being written and drops the rest. */
export class EventQueue<T> {
  readonly #write: (event: T, signal: AbortSignal) => Promise<void>;
  readonly #options: EventQueueOptions;
  readonly #waiting: T[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: EventQueueOptions, write: (event: T, signal: AbortSignal) => Promise<void>) {
    this.#options = options;
    this.#write = write;
  }

  add(event: T): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#waiting.length >= maxQueued) {
      this.#options.log.warn({ event }, 'too many events wait to be written; one is dropped');
      return;
    }
    this.#waiting.push(event);
    if (this.#working.size >= this.#options.concurrency) return;
    const worker = this.#work().finally(() => this.#working.delete(worker));
    this.#working.add(worker);
  }

  /** Resolves when everything that was added has been written or given up. */
  async flushed(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#stopping.abort(new Error('the event recorder is closed'));
    await this.flushed();
  }

  async #work(): Promise<void> {
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift())
      await this.#deliver(event);
  }

  async #deliver(event: T): Promise<void> {
    const { log, clock } = this.#options;
    const { signal } = this.#stopping;
    for (let tries = 1; ; tries++) {
      try {
        await this.#write(event, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof StatusError) {
          const expected = isAlreadyExists(error) || isNamespaceTerminating(error);
          log[expected ? 'debug' : 'warn']({ err: error, event }, 'the server refused an event');
          return;
        }
        if (tries >= maxTries) {
          log.warn({ err: error, event }, 'an event could not be written');
          return;
        }
        // The first pause is any part of it, so that clients do not come back all at once.
        await sleep(clock, tries === 1 ? pauseMs * Math.random() : jitter(pauseMs, 0.25), signal);
      }
    }
  }
}
