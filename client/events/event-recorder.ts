// Events as controllers, kubelets and most components record them: core/v1, counted and combined (client-go tools/record).
import type { Logger } from 'pino';
import type { Client } from '../client.ts';
import { type Clock, realClock, timestamp } from '../clock.ts';
import { isNotFound } from '../errors.ts';
import { CoreEvent } from '../kinds.ts';
import type { ApiObject } from '../resource.ts';
import { type CoreEventBody, EventCorrelator } from './correlator.ts';
import { EventQueue } from './event-queue.ts';
import { type EventType, eventNames, type ObjectReference, referenceTo } from './reference.ts';

export interface EventRecorderOptions {
  client: Client;
  /** Who records: `deployment-controller`, `kubelet`. */
  component: string;
  /** The node, where the component belongs to one. */
  host?: string;
  log: Logger;
  clock?: Clock;
}

export interface EventOptions {
  annotations?: Record<string, string>;
  /** The part of the object that it is about. */
  fieldPath?: string;
  /** Instead of the recorder's, where one recorder serves several nodes. */
  host?: string;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #correlator: EventCorrelator;
  readonly #nameOf = eventNames();
  readonly #queue: EventQueue<CoreEventBody>;

  constructor(options: EventRecorderOptions) {
    const { log, clock = realClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#correlator = new EventCorrelator(clock);
    // One at a time, because an event that repeats another one changes it.
    this.#queue = new EventQueue({ log, clock, concurrency: 1 }, (event, signal) => this.#write(event, signal));
  }

  /** Records what happened to an object. Never throws, never waits: an event is not worth a failure. */
  event(object: ApiObject, type: EventType, reason: string, message: string, options: EventOptions = {}): void {
    this.eventAbout(referenceTo(object, options.fieldPath), type, reason, message, options);
  }

  /** The same, of an object that is at hand as a reference only. */
  eventAbout(
    involvedObject: ObjectReference,
    type: EventType,
    reason: string,
    message: string,
    { annotations, host = this.#options.host }: EventOptions = {},
  ): void {
    const { component } = this.#options;
    const now = this.#clock.now();
    this.#queue.add({
      metadata: {
        name: this.#nameOf(involvedObject.name, now),
        namespace: involvedObject.namespace || 'default',
        ...(annotations === undefined ? {} : { annotations }),
      },
      involvedObject,
      reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: timestamp(now),
      lastTimestamp: timestamp(now),
      count: 1,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
  }

  /** Resolves when everything recorded so far has been written or given up. */
  flushed(): Promise<void> {
    return this.#queue.flushed();
  }

  /** Drops what waits. Idempotent. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #write(recorded: CoreEventBody, signal: AbortSignal): Promise<void> {
    const correlated = this.#correlator.correlate(recorded);
    if (correlated.action === 'skip') return;
    const { event } = correlated;
    const events = this.#options.client.resource(CoreEvent);
    if (correlated.action === 'patch') {
      const { count, lastTimestamp, message } = event;
      try {
        await events.patch(event.metadata, 'strategic', { count, lastTimestamp, message }, { signal });
        this.#correlator.written(event);
        return;
      } catch (error) {
        // It has expired: it is made anew.
        if (!isNotFound(error)) throw error;
      }
    }
    await events.create(event, { signal });
    this.#correlator.written(event);
  }
}
