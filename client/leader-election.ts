// One of several that do the same, chosen by a Lease (client-go tools/leaderelection).
//
// States: `standby` (tries to get the lease), `leading` (renews it), `ended`. Clocks of different machines are never compared: a
// candidate measures by its own clock how long it has not seen the lease change.
import type { Logger } from 'pino';
import type { Client } from './client.ts';
import { type Clock, jitter, microTimestamp, realClock, sleep } from './clock.ts';
import { isNotFound } from './errors.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import { Lease } from './kinds.ts';

export interface LeaderElectionOptions {
  client: Client;
  /** Of the Lease. */
  namespace: string;
  name: string;
  /** Different for each candidate: host name and a UUID. */
  identity: string;
  /** How long others wait after the last renewal before they take over. */
  leaseDurationMs?: number;
  /** How long the leader tries to renew before it gives up. */
  renewDeadlineMs?: number;
  /** Between attempts, of the leader and of candidates. */
  retryPeriodMs?: number;
  /** Gives the lease back at the end, so that the next one need not wait. */
  releaseOnCancel?: boolean;
  /** Begins to lead. The signal is aborted when it must stop, which is awaited. */
  onStartedLeading(signal: AbortSignal): Promise<void>;
  /** Told of each leader there is, itself included. */
  onNewLeader?(identity: string): void;
  recorder?: EventRecorder;
  log: Logger;
  clock?: Clock;
}

const jitterFactor = 1.2;

interface Times {
  leaseDurationMs: number;
  renewDeadlineMs: number;
  retryPeriodMs: number;
}

type LeaseSpec = NonNullable<Lease['spec']>;

