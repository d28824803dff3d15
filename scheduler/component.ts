// The scheduler as a component: schedules while it leads (cmd/kube-scheduler/app/server.go).
//
// States: `standby` (another one leads, or nobody yet), `starting` (informers are being filled), `running`, `stopped`. One that loses its
// lease stops scheduling and stands by again.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Client } from '../client/client.ts';
import { type Clock, realClock, sleep } from '../client/clock.ts';
import { LeaderElector } from '../client/leader-election.ts';
import type { SchedulerConfiguration } from './config/types.ts';
import { Scheduler, type SchedulerOptions } from './scheduler.ts';

export interface SchedulerComponentOptions {
  configuration: SchedulerConfiguration;
  client: Client;
  /** For events; `client` without it. */
  eventClient?: Client;
  log: Logger;
  clock?: Clock;
  scheduler?: Pick<SchedulerOptions, 'plugins' | 'assumedPodTtlMs' | 'maxUnschedulableMs' | 'onAttempt'>;
}

/** After a failure to start, so that a server that is away is not asked again and again. */
const restartPauseMs = 1000;

export class SchedulerComponent {
  readonly #options: SchedulerComponentOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #settled = Promise.withResolvers<'running' | 'standby'>();
  #state: 'standby' | 'starting' | 'running' | 'stopped' = 'standby';
  #running: Promise<void> | undefined;

  /** Throws for a configuration that cannot work. */
  constructor(options: SchedulerComponentOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#log = options.log.child({ component: 'scheduler' });
    // Plugins that do not exist are to be said at once, not when the lease has come.
    void this.#newScheduler().stop();
  }

  get state(): string {
    return this.#state;
  }

  /** Begins. Idempotent. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves, once, when it schedules, or when it is known that another one leads (or when this one is stopped). */
  settled(): Promise<'running' | 'standby'> {
    return this.#settled.promise;
  }

  /** Stops scheduling and gives the lease back. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the scheduler is stopped'));
    await this.#running;
    this.#state = 'stopped';
    this.#settled.resolve('standby');
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { leaderElect } = this.#options.configuration.leaderElection;
    while (!signal.aborted) {
      try {
        await (leaderElect ? this.#elect(signal) : this.#lead(signal));
      } catch (error) {
        if (!signal.aborted) this.#log.error({ err: error }, 'scheduling failed; it is started again');
      }
      this.#state = 'standby';
      await sleep(this.#clock, restartPauseMs, signal);
    }
  }

  async #elect(signal: AbortSignal): Promise<void> {
    const { client, configuration } = this.#options;
    const { resourceNamespace, resourceName, leaseDurationMs, renewDeadlineMs, retryPeriodMs } =
      configuration.leaderElection;
    const identity = `${hostname()}_${randomUUID()}`;
    const elector = new LeaderElector({
      client,
      namespace: resourceNamespace,
      name: resourceName,
      identity,
      leaseDurationMs,
      renewDeadlineMs,
      retryPeriodMs,
      releaseOnCancel: true,
      onStartedLeading: (losing) => this.#lead(losing),
      onNewLeader: (leader) => {
        if (leader !== identity && leader !== '') this.#settled.resolve('standby');
      },
      log: this.#log,
      clock: this.#clock,
    });
    await elector.run(signal);
  }

  #newScheduler(): Scheduler {
    const { client, eventClient = client, configuration, scheduler } = this.#options;
    return new Scheduler({ client, eventClient, configuration, log: this.#log, clock: this.#clock, ...scheduler });
  }

  /** Schedules until the signal is aborted. */
  async #lead(signal: AbortSignal): Promise<void> {
    this.#state = 'starting';
    const scheduler = this.#newScheduler();
    const stop = () => void scheduler.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      await scheduler.start();
      this.#state = 'running';
      this.#settled.resolve('running');
      this.#log.info({ profiles: this.#options.configuration.profiles.map((p) => p.schedulerName) }, 'scheduling');
      await aborted(signal);
    } finally {
      signal.removeEventListener('abort', stop);
      await scheduler.stop();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
