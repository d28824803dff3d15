// Evicts the victims, in the background: the pod that needs their room is not tried again before the last of them is asked to go
// (pkg/scheduler/framework/preemption/executor.go, KEP-4832).
import { isNotFound } from '../../../client/errors.ts';
import { Pod } from '../../../client/kinds.ts';
import type { Victims } from '../../extender.ts';
import type { Handle } from '../../framework/handle.ts';
import { podInformer } from '../../pod-informer.ts';
import { patchPodStatus } from '../../pod-status.ts';
import { priorityOf } from './victims.ts';

export class Eviction {
  readonly #handle: Handle;
  readonly #plugin: string;
  readonly #pods;
  /** Uids of pods whose victims are being evicted. */
  readonly #running = new Set<string>();
  /** The victim that is asked last, by uid of the pod. */
  readonly #last = new Map<string, Pod>();

  constructor(handle: Handle, plugin: string) {
    this.#handle = handle;
    this.#plugin = plugin;
    this.#pods = podInformer(handle.informers).lister;
  }

  /** Whether some victims of the pod have still to be asked to go. */
  isRunning(uid: string): boolean {
    if (!this.#running.has(uid)) return false;
    const last = this.#last.get(uid);
    if (last === undefined) return true;
    const victim = this.#pods.get(last.metadata.namespace, last.metadata.name);
    return victim !== undefined && victim.metadata.deletionTimestamp === undefined;
  }

  /** Begins; never throws. */
  start(pod: Pod, nodeName: string, { pods }: Victims): void {
    const victims = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (victims.length === 0) return;
    this.#running.add(pod.metadata.uid);
    void this.#run(pod, nodeName, victims).catch((error: unknown) => {
      if (!this.#handle.signal.aborted)
        this.#handle.log.error({ err: error, pod: pod.metadata.name, node: nodeName }, 'preemption failed');
      this.#end(pod);
      this.#handle.activate([pod]);
    });
  }

  async #run(pod: Pod, nodeName: string, victims: readonly Pod[]): Promise<void> {
    await this.#clearNominations(pod, nodeName);
    await Promise.all(victims.slice(0, -1).map((victim) => this.#evict(pod, nodeName, victim)));
    const last = victims.at(-1)!;
    this.#last.set(pod.metadata.uid, last);
    await this.#evict(pod, nodeName, last);
    this.#end(pod);
  }

  #end({ metadata: { uid } }: Pod): void {
    this.#running.delete(uid);
    this.#last.delete(uid);
  }

  /** Less important pods that had hoped for this node are to look for another. */
  async #clearNominations(pod: Pod, nodeName: string): Promise<void> {
    const { client, nominator, clock } = this.#handle;
    const hopeful = nominator
      .nominatedPodsForNode(nodeName)
      .filter((other) => other.priority < priorityOf(pod) && other.pod.status?.nominatedNodeName);
    await Promise.all(
      hopeful.map((other) => patchPodStatus(client, other.pod, { nominatedNodeName: '' }, clock.now())),
    );
  }

  async #evict(pod: Pod, nodeName: string, victim: Pod): Promise<void> {
    const { client, recorder, clock, signal } = this.#handle;
    let message = `Preempted by pod ${pod.metadata.uid} on node ${nodeName}`;
    const waiting = this.#handle.waitingPod(victim.metadata.uid);
    if (waiting !== undefined) {
      waiting.preempt(this.#plugin, 'preempted');
      message += ' (in kube-scheduler memory).';
    } else {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${pod.spec?.schedulerName}: preempting to accommodate a higher priority pod`,
      };
      const { namespace, name } = victim.metadata;
      try {
        await patchPodStatus(client, victim, { condition }, clock.now(), signal);
        await client.resource(Pod).delete({ namespace, name }, { signal });
      } catch (error) {
        if (isNotFound(error)) return;
        throw error;
      }
    }
    recorder.event(victim, pod, 'Normal', 'Preempted', 'Preempting', message);
  }
}
