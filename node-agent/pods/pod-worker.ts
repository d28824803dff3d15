// One pod on its node, from the first sight of it to its end (pkg/kubelet/pod_workers.go and kubelet.go SyncPod, SyncTerminatingPod,
// SyncTerminatedPod; kuberuntime_manager.go SyncPod).
//
// States: `syncing` (what should run is kept running) · `terminating` (it was deleted, has ended or has run out of time: its containers
// are being stopped) · `terminated` (nothing of it runs; its last status is told) · `gone` (nothing is left).
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Clock, Timer } from '../../client/clock.ts';
import { type Runtime, RuntimeError, type RuntimePod } from '../runtime.ts';
import type { BackoffTimes } from './crash-backoff.ts';
import { CrashBackoff, durationText } from './crash-backoff.ts';
import {
  type Container,
  containerFieldPath,
  isTerminalPhase,
  latest,
  type Pod,
  type PodStatus,
  podText,
} from './pod.ts';
import { podActions } from './pod-actions.ts';
import { podStatus, type WaitingReason } from './pod-status.ts';

/** What a worker needs of its node and process. */
export interface PodContext {
  runtime: Runtime;
  hostIPs: readonly string[];
  backoff: Readonly<BackoffTimes>;
  clock: Clock;
  log: Logger;
  /** Tells the API the status, soon. */
  writeStatus(pod: Pod, status: PodStatus, finished: boolean): void;
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
  /** An image has come to the node. */
  imagesChanged(): void;
}

/** Where neither the deletion nor the pod says. */
const defaultGraceSeconds = 30;
/** After a pull that has failed the pod is looked at soon, which finds that it has to wait. */
const pullRetryMs = 1000;
/** A step that failed for no reason of its own is tried again after this (kubelet.go backOffPeriod). */
const retryMs = 10_000;
const deadline: WaitingReason = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

export class PodWorker {
  readonly #context: PodContext;
  readonly #crashes: CrashBackoff;
  readonly #pulls: CrashBackoff;
  readonly #pullErrors = new Map<string, { message: string; atMs: number }>();
  readonly #reasons = new Map<string, WaitingReason>();
  #pod: Pod;
  #state: 'syncing' | 'terminating' | 'terminated' | 'gone' = 'syncing';
  #status: PodStatus | undefined;
  #failure: WaitingReason | undefined;
  #graceSeconds: number | undefined;
  #running = false;
  #again = false;
  #timer: { atMs: number; timer: Timer } | undefined;

  constructor(pod: Pod, context: PodContext) {
    this.#pod = pod;
    this.#context = context;
    this.#crashes = new CrashBackoff(context.backoff);
    this.#pulls = new CrashBackoff(context.backoff);
    this.#status = pod.status?.containerStatuses === undefined ? undefined : pod.status;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The API has another version of it. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.sync();
  }

  /** The API has another version, in which nothing has changed that asks for anything. */
  refresh(pod: Pod): void {
    this.#pod = pod;
  }

