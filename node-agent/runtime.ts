// What runs the containers of one node: a handful of verbs, as CRI has them (k8s.io/cri-api runtime/v1), with one implementation that
// runs containers and one that simulates them. `runtime-contract.ts` is the definition of what the verbs mean.
import type { Container, Pod } from './pods/pod.ts';

export interface RuntimeSandbox {
  id: string;
  /** Counts the sandboxes of a pod, from 0. */
  attempt: number;
  ready: boolean;
  /** The pod's addresses; kept once the sandbox has been stopped. Empty for pods on the host's network. */
  ips: readonly string[];
}

export interface RuntimeContainer {
  /** `runtime://id`. */
  id: string;
  name: string;
  /** Counts the containers of this name in this pod, from 0. */
  attempt: number;
  state: 'created' | 'running' | 'exited';
  image: string;
  /** The image by its digest. */
  imageRef: string;
  /** Milliseconds since the epoch. */
  startedAtMs?: number;
  finishedAtMs?: number;
  exitCode?: number;
  /** Why it has ended: `Completed`, `Error`, `OOMKilled`. */
  reason?: string;
  /** What it said at its end. */
  message?: string;
  /** What its startup and readiness probes say, or would say. */
  started: boolean;
  ready: boolean;
}

/** What is there of a pod. Not to be changed by who reads it. */
export interface RuntimePod {
  /** The latest one. */
  sandbox: RuntimeSandbox | undefined;
  /** The latest of a name first; at most two of each name. */
  containers: readonly RuntimeContainer[];
}

export interface Image {
  names: readonly string[];
  /** By its digest. */
  ref: string;
  sizeBytes: number;
}

/** A verb that did not succeed, in the words of container statuses and events: `ErrImagePull`, `RunContainerError`. */
export class RuntimeError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The runtime of one node. What is "already gone" is not an error: stopping and removing may be called again. */
export interface Runtime {
  /** `containerd`, `hollow`; with the version it is the node's containerRuntimeVersion. */
  readonly name: string;
  readonly version: string;
  /** What is there of a pod, at once. A runtime that has to ask keeps what it has heard. Undefined for a pod that it does not know. */
  pod(uid: string): RuntimePod | undefined;
  /** Pods that it has anything of. */
  podUids(): string[];
  /** The agent has started and found this pod in the API. A runtime that forgets with its process goes on from the pod's status. */
  recover(pod: Pod): void;
  /** Called when something of a pod has changed by itself: a container has ended, has become ready. */
  onChange(listener: (podUid: string) => void): void;
  /** Makes a sandbox with addresses. Throws RuntimeError `CreatePodSandboxError`. */
  runSandbox(pod: Pod, attempt: number): Promise<RuntimeSandbox>;
  /** Undefined for an image that is not on the node. */
  image(name: string): Image | undefined;
  images(): Image[];
  /** Throws RuntimeError `ErrImagePull`. */
  pullImage(pod: Pod, container: Container): Promise<Image>;
  /** Gives the id. Throws RuntimeError `CreateContainerError`. */
  createContainer(pod: Pod, container: Container, attempt: number): Promise<string>;
  /** Throws RuntimeError `RunContainerError`. */
  startContainer(id: string): Promise<void>;
  /** Asks it to end, kills it after the grace period; resolves when it has ended. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  /** The addresses are free. Containers must have been stopped. */
  stopSandbox(podUid: string): Promise<void>;
  /** Everything of a pod goes: containers that run are killed. */
  removePod(podUid: string): Promise<void>;
  /** Ends timers and connections; containers are left as they are. */
  close(): Promise<void>;
}
