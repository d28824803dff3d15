// Pods for which a node is being made free: others of lower priority must not take their place meanwhile
// (pkg/scheduler/backend/queue/nominator.go).
import type { PodNominator } from '../framework/handle.ts';
import type { PodInfo } from '../framework/pod-info.ts';

const none: readonly PodInfo[] = [];

export class Nominator implements PodNominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodeOf = new Map<string, string>();

  nominatedPodsForNode(nodeName: string): readonly PodInfo[] {
    if (this.#byNode.size === 0) return none;
    const pods = this.#byNode.get(nodeName);
    return pods === undefined ? none : [...pods.values()];
  }

  /** The node that a pod is nominated to; undefined for none. */
  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  /** `nodeName` overrides what the pod's status says; '' takes the nomination back. */
  add(info: PodInfo, nodeName?: string): void {
    const before = this.#nodeOf.get(info.uid);
    const node = nodeName ?? info.pod.status?.nominatedNodeName ?? '';
    if (nodeName === undefined && node === '' && before === undefined) return;
    this.delete(info.uid);
    if (node === '') return;
    this.#nodeOf.set(info.uid, node);
    const pods = this.#byNode.get(node);
    if (pods === undefined) this.#byNode.set(node, new Map([[info.uid, info]]));
    else pods.set(info.uid, info);
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#byNode.get(node)!;
    pods.delete(uid);
    if (pods.size === 0) this.#byNode.delete(node);
  }

  /**
   * A pod has changed. What was nominated in memory only, and is not in its status yet, is kept, because the update may be older
   * than the nomination.
   */
  update(oldNominated: string | undefined, info: PodInfo): void {
    const fresh = info.pod.status?.nominatedNodeName ?? '';
    const kept = !oldNominated && fresh === '' ? this.#nodeOf.get(info.uid) : undefined;
    this.delete(info.uid);
    this.add(info, kept);
  }
}