  /** The API has it no longer: it ends at once, and nobody is told. */
  remove(): void {
    this.#state = 'gone';
    this.#clearTimer();
    const { runtime, log } = this.#context;
    runtime.removePod(this.#pod.metadata.uid).catch((error) => log.warn({ err: error }, 'a pod could not be removed'));
  }

  /** Nothing is done for it any more, and nothing is undone. */
  abandon(): void {
    this.#state = 'gone';
    this.#clearTimer();
  }

  /** Makes it as it should be; once more if it is called meanwhile. */
  sync(): void {
    if (this.#state === 'gone') return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#step();
      } catch (error) {
        if (this.#isGone()) break;
        this.#context.log.warn({ err: error, pod: podText(this.#pod) }, 'a pod could not be synced; it is tried again');
        this.#wake(retryMs);
      }
    } while (this.#again && !this.#isGone());
    this.#running = false;
  }

  /** A function, because the state changes while something is waited for. */
  #isGone(): boolean {
    return this.#state === 'gone';
  }

  async #step(): Promise<void> {
    const { metadata, spec, status } = this.#pod;
    if (metadata.deletionTimestamp !== undefined) {
      this.#graceSeconds =
        metadata.deletionGracePeriodSeconds ?? spec!.terminationGracePeriodSeconds ?? defaultGraceSeconds;
      if (this.#state === 'syncing') this.#state = 'terminating';
    } else if (this.#state === 'syncing' && this.#isOver(status)) this.#state = 'terminating';
    if (this.#state === 'syncing') await this.#syncPod();
    // It may have ended meanwhile.
    if (this.#state === 'terminating') await this.#terminate();
    else if (this.#state === 'terminated') this.#tell(true);
  }

  /** It has come to its end, or run out of its time. */
  #isOver(status: PodStatus | undefined): boolean {
    if (isTerminalPhase(status?.phase) || isTerminalPhase(this.#status?.phase)) return true;
    const { activeDeadlineSeconds } = this.#pod.spec!;
    const startTime = this.#status?.startTime ?? status?.startTime;
    if (activeDeadlineSeconds === undefined || startTime === undefined) return false;
    const leftMs = Date.parse(startTime) + activeDeadlineSeconds * 1000 - this.#context.clock.now();
    if (leftMs > 0) {
      this.#wake(leftMs);
      return false;
    }
    this.#failure = deadline;
    this.#context.event(this.#pod, 'Normal', deadline.reason, deadline.message);
    return true;
  }

  async #syncPod(): Promise<void> {
    const { runtime } = this.#context;
    const { uid } = this.#pod.metadata;
    const actions = podActions(this.#pod, runtime.pod(uid));
    this.#tell(false);
    if (isTerminalPhase(this.#status?.phase)) {
      this.#state = 'terminating';
      return;
    }
    if (actions.killPod) await this.#stopAll(undefined);
    if (actions.createSandbox !== undefined && !(await this.#createSandbox(actions.createSandbox))) return;
    for (const container of actions.start) {
      if (this.#isGone() || this.#pod.metadata.deletionTimestamp !== undefined) break;
      await this.#start(container);
    }
    if (this.#isGone()) return;
    // What was started may have ended already, or lets the next one start.
    const { start, killPod } = podActions(this.#pod, runtime.pod(uid));
    if (killPod || start.some(({ name }) => !this.#reasons.has(name))) this.#again = true;
    this.#tell(false);
    if (this.#pod.spec!.activeDeadlineSeconds !== undefined) this.#isOver(this.#status);
  }

  async #createSandbox(attempt: number): Promise<boolean> {
    try {
      await this.#context.runtime.runSandbox(this.#pod, attempt);
      return true;
    } catch (error) {
      if (!(error instanceof RuntimeError) || this.#isGone()) throw error;
      const message = `Failed to create pod sandbox: ${error.message}`;
      this.#context.event(this.#pod, 'Warning', 'FailedCreatePodSandBox', message);
      this.#wake(retryMs);
      return false;
    }
  }

  /** A container's image, the container, its start; what keeps it from running is its waiting reason. */
  async #start(container: Container): Promise<void> {
    const { runtime } = this.#context;
    const { name } = container;
    const pod = this.#pod;
    const last = latest(runtime.pod(pod.metadata.uid)!, name);
    const fieldPath = containerFieldPath(pod, name);
    if (last?.state === 'exited' && this.#backsOff(container, last.finishedAtMs ?? 0, fieldPath)) return;
    const before = this.#statusOf(name);
    const attempt = last === undefined ? (before?.containerID ? before.restartCount + 1 : 0) : last.attempt + 1;
    try {
      await this.#ensureImage(container, fieldPath);
      const id = await runtime.createContainer(pod, container, attempt);
      this.#context.event(pod, 'Normal', 'Created', 'Container created', fieldPath);
      await runtime.startContainer(id);
      this.#reasons.delete(name);
      this.#context.event(pod, 'Normal', 'Started', 'Container started', fieldPath);
    } catch (error) {
      if (!(error instanceof RuntimeError) || this.#isGone()) throw error;
      this.#reasons.set(name, { reason: error.reason, message: error.message });
      if (error.reason === 'ErrImagePull' || error.reason === 'ImagePullBackOff') return;
      this.#context.event(pod, 'Warning', 'Failed', `Error: ${error.message}`, fieldPath);
      this.#wake(retryMs);
    }
  }

  #statusOf(name: string) {
    const { initContainerStatuses = [], containerStatuses = [] } = this.#status ?? {};
    return [...initContainerStatuses, ...containerStatuses].find((status) => status.name === name);
  }

  #backsOff(container: Container, endedMs: number, fieldPath: string): boolean {
    const wait = this.#crashes.check(container.name, endedMs, this.#context.clock.now());
    if (wait === undefined) return false;
    const { name } = container;
    const pod = podText(this.#pod);
    const message = `back-off ${durationText(wait.backoffMs)} restarting failed container=${name} pod=${pod}`;
    this.#reasons.set(name, { reason: 'CrashLoopBackOff', message });
    const text = `Back-off restarting failed container ${name} in pod ${pod}`;
    this.#context.event(this.#pod, 'Warning', 'BackOff', text, fieldPath);
    this.#wake(wait.untilMs - this.#context.clock.now());
    return true;
  }

  /** images/image_manager.go EnsureImageExists. Throws RuntimeError. */
  async #ensureImage(container: Container, fieldPath: string): Promise<void> {
    const { runtime, clock } = this.#context;
    const pod = this.#pod;
    const image = container.image!;
    const event = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      this.#context.event(pod, type, reason, message, fieldPath);
    const policy = container.imagePullPolicy;
    if (runtime.image(image) !== undefined && policy !== 'Always') {
      event('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`);
      return;
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      this.#wake(retryMs);
      throw new RuntimeError('ErrImageNeverPull', message);
    }
    this.#awaitPull(image, event);
    event('Normal', 'Pulling', `Pulling image "${image}"`);
    const began = clock.now();
    try {
      const { sizeBytes } = await runtime.pullImage(pod, container);
      this.#pullErrors.delete(image);
      this.#pulls.forget(image);
      const took = durationText(clock.now() - began);
      const text = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${sizeBytes} bytes.`;
      event('Normal', 'Pulled', text);
      this.#context.imagesChanged();
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      event('Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`);
      event('Warning', 'Failed', `Error: ${error.reason}`);
      const now = clock.now();
      this.#pullErrors.set(image, { message: `${error.reason}: ${error.message}`, atMs: now });
      this.#pulls.check(image, now, now);
      this.#wake(pullRetryMs);
      throw error;
    }
  }

  /** After a pull that failed the next one waits. */
  #awaitPull(image: string, event: (type: 'Normal' | 'Warning', reason: string, message: string) => void): void {
    const failed = this.#pullErrors.get(image);
    if (failed === undefined) return;
    const now = this.#context.clock.now();
    const wait = this.#pulls.check(image, failed.atMs, now);
    if (wait === undefined) return;
    const message = `Back-off pulling image "${image}"`;
    event('Normal', 'BackOff', message);
    event('Warning', 'Failed', 'Error: ImagePullBackOff');
    this.#wake(wait.untilMs - now);
    throw new RuntimeError('ImagePullBackOff', `${message}: ${failed.message}`);
  }

  /** Stops what runs, tells the last status, and where it was deleted, its end. */
  async #terminate(): Promise<void> {
    const { runtime } = this.#context;
    const { uid } = this.#pod.metadata;
    await this.#stopAll(this.#graceSeconds);
    if (this.#isGone()) return;
    await runtime.stopSandbox(uid);
    if (this.#isGone()) return;
    this.#state = 'terminated';
    this.#clearTimer();
    this.#tell(true);
  }

  async #stopAll(graceSeconds: number | undefined): Promise<void> {
    const { runtime } = this.#context;
    const running = (runtime.pod(this.#pod.metadata.uid)?.containers ?? []).filter(({ state }) => state === 'running');
    const grace = graceSeconds ?? this.#pod.spec!.terminationGracePeriodSeconds ?? defaultGraceSeconds;
    const sidecars = new Set((this.#pod.spec!.initContainers ?? []).map(({ name }) => name));
    const stop = (some: RuntimePod['containers']) =>
      Promise.all(
        some.map(({ id, name }) => {
          const fieldPath = containerFieldPath(this.#pod, name);
          this.#context.event(this.#pod, 'Normal', 'Killing', `Stopping container ${name}`, fieldPath);
          return runtime.stopContainer(id, grace);
        }),
      );
    await stop(running.filter(({ name }) => !sidecars.has(name)));
    await stop(running.filter(({ name }) => sidecars.has(name)));
  }

  /** Hands the status on if it has changed, or if it is the last one. */
  #tell(finished: boolean): void {
    const { runtime, hostIPs, clock } = this.#context;
    const pod = this.#pod;
    const status = podStatus({
      pod,
      state: runtime.pod(pod.metadata.uid),
      before: this.#status ?? pod.status,
      reasons: this.#reasons,
      terminal: finished,
      failure: this.#failure,
      hostIPs,
      nowMs: clock.now(),
    });
    // What was deleted before it ran has failed.
    if (finished && !isTerminalPhase(status.phase)) status.phase = 'Failed';
    const last = finished && pod.metadata.deletionTimestamp !== undefined;
    if (!last && this.#status !== undefined && isDeepStrictEqual(status, this.#status)) return;
    this.#status = status;
    this.#context.writeStatus(pod, status, finished);
  }

  /** Looks again after `delayMs`, or earlier. */
  #wake(delayMs: number): void {
    const { clock } = this.#context;
    const atMs = clock.now() + delayMs;
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.timer.clear();
    const timer = clock.setTimeout(() => {
      this.#timer = undefined;
      this.sync();
    }, delayMs);
    this.#timer = { atMs, timer };
  }

  #clearTimer(): void {
    this.#timer?.timer.clear();
    this.#timer = undefined;
  }
}
