// Pods as the agent reads them: the parts of a spec and what follows from them (pkg/api/v1/pod/util.go, pkg/kubelet/container/helpers.go).
import type { Node as ApiNode, Pod as ApiPod } from '../../client/kinds.ts';
import type { RuntimeContainer, RuntimePod } from '../runtime.ts';

export type Pod = ApiPod;
export type Node = ApiNode;
export type PodSpec = NonNullable<Pod['spec']>;
export type PodStatus = NonNullable<Pod['status']>;
export type Container = PodSpec['containers'][number];
export type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
export type PodCondition = NonNullable<PodStatus['conditions']>[number];

/** How an object's pod is named in messages: `name_namespace(uid)` (pkg/kubelet/util/format). */
export function podText({ metadata: { name, namespace, uid } }: Pod): string {
  return `${name}_${namespace}(${uid})`;
}

/** An init container that runs on beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Where in its pod a container stands: what events about it name, and its index. */
export function containerFieldPath(pod: Pod, name: string): string {
  const { initContainers, ephemeralContainers } = pod.spec!;
  if (initContainers?.some((container) => container.name === name)) return `spec.initContainers{${name}}`;
  if (ephemeralContainers?.some((container) => container.name === name)) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

/** The latest container of a name. */
export function latest(state: RuntimePod, name: string): RuntimeContainer | undefined {
  return state.containers.find((container) => container.name === name);
}

/** Whether a container that has ended with this code is to run again (ContainerShouldRestart). */
export function restartsAfter(container: Container, podPolicy: string | undefined, exitCode: number): boolean {
  for (const { exitCodes } of container.restartPolicyRules ?? []) {
    // Every action there is restarts something.
    if (exitCodes !== undefined && (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In'))
      return true;
  }
  const policy = container.restartPolicy ?? podPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Whether a container that is not running is to be started (ShouldContainerBeRestarted). */
export function shouldStart(container: Container, pod: Pod, state: RuntimePod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const last = latest(state, container.name);
  if (last === undefined || last.state === 'created') return true;
  if (last.state === 'running') return false;
  return restartsAfter(container, pod.spec!.restartPolicy, last.exitCode ?? 0);
}
