// Partitions of history are made ahead of the counter, on another connection than the writer's: apply_batch makes one
// itself when it finds none, but then every writer waits for it.
import type { Driver } from './driver.ts';
import { extendHistory } from './statements.ts';

export class PartitionKeeper {
  #driver: Driver;
  /** There are partitions for revisions below this one; 0 while not known. */
  #past = 0;
  /** The revision from which on the next partition is due: half of the way that was left when the last one was made. */
  #due = 0;
  #extending = false;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** Call it with each newest revision. */
  reached(revision: number): void {
    if (revision < this.#due || this.#extending) return;
    this.#extending = true;
    // The first call only learns how far the partitions go, unless they end here.
    const wanted = this.#past || revision;
    this.#driver
      .query<{ past: number }>(extendHistory, [wanted])
      .then(([row]) => {
        this.#past = row!.past;
        this.#due = revision + (row!.past - revision) / 2;
      })
      // Tried again with the next batch; apply_batch is the backstop.
      .catch(() => {})
      .finally(() => {
        this.#extending = false;
      });
  }
}
