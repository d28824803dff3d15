// Tells the API the statuses of pods (pkg/kubelet/status/status_manager.go): of each pod the latest only, several pods at once, and for
// one whose containers have all ended after it was deleted, its end.
import type { Logger } from 'pino';
import { StatusError } from '../../apimachinery/status.ts';
import type { Client } from '../../client/client.ts';
import { type Clock, sleep } from '../../client/clock.ts';
import { isConflict, isNotFound } from '../../client/errors.ts';
import { Pod } from '../../client/kinds.ts';
import { ownedConditions } from './conditions.ts';
import type { PodStatus } from './pod.ts';

interface Wanted {
  pod: Pod;
  status: PodStatus;
  /** Nothing of the pod is left on the node. */
  finished: boolean;
}

export interface StatusWriterOptions {
  client: Client;
  log: Logger;
  clock: Clock;
  /** Pods that are written at once. */
  concurrency: number;
}

const retryMs = 1000;
const maxRetryMs = 10_000;

/** It is open until `close`. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  /** By uid, in the order of asking. */
  readonly #waiting = new Map<string, Wanted>();
  readonly #writing = new Set<string>();
  readonly #stopping = new AbortController();
  #workers = 0;
  #scheduled = false;
  #idle: (() => void)[] = [];

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Writes the status soon, unless a newer one comes first. `finished` once told stays. */
  set(pod: Pod, status: PodStatus, finished: boolean): void {
    if (this.#stopping.signal.aborted) return;
    const { uid } = pod.metadata;
    const before = this.#waiting.get(uid);
    this.#waiting.set(uid, { pod, status, finished: finished || before?.finished === true });
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What changes in the same turn is one write.
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  /** The pod is gone: what waits for it is dropped. */
  forget(uid: string): void {
    this.#waiting.delete(uid);
  }

  /** Ends; what is being written may end. */
  async close(): Promise<void> {
    this.#waiting.clear();
    this.#stopping.abort(new Error('the node agent is stopped'));
    if (this.#workers > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    while (this.#workers < this.#options.concurrency) {
      const next = this.#take();
      if (next === undefined) return;
      this.#workers += 1;
      void this.#work(next);
    }
  }

  async #work(first: Wanted): Promise<void> {
    for (let next: Wanted | undefined = first; next !== undefined; next = this.#take()) {
      await this.#deliver(next);
      this.#writing.delete(next.pod.metadata.uid);
    }
    this.#workers -= 1;
    if (this.#workers === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** The first that nobody is writing at the moment. */
  #take(): Wanted | undefined {
    for (const [uid, wanted] of this.#waiting) {
      if (this.#writing.has(uid)) continue;
      this.#waiting.delete(uid);
      this.#writing.add(uid);
      return wanted;
    }
    return undefined;
  }

  async #deliver(wanted: Wanted): Promise<void> {
    const { log, clock } = this.#options;
    const { signal } = this.#stopping;
    const { uid, namespace, name } = wanted.pod.metadata;
    for (let pauseMs = retryMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, maxRetryMs)) {
      try {
        await this.#write(wanted, signal);
        return;
      } catch (error) {
        // The pod is gone, or another one has its name.
        if (signal.aborted || isNotFound(error) || isConflict(error)) return;
        log.warn({ err: error, pod: `${namespace}/${name}` }, 'the status of a pod could not be written');
        if (error instanceof StatusError && error.status.code! < 500 && error.status.code !== 429) return;
      }
      // A newer status goes instead.
      await sleep(clock, pauseMs, signal);
      const newer = this.#waiting.get(uid);
      if (newer === undefined) continue;
      this.#waiting.delete(uid);
      Object.assign(wanted, newer, { finished: wanted.finished || newer.finished });
    }
  }

  async #write({ pod, status, finished }: Wanted, signal: AbortSignal): Promise<void> {
    const { uid } = pod.metadata;
    const pods = this.#options.client.resource(Pod);
    const patch = { metadata: { uid }, status: statusPatch(status) };
    const written = await pods.patch(pod.metadata, 'strategic', patch, { subresource: 'status', signal });
    if (!finished || written.metadata.deletionTimestamp === undefined) return;
    await pods.delete(pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
  }
}

/** What others wrote is left alone; what the agent no longer says is taken back. */
function statusPatch(status: PodStatus): object {
  const { conditions = [], reason = null, message = null, ...rest } = status;
  const mine = conditions
    .filter(({ type }) => ownedConditions.includes(type))
    .map((condition) => ({ reason: null, message: null, ...condition }));
  return { ...rest, reason, message, conditions: mine };
}
