// Keeps events from flooding (client-go tools/record/events_cache.go): events that differ in their message only become one after ten
// within ten minutes; the same event again counts up the one there is; and of one source about one object there are 25 at once, then
// one every five minutes.
import type { ObjectMeta } from '../../apimachinery/object.ts';
import { type Clock, timestamp } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import { TokenBucket } from '../rate-limiters.ts';
import { type EventType, eventNames, type ObjectReference } from './reference.ts';

/** A core/v1 Event as components record it. */
export interface CoreEventBody {
  metadata: ObjectMeta & { namespace: string; name: string };
  involvedObject: ObjectReference;
  reason: string;
  message: string;
  source: { component: string; host?: string };
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
  type: EventType;
  reportingComponent: string;
  reportingInstance: string;
}

/** What to do with an event: nothing, create it, or change the one that it repeats. */
export type Correlated = { action: 'skip' } | { action: 'create' | 'patch'; event: CoreEventBody };

const maxEntries = 4096;
const aggregateAfter = 10;
const aggregateWithinMs = 600_000;
const spamBurst = 25;
const spamPerSecond = 1 / 300;

interface Aggregate {
  messages: Set<string>;
  lastMs: number;
}

interface Observed {
  count: number;
  firstTimestamp: string;
  name: string;
}

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #nameOf = eventNames();
  readonly #aggregates = new LruMap<Aggregate>(maxEntries);
  readonly #observed = new LruMap<Observed>(maxEntries);
  readonly #spam = new LruMap<TokenBucket>(maxEntries);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  correlate(event: CoreEventBody): Correlated {
    const { event: aggregated, key } = this.#aggregate(event);
    const observed = this.#observe(aggregated, key);
    if (!this.#passes(observed)) return { action: 'skip' };
    return { action: observed.count > 1 ? 'patch' : 'create', event: observed };
  }

  /** What the server has made of an event. */
  written(event: CoreEventBody): void {
    this.#remember(eventKey(event), event);
  }

  #aggregate(event: CoreEventBody): { event: CoreEventBody; key: string } {
    const now = this.#clock.now();
    const key = aggregateKey(event);
    let aggregate = this.#aggregates.get(key);
    if (aggregate === undefined || now - aggregate.lastMs > aggregateWithinMs)
      aggregate = { messages: new Set(), lastMs: now };
    aggregate.messages.add(event.message);
    aggregate.lastMs = now;
    this.#aggregates.set(key, aggregate);
    if (aggregate.messages.size < aggregateAfter) return { event, key: eventKey(event) };
    aggregate.messages.delete(aggregate.messages.values().next().value!);
    const { involvedObject, type, reason, source, metadata } = event;
    const combined: CoreEventBody = {
      metadata: { name: this.#nameOf(involvedObject.name, now), namespace: metadata.namespace },
      involvedObject,
      reason,
      message: `(combined from similar events): ${event.message}`,
      source,
      firstTimestamp: timestamp(now),
      lastTimestamp: timestamp(now),
      count: 1,
      type,
      reportingComponent: '',
      reportingInstance: '',
    };
    return { event: combined, key };
  }

  #observe(event: CoreEventBody, key: string): CoreEventBody {
    const last = this.#observed.get(key);
    const observed =
      last === undefined
        ? event
        : {
            ...event,
            metadata: { ...event.metadata, name: last.name },
            firstTimestamp: last.firstTimestamp,
            count: last.count + 1,
          };
    this.#remember(key, observed);
    return observed;
  }

  #remember(key: string, { count, firstTimestamp, metadata }: CoreEventBody): void {
    this.#observed.set(key, { count, firstTimestamp, name: metadata.name });
  }

  #passes(event: CoreEventBody): boolean {
    const key = sourceKey(event);
    let bucket = this.#spam.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(spamPerSecond, spamBurst, this.#clock);
      this.#spam.set(key, bucket);
    }
    return bucket.tryTake();
  }
}

function joined(...parts: (string | undefined)[]): string {
  return parts.map((part) => part ?? '').join('\n');
}

function sourceKey({
  source,
  involvedObject: { kind, namespace, name, uid, apiVersion },
  type,
}: CoreEventBody): string {
  return joined(source.component, source.host, kind, namespace, name, uid, apiVersion, type);
}

function aggregateKey(event: CoreEventBody): string {
  return joined(sourceKey(event), event.reason, event.reportingComponent, event.reportingInstance);
}

function eventKey(event: CoreEventBody): string {
  return joined(sourceKey(event), event.involvedObject.fieldPath, event.reason, event.message);
}
