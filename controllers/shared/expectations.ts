// What a controller has asked for and its cache has not shown yet (pkg/controller ControllerExpectations and UIDTrackingControllerExpectations).
// Until then it must not count: it would create the same Pods again. After five minutes it counts anyway, for events do get lost.
import type { Clock } from '../../client/clock.ts';

const timeoutMs = 5 * 60_000;

interface Expected {
  creations: number;
  /** Keys of what is to go. */
  readonly deletions: Set<string>;
  since: number;
}

/** By the key of the controller's object. */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when everything expected has been seen, or has been waited for long enough, or nothing is known. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    const fulfilled = expected.creations <= 0 && expected.deletions.size === 0;
    return fulfilled || this.#clock.now() - expected.since > timeoutMs;
  }

  /** Says how many creations are to be seen, and forgets what was expected before. */
  expectCreations(key: string, count: number): void {
    this.#expect(key, count, []);
  }

  /** Says which deletions are to be seen, by the keys of what is deleted, and forgets what was expected before. */
  expectDeletions(key: string, deleted: Iterable<string>): void {
    this.#expect(key, 0, deleted);
  }

  /** Both at once, for controllers that create and delete in one go. */
  expect(key: string, creations: number, deletions: Iterable<string>): void {
    this.#expect(key, creations, deletions);
  }

  /** More creations on top of what is expected. */
  raiseCreations(key: string, count: number): void {
    const expected = this.#expected.get(key);
    if (expected === undefined) this.#expect(key, count, []);
    else expected.creations += count;
  }

  /** A creation was seen, or will never be (`count` of them). */
  creationObserved(key: string, count = 1): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.creations -= count;
  }

  /** The deletion of this object was seen, or will never be. */
  deletionObserved(key: string, deleted: string): void {
    this.#expected.get(key)?.deletions.delete(deleted);
  }

  /** Forgets the controller's object, which is gone. */
  delete(key: string): void {
    this.#expected.delete(key);
  }

  #expect(key: string, creations: number, deletions: Iterable<string>): void {
    this.#expected.set(key, { creations, deletions: new Set(deletions), since: this.#clock.now() });
  }
}
