// The runtime that simulates containers: each verb takes as long and ends as the stage table says, and containers become ready and end by
// timers. Nothing is run. It forgets everything with its process and goes on from the pods' statuses.
import { createHash, randomBytes } from 'node:crypto';
import { type Clock, sleep, type Timer } from '../../client/clock.ts';
import type { Container, ContainerStatus, Pod } from '../pods/pod.ts';
import { isTerminalPhase } from '../pods/pod.ts';
import { type Image, type Runtime, RuntimeError, type RuntimePod, type RuntimeSandbox } from '../runtime.ts';
import { AddressPool } from './addresses.ts';
import type { Outcome, StageTable } from './stages.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface HollowContainer extends Writable<RuntimePod['containers'][number]> {
  podUid: string;
  /** Of its readiness, its end, or its stopping. */
  timers: Timer[];
  ended: (() => void)[];
}

interface HollowPod {
  pod: Pod;
  sandbox: Writable<RuntimeSandbox> | undefined;
  containers: HollowContainer[];
}

export interface HollowRuntimeOptions {
  podCidr: string;
  stages: StageTable;
  clock: Clock;
}

/** What a process has that was killed: 128 and the signal. */
const killedExitCode = 137;
const idPrefix = 'hollow://';

export class HollowRuntime implements Runtime {
  readonly name = 'hollow';
  readonly version = '1';
  readonly #stages: StageTable;
  readonly #clock: Clock;
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, HollowPod>();
  readonly #containers = new Map<string, HollowContainer>();
  readonly #images = new Map<string, Image>();
  readonly #closing = new AbortController();
  #changed: (podUid: string) => void = () => undefined;

  constructor({ podCidr, stages, clock }: HollowRuntimeOptions) {
    this.#addresses = new AddressPool(podCidr);
    this.#stages = stages;
    this.#clock = clock;
  }

  pod(uid: string): RuntimePod | undefined {
    return this.#pods.get(uid);
  }

  podUids(): string[] {
    return [...this.#pods.keys()];
  }

  onChange(listener: (podUid: string) => void): void {
    this.#changed = listener;
  }

  recover(pod: Pod): void {
    const { status = {}, spec, metadata } = pod;
    const ips = (status.podIPs ?? []).map(({ ip }) => ip);
    const running = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    if (isTerminalPhase(status.phase) || !running.some(({ containerID }) => containerID?.startsWith(idPrefix))) return;
    for (const ip of ips) this.#addresses.reserve(ip);
    const known: HollowPod = { pod, sandbox: { id: randomId(), attempt: 0, ready: true, ips }, containers: [] };
    this.#pods.set(metadata.uid, known);
    const containers = [...(spec!.initContainers ?? []), ...spec!.containers];
    for (const container of containers) {
      const before = running.find(({ name }) => name === container.name);
      for (const recovered of recoveredContainers(before, metadata.uid)) {
        known.containers.push(recovered);
        this.#containers.set(recovered.id, recovered);
        if (recovered.state === 'running') this.#live(known, container, recovered);
      }
    }
  }

  async runSandbox(pod: Pod, attempt: number): Promise<RuntimeSandbox> {
    await this.#take(this.#stages.outcome('SandboxReady', pod, undefined), 'CreatePodSandboxError');
    const ips = pod.spec!.hostNetwork ? [] : [this.#address()];
    const sandbox = { id: randomId(), attempt, ready: true, ips };
    const known = this.#pods.get(pod.metadata.uid);
    if (known === undefined) this.#pods.set(pod.metadata.uid, { pod, sandbox, containers: [] });
    else Object.assign(known, { pod, sandbox });
    return sandbox;
  }

  #address(): string {
    const address = this.#addresses.take();
    if (address === undefined)
      throw new RuntimeError('CreatePodSandboxError', 'no IP addresses available in the range of this node');
    return address;
  }

  image(name: string): Image | undefined {
    return this.#images.get(name);
  }

  images(): Image[] {
    return [...this.#images.values()];
  }

  async pullImage(pod: Pod, container: Container): Promise<Image> {
    await this.#take(this.#stages.outcome('Pulled', pod, container), 'ErrImagePull');
    const name = container.image!;
    const digest = createHash('sha256').update(name).digest('hex');
    const repository = name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
    const ref = `${repository}@sha256:${digest}`;
    const image: Image = { names: [ref, name], ref, sizeBytes: imageBytes(digest) };
    this.#images.set(name, image);
    return image;
  }

  async createContainer(pod: Pod, container: Container, attempt: number): Promise<string> {
    const known = this.#pods.get(pod.metadata.uid);
    if (known?.sandbox === undefined) throw new RuntimeError('CreateContainerError', 'the pod has no sandbox');
    known.pod = pod;
    const image = container.image!;
    const created: HollowContainer = {
      id: idPrefix + randomId(),
      podUid: pod.metadata.uid,
      name: container.name,
      attempt,
      state: 'created',
      image,
      imageRef: this.#images.get(image)?.ref ?? image,
      started: false,
      ready: false,
      timers: [],
      ended: [],
    };
    this.#containers.set(created.id, created);
    // One before it is kept, for its last state.
    const before = known.containers.filter(({ name }) => name === container.name);
    for (const old of before.slice(1)) this.#containers.delete(old.id);
    known.containers = [created, ...known.containers.filter((one) => !before.slice(1).includes(one))];
    return created.id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    const known = container === undefined ? undefined : this.#pods.get(container.podUid);
    if (container === undefined || known === undefined)
      throw new RuntimeError('RunContainerError', 'no such container');
    const spec = specOf(known.pod, container.name);
    await this.#take(this.#stages.outcome('Running', known.pod, spec), 'RunContainerError');
    if (this.#containers.get(id) !== container) return;
    container.state = 'running';
    container.startedAtMs = this.#clock.now();
    this.#live(known, spec, container);
  }

  /** Sets out when a container that runs becomes ready, and when it ends. */
  #live({ pod }: HollowPod, spec: Container, container: HollowContainer): void {
    const since = this.#clock.now() - container.startedAtMs!;
    const ready = this.#stages.outcome('Ready', pod, spec, container.attempt);
    if (!ready.never) {
      this.#after(container, ready.afterMs - since, () => {
        container.started = true;
        container.ready = true;
      });
    }
    const exit = this.#stages.outcome('Exited', pod, spec, container.attempt);
    if (!exit.never)
      this.#after(container, exit.afterMs - since, () => this.#end(container, exit.exitCode, exit.reason));
  }

