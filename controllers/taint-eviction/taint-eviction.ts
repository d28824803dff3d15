// taint-eviction-controller: deletes Pods from nodes with a taint NoExecute that they do not tolerate, or no longer than so many seconds
// (pkg/controller/tainteviction/taint_eviction.go).

import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { Clock, Timer } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { Node, Pod } from '../../client/kinds.ts';
import { keyOf, splitKey } from '../../client/resource.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { patchPodCondition, updatedPodCondition } from '../shared/pod-status.ts';
import { podsByNode } from '../shared/pods-by-node.ts';
import { matchingTolerations, type Taint, type Toleration } from '../shared/taints.ts';

const workers = 8;

/** A Pod that is to be deleted; `timer` is undefined once the time has come. */
interface Eviction {
  timer: Timer | undefined;
}

function noExecuteTaints(node: Node | undefined): Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** Milliseconds for which a Pod may stay with these tolerations: the least of them; Infinity for ever. */
export function tolerationMs(used: readonly Toleration[]): number {
  if (used.length === 0) return 0;
  const seconds = used.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  return seconds.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.min(...seconds)) * 1000;
}

/** When a Pod is to go from a node with these taints: milliseconds from now, Infinity for never. */
export function evictionDelayMs(taints: readonly Taint[], tolerations: readonly Toleration[] | undefined): number {
  if (taints.length === 0) return Number.POSITIVE_INFINITY;
  const used = matchingTolerations(taints, tolerations);
  return used === undefined ? 0 : tolerationMs(used);
}

/** The Pods that are to be deleted, and when. */
class Evictions {
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  readonly #pods = new Map<string, Eviction>();

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get(key: string): Eviction | undefined {
    return this.#pods.get(key);
  }

  add(key: string, fireMs: number): void {
    const eviction: Eviction = { timer: undefined };
    this.#pods.set(key, eviction);
    eviction.timer = this.#clock.setTimeout(
      () => {
        eviction.timer = undefined;
        this.#due(key);
      },
      Math.max(0, fireMs - this.#clock.now()),
    );
  }

  /** True where it had not begun. */
  cancel(key: string): boolean {
    const eviction = this.#pods.get(key);
    this.#pods.delete(key);
    eviction?.timer?.clear();
    return eviction?.timer !== undefined;
  }

  stop(): void {
    for (const { timer } of this.#pods.values()) timer?.clear();
    this.#pods.clear();
  }
}

export const taintEviction: ControllerDescriptor = {
  name: 'taint-eviction-controller',
  build({ informers, client, recorder, log, clock }) {
    const nodes = informers.of(Node);
    const pods = informers.of(Pod);
    const podsOf = podsByNode(pods);
    const api = client('node-controller').resource(Pod);
    const events = recorder('taint-eviction-controller');

    const say = (key: string, message: string): void => {
      const { namespace, name } = splitKey(key);
      const reference = { apiVersion: 'v1', kind: 'Pod', namespace: namespace!, name };
      events.eventAbout(reference, 'Normal', 'TaintManagerEviction', message);
    };
    const cancel = (key: string): void => {
      if (evictions.cancel(key)) say(key, `Cancelling deletion of Pod ${key}`);
    };

    const evict = async (key: string): Promise<void> => {
      say(key, `Marking for deletion Pod ${key}`);
      try {
        const pod = await api.get(splitKey(key));
        const wanted = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByTaintManager',
          message: 'Taint manager: deleting due to NoExecute taint',
          observedGeneration: pod.metadata.generation ?? 0,
        };
        const condition = updatedPodCondition(pod, wanted, clock.now());
        if (condition !== undefined) await patchPodCondition(api, pod, condition);
        await api.delete(pod.metadata, { preconditions: { uid: pod.metadata.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      evictions.cancel(key);
    };

    const reconcile = async (key: string): Promise<void> => {
      const pod = pods.lister.getByKey(key);
      const nodeName = pod?.spec?.nodeName;
      if (pod === undefined || nodeName === undefined) return cancel(key);
      if (pod.metadata.deletionTimestamp !== undefined) return cancel(key);
      const delayMs = evictionDelayMs(noExecuteTaints(nodes.lister.get(undefined, nodeName)), pod.spec?.tolerations);
      if (delayMs === Number.POSITIVE_INFINITY) return cancel(key);
      const scheduled = evictions.get(key);
      if (scheduled === undefined && delayMs > 0) return evictions.add(key, clock.now() + delayMs);
      // What has been set going is not put off, nor brought forward, as long as all taints are tolerated for some time.
      if (scheduled?.timer !== undefined && delayMs > 0) return;
      cancel(key);
      await evict(key);
    };

    const controller = new Controller({ name: 'taint-eviction-controller', workers, reconcile, log, clock })
      .watch(pods, ({ object, old }) =>
        old === undefined ||
        object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
        old.spec?.nodeName !== object.spec?.nodeName ||
        !semanticEqual(old.spec?.tolerations, object.spec?.tolerations)
          ? [keyOf(object)]
          : [],
      )
      .watch(nodes, ({ object, old, type }) => {
        // The Pods of a node that is gone are not ours to delete.
        if (type === 'delete' || semanticEqual(noExecuteTaints(old), noExecuteTaints(object))) return [];
        return podsOf(object.metadata.name).map(keyOf);
      });
    const evictions = new Evictions(clock, (key) => controller.enqueue(key));
    return {
      start: () => controller.start(),
      async stop() {
        evictions.stop();
        await controller.stop();
      },
    };
  },
};