export class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #times: Times;
  readonly #clock: Clock;
  readonly #log: Logger;
  #lease: Lease | undefined;
  /** What the lease said when it last changed, and when that was by this clock. */
  #observed: LeaseSpec = {};
  #observedAt = 0;
  #reported = '';

  /** Throws for times that cannot work. */
  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2000 } = options;
    if (leaseDurationMs <= renewDeadlineMs) throw new Error('leaseDuration must be greater than renewDeadline');
    if (renewDeadlineMs <= jitterFactor * retryPeriodMs)
      throw new Error('renewDeadline must be greater than retryPeriod*JitterFactor');
    this.#options = options;
    this.#times = { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
    this.#clock = options.clock ?? realClock;
    this.#log = options.log.child({ lease: `${options.namespace}/${options.name}` });
  }

  /** The leader as far as this one knows; '' for none. */
  get leader(): string {
    return this.#observed.holderIdentity ?? '';
  }

  get isLeader(): boolean {
    return this.leader === this.#options.identity;
  }

  /** Waits to lead, leads, and resolves when it leads no longer: the lease was lost, or the signal aborted. Rejects as `onStartedLeading` does. */
  async run(signal: AbortSignal): Promise<void> {
    if (!(await this.#acquire(signal))) return;
    const losing = new AbortController();
    const leading = this.#options.onStartedLeading(losing.signal);
    leading.catch(() => losing.abort());
    try {
      await this.#renew(AbortSignal.any([signal, losing.signal]));
    } finally {
      this.#event('stopped leading');
      losing.abort(new Error('leadership was lost'));
      // Others may begin only when this one has ended.
      await leading.finally(() => (this.#options.releaseOnCancel ? this.#release() : undefined));
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const acquired = await this.#tryAcquireOrRenew(signal);
      this.#report();
      if (acquired) {
        this.#event('became leader');
        this.#log.info('became leader');
        return true;
      }
      await sleep(this.#clock, jitter(this.#times.retryPeriodMs, jitterFactor), signal);
    }
    return false;
  }

  /** Resolves when the lease could not be renewed in time. */
  async #renew(signal: AbortSignal): Promise<void> {
    const { retryPeriodMs, renewDeadlineMs } = this.#times;
    for (;;) {
      await sleep(this.#clock, retryPeriodMs, signal);
      const deadline = this.#clock.now() + renewDeadlineMs;
      const late = new AbortController();
      const timer = this.#clock.setTimeout(() => late.abort(new Error('renewing took too long')), renewDeadlineMs);
      const ends = AbortSignal.any([signal, late.signal]);
      let renewed = false;
      while (!ends.aborted && !renewed) {
        renewed = await this.#tryAcquireOrRenew(ends);
        if (!renewed && !ends.aborted)
          await sleep(this.#clock, Math.min(retryPeriodMs, deadline - this.#clock.now()), ends);
      }
      timer.clear();
      this.#report();
      if (signal.aborted) return;
      if (!renewed) {
        this.#log.warn('the lease was lost');
        return;
      }
    }
  }

  /** True when this one holds the lease now. Never rejects. */
  async #tryAcquireOrRenew(signal: AbortSignal): Promise<boolean> {
    try {
      // Who leads, and has written the lease last, need not read it.
      if (this.isLeader && this.#valid() && (await this.#write(this.#record(), signal).catch(() => false))) return true;
      return await this.#readAndTake(signal);
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ err: error }, 'the lease could not be written');
      return false;
    }
  }

  async #readAndTake(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name } = this.#options;
    const leases = client.resource(Lease);
    try {
      const lease = await leases.get({ namespace, name }, { signal });
      this.#lease = lease;
      if (JSON.stringify(lease.spec) !== JSON.stringify(this.#observed)) this.#observe(lease.spec ?? {});
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#observe({});
      const spec = { ...this.#record(), leaseTransitions: 0 };
      this.#lease = await leases.create({ metadata: { namespace, name }, spec }, { signal });
      this.#observe(this.#lease.spec ?? {});
      return true;
    }
    if (this.leader !== '' && !this.isLeader && this.#valid()) return false;
    return this.#write(this.#record(), signal);
  }

  async #write(spec: LeaseSpec, signal: AbortSignal): Promise<true> {
    if (this.#lease === undefined) throw new Error('the lease was not read yet');
    const leases = this.#options.client.resource(Lease);
    this.#lease = await leases.update({ ...this.#lease, spec: { ...this.#lease.spec, ...spec } }, { signal });
    this.#observe(this.#lease.spec ?? {});
    return true;
  }

  /** The lease as this one writes it: the same term where it leads already, otherwise a new one. */
  #record(): LeaseSpec {
    const now = microTimestamp(this.#clock.now());
    const { acquireTime, leaseTransitions = 0 } = this.#observed;
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#times.leaseDurationMs / 1000),
      acquireTime: this.isLeader && acquireTime !== undefined ? acquireTime : now,
      renewTime: now,
      leaseTransitions: this.isLeader ? leaseTransitions : leaseTransitions + 1,
    };
  }

  async #release(): Promise<void> {
    if (!this.isLeader) return;
    const now = microTimestamp(this.#clock.now());
    const ending = new AbortController();
    const timer = this.#clock.setTimeout(() => ending.abort(), this.#times.renewDeadlineMs);
    const { leaseTransitions = 0 } = this.#observed;
    const spec = { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
    try {
      await this.#write(spec, ending.signal);
    } catch (error) {
      this.#log.debug({ err: error }, 'the lease could not be released');
    } finally {
      timer.clear();
    }
  }

  #valid(): boolean {
    return this.#observedAt + (this.#observed.leaseDurationSeconds ?? 0) * 1000 > this.#clock.now();
  }

  #observe(spec: LeaseSpec): void {
    this.#observed = spec;
    this.#observedAt = this.#clock.now();
  }

  #report(): void {
    if (this.leader === this.#reported) return;
    this.#reported = this.leader;
    this.#options.onNewLeader?.(this.leader);
  }

  #event(what: string): void {
    const { recorder, identity } = this.#options;
    if (this.#lease !== undefined) recorder?.event(this.#lease, 'Normal', 'LeaderElection', `${identity} ${what}`);
  }
}
