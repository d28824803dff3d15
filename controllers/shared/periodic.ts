// Work that is done again and again (apimachinery util/wait.UntilWithContext), and several parts that run as one controller.
import type { Logger } from 'pino';
import { type Clock, sleep } from '../../client/clock.ts';
import type { Runnable } from '../manager/descriptor.ts';

export interface PeriodicOptions {
  name: string;
  /** From the end of one run to the beginning of the next. */
  periodMs: number;
  /** What it throws is logged; the next run comes all the same. */
  run(signal: AbortSignal): Promise<void>;
  /** It begins when these have synced. */
  needs: readonly { synced(signal?: AbortSignal): Promise<void> }[];
  log: Logger;
  clock: Clock;
}

/** Runs at once and then after each period, never twice at a time. */
export class Periodic implements Runnable {
  readonly #options: PeriodicOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { signal } = this.#stopping;
    await Promise.all(this.#options.needs.map((informer) => informer.synced(signal)));
    if (!signal.aborted) this.#running ??= this.#repeat(signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`${this.#options.name} is stopped`));
    await this.#running;
  }

  async #repeat(signal: AbortSignal): Promise<void> {
    const { name, periodMs, run, log, clock } = this.#options;
    while (!signal.aborted) {
      try {
        await run(signal);
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error, controller: name }, 'failed; it is tried again after its period');
      }
      await sleep(clock, periodMs, signal);
    }
  }
}

/** Several parts that start and stop as one. */
export function together(...parts: readonly Runnable[]): Runnable {
  return {
    async start() {
      await Promise.all(parts.map((part) => part.start()));
    },
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}

/** Runs a task for each item, at most `limit` at once. Rejects with the first failure once all that had begun have ended. */
export async function forEachLimited<T>(
  limit: number,
  items: Iterable<T>,
  task: (item: T) => Promise<void> | undefined,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const running = task(next.value);
      if (running !== undefined) await running;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: limit }, work));
  for (const result of ended) if (result.status === 'rejected') throw result.reason;
}
