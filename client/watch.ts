// A watch as a client reads it: one JSON object a line (k8s.io/apimachinery pkg/watch, client-go rest/watch).
import type { KubeObject } from '../apimachinery/object.ts';
import type { Status } from '../apimachinery/status.ts';
import { errorOfStatus } from './errors.ts';
import type { ApiObject } from './resource.ts';
import type { TransportResponse } from './transport.ts';

export interface WatchEvent<T extends ApiObject = KubeObject> {
  /** Of a BOOKMARK only `object.metadata.resourceVersion` and annotations are there. */
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

/** Marks the bookmark that ends the first objects of a streamed list (metav1.InitialEventsAnnotationKey). */
export const initialEventsEnd = 'k8s.io/initial-events-end';

const newline = 0x0a;

/**
 * The events of one watch, to be read once: one by one (`for await (const event of watch)`) or as many at a time as have arrived
 * (`watch.batches()`). The loop ends when the server ends the watch; it throws the StatusError of an ERROR event (410 Expired), or a
 * TransportError when the connection breaks.
 */
export class Watch<T extends ApiObject = KubeObject> implements AsyncIterable<WatchEvent<T>> {
  readonly #response: TransportResponse;
  readonly #end: () => void;
  #closed = false;

  constructor(response: TransportResponse, end: () => void) {
    this.#response = response;
    this.#end = end;
  }

  /** Ends the watch; a loop under way ends without an error. */
  close(): void {
    this.#closed = true;
    this.#end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<T>> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<WatchEvent<T>[]> {
    let rest: Buffer[] = [];
    try {
      for await (const chunk of this.#response.chunks()) {
        const last = chunk.lastIndexOf(newline);
        if (last < 0) {
          rest.push(chunk);
          continue;
        }
        const whole = chunk.subarray(0, last);
        const text = (rest.length === 0 ? whole : Buffer.concat([...rest, whole])).toString();
        rest = last + 1 < chunk.length ? [chunk.subarray(last + 1)] : [];
        yield* eventsOf<T>(text);
      }
    } catch (error) {
      if (!this.#closed) throw error;
    } finally {
      this.#end();
    }
  }
}

/** The events of complete lines; those before an ERROR are given before it is thrown. */
function* eventsOf<T extends ApiObject>(text: string): Generator<WatchEvent<T>[]> {
  const events: WatchEvent<T>[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const event = JSON.parse(line) as WatchEvent<T> | { type: 'ERROR'; object: Status };
    if (event.type === 'ERROR') {
      if (events.length > 0) yield events;
      throw errorOfStatus(event.object);
    }
    events.push(event);
  }
  if (events.length > 0) yield events;
}
