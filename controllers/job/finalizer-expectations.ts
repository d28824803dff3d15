// Pods whose tracking finalizer was taken, or is being taken, while the cache still shows it: they must not be counted again
// (pkg/controller/job/tracking_utils.go uidTrackingExpectations).

export class FinalizerExpectations {
  readonly #uids = new Map<string, Set<string>>();

  /** The uids that are expected to lose their finalizer, as of now. */
  expected(key: string): ReadonlySet<string> {
    return new Set(this.#uids.get(key));
  }

  expect(key: string, uids: Iterable<string>): void {
    const expected = this.#uids.get(key) ?? new Set();
    for (const uid of uids) expected.add(uid);
    this.#uids.set(key, expected);
  }

  /** The removal was seen, or will never be. */
  observed(key: string, uid: string): void {
    const expected = this.#uids.get(key);
    expected?.delete(uid);
    if (expected?.size === 0) this.#uids.delete(key);
  }

  /** The job is gone. */
  delete(key: string): void {
    this.#uids.delete(key);
  }
}
