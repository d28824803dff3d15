// What every controller is: informers that put keys into a queue, and workers that reconcile one key at a time until its object is as it
// should be. Errors, panics, retries and the end are handled here and nowhere else (controller-runtime pkg/internal/controller;
// the loops of pkg/controller/* upstream).
import type { Logger } from 'pino';
import { type Clock, realClock } from './clock.ts';
import { isConflict } from './errors.ts';
import type { Informer, Registration } from './informer.ts';
import type { RateLimiter } from './rate-limiters.ts';
import { type ApiObject, keyOf } from './resource.ts';
import { type QueueMetrics, WorkQueue } from './work-queue.ts';

/** What `reconcile` gives: nothing, or when to look again although nothing has happened. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is what most controllers have.
export type ReconcileResult = void | { requeueAfterMs?: number };

export interface ControllerOptions {
  /** Upstream's name of the controller. */
  name: string;
  /** Keys that are worked on at once; 1 by default. */
  workers?: number;
  /**
   * Makes what is of this key as it should be: reads from listers, compares, writes through the client. It is not told what happened, may
   * be called at any time, and throws when it should be called again (sooner at first, then less often). The signal is aborted at the end.
   */
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult>;
  log: Logger;
  clock?: Clock;
  rateLimiter?: RateLimiter;
  metrics?: QueueMetrics;
  /** After so many failures in a row a key is let go until something happens to it; never by default. */
  maxRetries?: number;
  /** How long `stop` waits for what is being worked on. */
  stopTimeoutMs?: number;
}

/** What has happened to an object that a controller watches. */
export interface Change<T> {
  type: 'add' | 'update' | 'delete';
  object: T;
  /** Before an update. */
  old?: T;
  finalStateUnknown?: boolean;
}

const defaultStopTimeoutMs = 5000;

/** It is `new`, `started` (waits until its informers have synced, then works), `stopped`. */
export class Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #informers = new Set<Informer<ApiObject>>();
  readonly #registrations: Registration[] = [];
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ControllerOptions) {
    const { name, rateLimiter, metrics, clock = realClock, log } = options;
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.#log = log.child({ controller: name });
    this.queue = new WorkQueue({ clock, ...(rateLimiter ? { rateLimiter } : {}), ...(metrics ? { metrics } : {}) });
  }

  /**
   * Puts keys into the queue when objects change: the object's own, or those that `keysOf` names. Work begins when this informer has
   * synced. To be called before `start`.
   */
  watch<T extends ApiObject>(
    informer: Informer<T>,
    keysOf: (change: Change<T>) => Iterable<string> = ({ object }) => [keyOf(object)],
  ): this {
    const enqueue = (change: Change<T>) => {
      for (const key of keysOf(change)) this.queue.add(key);
    };
    this.#registrations.push(
      informer.addHandler({
        add: (object) => enqueue({ type: 'add', object }),
        update: (old, object) => enqueue({ type: 'update', object, old }),
        delete: (object, finalStateUnknown) => enqueue({ type: 'delete', object, finalStateUnknown }),
      }),
    );
    return this.needs(informer);
  }

  /** Work begins only when this informer has synced too, because `reconcile` reads from it. */
  needs<T extends ApiObject>(informer: Informer<T>): this {
    this.#informers.add(informer as unknown as Informer<ApiObject>);
    return this;
  }

  enqueue(key: string): void {
    this.queue.add(key);
  }

  /** Resolves when work has begun. The informers are to be started by who has them. */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.all([...this.#informers].map((informer) => informer.synced(signal)));
    if (signal.aborted || this.#running !== undefined) return;
    const workers = Array.from({ length: this.#options.workers ?? 1 }, () => this.#work());
    this.#running = Promise.all(workers).then(() => undefined);
    this.#log.debug('started');
  }

  /** Ends work: what is being reconciled may end, within limits; what waits is dropped. Idempotent. */
  async stop(): Promise<void> {
    for (const registration of this.#registrations.splice(0)) registration.remove();
    this.queue.shutDown();
    this.#stopping.abort(new Error(`controller ${this.name} is stopped`));
    if (this.#running === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.setTimeout(() => {
      this.#log.warn('stopped while an object was still being worked on');
      late.resolve();
    }, this.#options.stopTimeoutMs ?? defaultStopTimeoutMs);
    await Promise.race([this.#running, late.promise]);
    timer.clear();
  }

  async #work(): Promise<void> {
    for (let key = await this.queue.get(); key !== undefined; key = await this.queue.get()) {
      try {
        const result = await this.#options.reconcile(key, this.#stopping.signal);
        this.queue.forget(key);
        if (result && result.requeueAfterMs !== undefined) this.queue.addAfter(key, result.requeueAfterMs);
      } catch (error) {
        this.#failed(key, error);
      } finally {
        this.queue.done(key);
      }
    }
  }

  #failed(key: string, error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { maxRetries = Number.POSITIVE_INFINITY } = this.#options;
    if (this.queue.numRequeues(key) >= maxRetries) {
      this.#log.warn({ key, err: error }, 'dropped after too many failures');
      this.queue.forget(key);
      return;
    }
    // Somebody else wrote first: the next attempt sees it.
    this.#log[isConflict(error) ? 'debug' : 'warn']({ key, err: error }, 'failed; it is tried again');
    this.queue.addRateLimited(key);
  }
}
