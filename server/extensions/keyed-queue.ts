// Work by key, level-triggered: at most one run of a key at a time, one more where it was asked for meanwhile, and failed runs again
// with growing delays (client-go util/workqueue). Keys are few: names of definitions and group versions.

const backoffMilliseconds = { first: 20, most: 5000 };

interface Entry {
  running: Promise<void> | undefined;
  /** Asked for again while it runs. */
  again: boolean;
  failures: number;
  retry: NodeJS.Timeout | undefined;
}

export class KeyedQueue {
  readonly #run: (key: string) => Promise<void>;
  readonly #onError: (key: string, error: unknown) => void;
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  /** `onError` is told of each failed run; the key is run again by itself. */
  constructor(run: (key: string) => Promise<void>, onError: (key: string, error: unknown) => void) {
    this.#run = run;
    this.#onError = onError;
  }

  add(key: string): void {
    if (this.#closed) return;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { running: undefined, again: false, failures: 0, retry: undefined };
      this.#entries.set(key, entry);
    }
    clearTimeout(entry.retry);
    if (entry.running !== undefined) entry.again = true;
    else entry.running = this.#work(key, entry);
  }

  async #work(key: string, entry: Entry): Promise<void> {
    do {
      entry.again = false;
      try {
        await this.#run(key);
        entry.failures = 0;
      } catch (error) {
        if (this.#closed) break;
        entry.failures += 1;
        this.#onError(key, error);
        const delay = Math.min(backoffMilliseconds.first * 2 ** (entry.failures - 1), backoffMilliseconds.most);
        if (!entry.again) entry.retry = setTimeout(() => this.add(key), delay);
      }
    } while (entry.again && !this.#closed);
    entry.running = undefined;
    if (entry.failures === 0) this.#entries.delete(key);
  }

  /** Resolves when nothing runs, or nothing of `key`; undefined when that is so. What failed and waits is not waited for. */
  settled(key?: string): Promise<void> | undefined {
    const entries = key === undefined ? [...this.#entries.values()] : [this.#entries.get(key)];
    const running = entries.flatMap((entry) => entry?.running ?? []);
    return running.length === 0 ? undefined : Promise.all(running).then(() => undefined);
  }

  /** Runs nothing more, and resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) clearTimeout(entry.retry);
    await this.settled();
  }
}
