/**
 * One call for everyone who asks meanwhile. A caller is never given the result of a call that began before it asked, so
 * what is read this way is at least as new as everything that had happened then. At most one call runs, one is next.
 */
export class SharedCall<Result> {
  #call: () => Promise<Result>;
  #running: Promise<Result> | undefined;
  #next: Promise<Result> | undefined;

  constructor(call: () => Promise<Result>) {
    this.#call = call;
  }

  get(): Promise<Result> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<Result> {
    const running = this.#call().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