  /** At once without a change to tell where nothing is to be waited for. */
  #after(container: HollowContainer, delayMs: number, act: () => void): void {
    if (delayMs <= 0) {
      act();
      return;
    }
    const timer = this.#clock.setTimeout(() => {
      act();
      this.#changed(container.podUid);
    }, delayMs);
    container.timers.push(timer);
  }

  #end(container: HollowContainer, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    if (container.state === 'exited') return;
    for (const timer of container.timers.splice(0)) timer.clear();
    const now = this.#clock.now();
    Object.assign(container, { state: 'exited', exitCode, reason, finishedAtMs: now, started: false, ready: false });
    for (const ended of container.ended.splice(0)) ended();
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const container = this.#containers.get(id);
    const known = container === undefined ? undefined : this.#pods.get(container.podUid);
    if (container === undefined || known === undefined || container.state === 'exited') return;
    const { name } = container;
    const stop = this.#stages.outcome('Stopped', known.pod, specOf(known.pod, name), container.attempt);
    const graceMs = graceSeconds * 1000;
    const obeys = !stop.never && stop.afterMs <= graceMs;
    const end = () => this.#end(container, obeys ? stop.exitCode : killedExitCode, obeys ? stop.reason : undefined);
    const waitMs = obeys ? stop.afterMs : graceMs;
    if (waitMs <= 0) {
      end();
      return;
    }
    await new Promise<void>((resolve) => {
      container.ended.push(resolve);
      container.timers.push(this.#clock.setTimeout(end, waitMs));
    });
  }

  async stopSandbox(podUid: string): Promise<void> {
    const known = this.#pods.get(podUid);
    if (known?.sandbox?.ready !== true) return;
    known.sandbox.ready = false;
    for (const ip of known.sandbox.ips) this.#addresses.release(ip);
  }

  async removePod(podUid: string): Promise<void> {
    const known = this.#pods.get(podUid);
    if (known === undefined) return;
    for (const container of known.containers) {
      this.#end(container, killedExitCode);
      this.#containers.delete(container.id);
    }
    await this.stopSandbox(podUid);
    this.#pods.delete(podUid);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the runtime is closed'));
    for (const { timers, ended } of this.#containers.values()) {
      for (const timer of timers.splice(0)) timer.clear();
      for (const resolve of ended.splice(0)) resolve();
    }
  }

  /** Waits as long as a stage takes; throws where it fails. */
  async #take({ afterMs, failure, never }: Outcome, reason: string): Promise<void> {
    const { signal } = this.#closing;
    if (never) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    else if (afterMs > 0) await sleep(this.#clock, afterMs, signal);
    signal.throwIfAborted();
    if (failure !== undefined) throw new RuntimeError(reason, failure);
  }
}

function randomId(): string {
  return randomBytes(32).toString('hex');
}

/** The same for the same image, from 1 to about 270 MB. */
function imageBytes(digest: string): number {
  return 1_000_000 + Number.parseInt(digest.slice(0, 7), 16);
}

function specOf(pod: Pod, name: string): Container {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec!;
  return [...initContainers, ...containers, ...(ephemeralContainers as Container[])].find((one) => one.name === name)!;
}

/** What a status says that there was: the latest container, and where it is told the one before. */
function recoveredContainers(before: ContainerStatus | undefined, podUid: string): HollowContainer[] {
  if (before?.containerID === undefined) return [];
  const { name, state = {}, lastState = {}, image, imageID, restartCount } = before;
  const { running } = state;
  const ended = state.terminated ?? lastState.terminated;
  const base = { podUid, name, image, imageRef: imageID, started: false, ready: false, timers: [], ended: [] };
  const found: HollowContainer[] = [];
  if (running !== undefined)
    found.push({
      ...base,
      id: before.containerID,
      attempt: restartCount,
      state: 'running',
      startedAtMs: ms(running.startedAt),
    });
  if (ended === undefined) return found;
  found.push({
    ...base,
    timers: [],
    ended: [],
    id: ended.containerID ?? before.containerID,
    attempt: running === undefined ? restartCount : restartCount - 1,
    state: 'exited',
    exitCode: ended.exitCode,
    startedAtMs: ms(ended.startedAt),
    finishedAtMs: ms(ended.finishedAt),
    ...(ended.reason === undefined ? {} : { reason: ended.reason }),
    ...(ended.message === undefined ? {} : { message: ended.message }),
  });
  return found;
}

function ms(time: string | undefined): number {
  return time === undefined ? 0 : Date.parse(time);
}
