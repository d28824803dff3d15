// The controller manager: runs the selected controllers while it leads (cmd/kube-controller-manager/app/controllermanager.go).
//
// States: `standby` (another one leads, or nobody yet), `starting` (informers are being filled), `running`, `stopped`. One that loses its
// lease stops its controllers, waits until they have ended, and stands by again.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Client } from '../../client/client.ts';
import { type Clock, realClock, sleep } from '../../client/clock.ts';
import { EventRecorder } from '../../client/events/event-recorder.ts';
import { Informers } from '../../client/informers.ts';
import { LeaderElector } from '../../client/leader-election.ts';
import type { ControllerContext, ControllerDescriptor, Runnable, SigningKeys } from './descriptor.ts';
import { enabledControllers } from './enabled.ts';
import { type ControllerFlags, controllerFlags, flagValues, type ManagerFlags, managerFlags } from './flags.ts';

/** How the manager and its controllers reach the API. */
export interface ClientBuilder {
  /** For the lease and the shared informers. */
  root: Client;
  /** For one controller, under its service account's name. */
  controller(account: string): Client;
}

export interface ControllerManagerOptions {
  clients: ClientBuilder;
  descriptors: readonly ControllerDescriptor[];
  /** Over the standard values. */
  flags?: Partial<ManagerFlags>;
  controllerFlags?: Partial<ControllerFlags>;
  rootCertificateAuthority: string;
  keys?: SigningKeys;
  log: Logger;
  clock?: Clock;
}

/** After a failure to start, so that a server that is away is not asked again and again. */
const restartPauseMs = 1000;
/** Where upstream's manager's own events come from. */
const component = 'kube-controller-manager';

export class ControllerManager {
  readonly #options: ControllerManagerOptions;
  readonly #flags: ManagerFlags;
  readonly #enabled: ControllerDescriptor[];
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #settled = Promise.withResolvers<'running' | 'standby'>();
  #state: 'standby' | 'starting' | 'running' | 'stopped' = 'standby';
  #running: Promise<void> | undefined;

  /** Throws for a controller that does not exist. */
  constructor(options: ControllerManagerOptions) {
    this.#options = options;
    this.#flags = flagValues(managerFlags, options.flags);
    this.#enabled = enabledControllers(options.descriptors, this.#flags.controllers);
    this.#clock = options.clock ?? realClock;
  }

  get state(): string {
    return this.#state;
  }

  /** The names of the controllers that run while it leads. */
  get controllers(): string[] {
    return this.#enabled.map(({ name }) => name);
  }

  /** Begins. Idempotent. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves, once, when the controllers run, or when it is known that another manager leads (or when this one is stopped). */
  settled(): Promise<'running' | 'standby'> {
    return this.#settled.promise;
  }

  /** Stops the controllers and gives the lease back. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the controller manager is stopped'));
    await this.#running;
    this.#state = 'stopped';
    this.#settled.resolve('standby');
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { log } = this.#options;
    while (!signal.aborted) {
      try {
        await (this.#flags['leader-elect'] ? this.#elect(signal) : this.#lead(signal));
      } catch (error) {
        if (!signal.aborted) log.error({ err: error }, 'the controllers failed; they are started again');
      }
      this.#state = 'standby';
      await sleep(this.#clock, restartPauseMs, signal);
    }
  }

  async #elect(signal: AbortSignal): Promise<void> {
    const { clients, log } = this.#options;
    const flags = this.#flags;
    const recorder = new EventRecorder({ client: clients.root, component, log, clock: this.#clock });
    const identity = `${hostname()}_${randomUUID()}`;
    const elector = new LeaderElector({
      client: clients.root,
      namespace: flags['leader-elect-resource-namespace'],
      name: flags['leader-elect-resource-name'],
      identity,
      leaseDurationMs: flags['leader-elect-lease-duration'],
      renewDeadlineMs: flags['leader-elect-renew-deadline'],
      retryPeriodMs: flags['leader-elect-retry-period'],
      releaseOnCancel: true,
      onStartedLeading: (losing) => this.#lead(losing),
      onNewLeader: (leader) => {
        if (leader !== identity && leader !== '') this.#settled.resolve('standby');
      },
      recorder,
      log,
      clock: this.#clock,
    });
    try {
      await elector.run(signal);
    } finally {
      await recorder.close();
    }
  }

  /** Runs the controllers until the signal is aborted. */
  async #lead(signal: AbortSignal): Promise<void> {
    this.#state = 'starting';
    const { clients, log } = this.#options;
    const clock = this.#clock;
    const informers = new Informers(clients.root, { log, clock });
    const recorders: EventRecorder[] = [];
    const context: ControllerContext = {
      informers,
      client: (account) => clients.controller(account),
      recorder(name) {
        const recorder = new EventRecorder({ client: clients.root, component: name, log, clock });
        recorders.push(recorder);
        return recorder;
      },
      flags: flagValues(controllerFlags, this.#options.controllerFlags),
      rootCertificateAuthority: this.#options.rootCertificateAuthority,
      ...(this.#options.keys === undefined ? {} : { keys: this.#options.keys }),
      log,
      clock,
    };
    const built: { name: string; runnable: Runnable }[] = [];
    try {
      for (const { name, build } of this.#enabled) {
        const runnable = await build(context);
        if (runnable !== undefined) built.push({ name, runnable });
      }
      informers.start();
      const starting = built.map(({ name, runnable }) => startOne(name, runnable, signal, log));
      await Promise.race([Promise.all(starting), aborted(signal)]);
      if (!signal.aborted) {
        this.#state = 'running';
        this.#settled.resolve('running');
        log.info({ controllers: built.map(({ name }) => name) }, 'controllers run');
        await aborted(signal);
      }
    } finally {
      await this.#end(built, recorders, informers);
    }
  }

  /** Within the time that controllers have to stop. */
  async #end(
    built: readonly { name: string; runnable: Runnable }[],
    recorders: readonly EventRecorder[],
    informers: Informers,
  ): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.setTimeout(() => {
      this.#options.log.warn('controllers took too long to stop');
      late.resolve();
    }, this.#flags['controller-shutdown-timeout']);
    const all = Promise.allSettled(built.map(({ runnable }) => runnable.stop()));
    await Promise.race([all, late.promise]);
    timer.clear();
    await Promise.all([informers.stop(), ...recorders.map((recorder) => recorder.close())]);
  }
}

/** One that fails to start does not keep the others from running; it is named. */
async function startOne(name: string, runnable: Runnable, signal: AbortSignal, log: Logger): Promise<void> {
  try {
    await runnable.start();
  } catch (error) {
    if (!signal.aborted) log.error({ err: error, controller: name }, 'a controller could not be started');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
