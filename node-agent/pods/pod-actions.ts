// What is to be done for a pod, from what it should be and what is there (kuberuntime_manager.go computePodActions and
// kuberuntime_container.go computeInitContainerActions). Pure.
import type { RuntimePod } from '../runtime.ts';
import { type Container, isSidecar, latest, type Pod, restartsAfter, shouldStart } from './pod.ts';

export interface PodActions {
  /** Ends everything: it is done, or its sandbox is to be made anew. */
  killPod: boolean;
  /** The attempt of the sandbox to make. */
  createSandbox: number | undefined;
  /** In the order of starting. */
  start: Container[];
}

const nothing: Readonly<PodActions> = { killPod: false, createSandbox: undefined, start: [] };

/** `state` is undefined where the runtime does not know the pod yet. */
export function podActions(pod: Pod, state: RuntimePod | undefined): PodActions {
  const { sandbox } = state ?? {};
  if (state === undefined || !sandbox?.ready) return sandboxActions(pod, state);
  const ephemeral = (pod.spec!.ephemeralContainers ?? []).filter(({ name }) => latest(state, name) === undefined);
  const init = initActions(pod, state);
  if (init.failed) return { ...nothing, killPod: true };
  const start = [...(ephemeral as Container[]), ...init.start];
  if (!init.initialized) return { ...nothing, start };
  const main = pod.spec!.containers.filter((container) => shouldStart(container, pod, state));
  const running = pod.spec!.containers.some(({ name }) => latest(state, name)?.state === 'running');
  // Sidecars do not keep a pod alive.
  if (!running && main.length === 0) return { ...nothing, killPod: true, start: ephemeral as Container[] };
  return { ...nothing, start: [...start, ...main] };
}

/** There is no sandbox that could be used. */
function sandboxActions(pod: Pod, state: RuntimePod | undefined): PodActions {
  const { initContainers = [], containers, restartPolicy } = pod.spec!;
  const attempt = state?.sandbox === undefined ? 0 : state.sandbox.attempt + 1;
  if (state !== undefined && attempt > 0 && state.containers.length > 0 && restartPolicy === 'Never')
    return { ...nothing, killPod: true };
  const runOnce = ({ restartPolicy: own = restartPolicy }: Container) => own === 'OnFailure';
  const start = containers.filter((container) => {
    const last = state === undefined ? undefined : latest(state, container.name);
    return !(runOnce(container) && last?.state === 'exited' && last.exitCode === 0);
  });
  if (start.length === 0) return { ...nothing, killPod: true };
  return {
    killPod: attempt > 0,
    createSandbox: attempt,
    start: initContainers.length > 0 ? [initContainers[0]!] : start,
  };
}

interface InitActions {
  initialized: boolean;
  /** One that is not tried again has failed. */
  failed: boolean;
  start: Container[];
}

/** From the last to the first: the latest one that there is says how far initialization has come; sidecars before it are kept running. */
function initActions(pod: Pod, state: RuntimePod): InitActions {
  const containers = pod.spec!.initContainers ?? [];
  if (containers.length === 0) return { initialized: true, failed: false, start: [] };
  let initialized = pod.spec!.containers.some(({ name }) => {
    const last = latest(state, name)?.state;
    return last === 'running' || last === 'created';
  });
  let seen = initialized;
  const start: Container[] = [];
  for (let index = containers.length - 1; index >= 0; index--) {
    const container = containers[index]!;
    const last = latest(state, container.name);
    if (last === undefined) {
      if (seen && isSidecar(container)) start.push(container);
      continue;
    }
    if (seen && !isSidecar(container)) continue;
    const done = isSidecar(container)
      ? last.state === 'running' && last.started
      : last.state === 'exited' && last.exitCode === 0;
    if (done) {
      if (index === containers.length - 1) initialized = true;
      else if (!seen) start.push(containers[index + 1]!);
    } else if (last.state !== 'running') {
      const failed = last.state === 'exited' && !isSidecar(container);
      if (failed && !restartsAfter(container, pod.spec!.restartPolicy, last.exitCode ?? 0))
        return { initialized: false, failed: true, start: [] };
      start.push(container);
    }
    seen = true;
  }
  if (!seen) start.push(containers[0]!);
  return { initialized, failed: false, start: start.reverse() };
}
