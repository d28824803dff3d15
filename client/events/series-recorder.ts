// Events as the scheduler records them: events.k8s.io/v1, where the same again is a series that is written now and then
// (client-go tools/events/event_broadcaster.go and event_recorder.go).
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Client } from '../client.ts';
import { type Clock, microTimestamp, realClock, type Timer } from '../clock.ts';
import { isNotFound } from '../errors.ts';
import { Event } from '../kinds.ts';
import type { ApiObject } from '../resource.ts';
import { EventQueue } from './event-queue.ts';
import { type EventType, eventNames, type ObjectReference, referenceTo } from './reference.ts';

export interface SeriesRecorderOptions {
  client: Client;
  /** `default-scheduler`. */
  reportingController: string;
  /** By default the controller and this machine's name. */
  reportingInstance?: string;
  log: Logger;
  clock?: Clock;
}

interface EventBody {
  metadata: { name: string; namespace: string };
  eventTime: string;
  series?: { count: number; lastObservedTime: string };
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  regarding: ObjectReference;
  related?: ObjectReference;
  note: string;
  type: EventType;
}

interface Cached {
  event: EventBody;
  /** Milliseconds since the epoch of the last time that it was observed. */
  lastMs: number;
}

const finishMs = 6 * 60_000;
const refreshMs = 30 * 60_000;
const concurrentWrites = 32;

export class SeriesRecorder {
  readonly #options: SeriesRecorderOptions;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #nameOf = eventNames();
  readonly #cache = new Map<string, Cached>();
  readonly #queue: EventQueue<EventBody>;
  readonly #timers: { finish: Timer; refresh: Timer };

  constructor(options: SeriesRecorderOptions) {
    const { log, clock = realClock, reportingController } = options;
    this.#options = options;
    this.#instance = options.reportingInstance ?? `${reportingController}-${hostname()}`;
    this.#clock = clock;
    const write = (event: EventBody, signal: AbortSignal) => this.#write(event, signal);
    this.#queue = new EventQueue({ log, clock, concurrency: concurrentWrites }, write);
    this.#timers = {
      finish: this.#every('finish', finishMs, () => this.#finishSeries()),
      refresh: this.#every('refresh', refreshMs, () => this.#refreshSeries()),
    };
  }

  /** Records what was done about an object. Never throws, never waits. */
  event(
    regarding: ApiObject,
    related: ApiObject | undefined,
    type: EventType,
    reason: string,
    action: string,
    note: string,
  ): void {
    const now = this.#clock.now();
    const reference = referenceTo(regarding);
    const event: EventBody = {
      metadata: { name: this.#nameOf(reference.name, now), namespace: reference.namespace || 'default' },
      eventTime: microTimestamp(now),
      reportingController: this.#options.reportingController,
      reportingInstance: this.#instance,
      action,
      reason,
      regarding: reference,
      ...(related === undefined ? {} : { related: referenceTo(related) }),
      note,
      type,
    };
    const toWrite = this.#observe(event, now);
    if (toWrite !== undefined) this.#queue.add(toWrite);
  }

  flushed(): Promise<void> {
    return this.#queue.flushed();
  }

  close(): Promise<void> {
    this.#timers.finish.clear();
    this.#timers.refresh.clear();
    return this.#queue.close();
  }

  /** What is to be written of an event now: the event, the beginning of a series, or nothing. */
  #observe(event: EventBody, now: number): EventBody | undefined {
    const key = JSON.stringify([event.type, event.action, event.reason, event.regarding, event.related ?? null]);
    const cached = this.#cache.get(key);
    if (cached === undefined) {
      this.#cache.set(key, { event, lastMs: now });
      return event;
    }
    cached.lastMs = now;
    const begun = cached.event.series !== undefined;
    const series = { count: (cached.event.series?.count ?? 1) + 1, lastObservedTime: microTimestamp(now) };
    cached.event = { ...cached.event, series };
    return begun ? undefined : cached.event;
  }

  /** A series that has not been observed for a while is written a last time and forgotten; so are events without one. */
  #finishSeries(): void {
    const before = this.#clock.now() - finishMs;
    for (const [key, { event, lastMs }] of this.#cache) {
      if (lastMs >= before) continue;
      this.#cache.delete(key);
      if (event.series !== undefined) this.#queue.add(event);
    }
  }

  /** Series that go on are written, so that their events do not expire. */
  #refreshSeries(): void {
    for (const { event } of this.#cache.values()) if (event.series !== undefined) this.#queue.add(event);
  }

  #every(name: 'finish' | 'refresh', periodMs: number, task: () => void): Timer {
    return this.#clock.setTimeout(() => {
      task();
      this.#timers[name] = this.#every(name, periodMs, task);
    }, periodMs);
  }

  async #write(event: EventBody, signal: AbortSignal): Promise<void> {
    const events = this.#options.client.resource(Event);
    if (event.series !== undefined) {
      try {
        await events.patch(event.metadata, 'strategic', { series: event.series }, { signal });
        return;
      } catch (error) {
        // It has expired: it is made anew.
        if (!isNotFound(error)) throw error;
      }
    }
    await events.create(event, { signal });
  }
}
