// A node's part in tests of controllers: writes the status of Pods, and lets those go that are being deleted.
import type { Client } from '../../client/client.ts';
import { type Clock, realClock, timestamp } from '../../client/clock.ts';
import { isConflict, isNotFound } from '../../client/errors.ts';
import { Informer } from '../../client/informer.ts';
import { Pod } from '../../client/kinds.ts';
import type { ObjectKey } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import { silentLog } from '../../client/testing/clients.ts';

export interface KubeletOptions {
  /** Of the transition times that it writes. */
  clock?: Clock;
  /** Which Pods become ready when it follows; all by default. */
  becomesReady?: (pod: Pod) => boolean;
}

export class Kubelet {
  readonly #pods: ResourceClient<Pod>;
  readonly #clock: Clock;
  readonly #becomesReady: (pod: Pod) => boolean;
  #following: Informer<Pod> | undefined;

  /** With an administrator's client. */
  constructor(client: Client, { clock = realClock, becomesReady = () => true }: KubeletOptions = {}) {
    this.#pods = client.resource(Pod);
    this.#clock = clock;
    this.#becomesReady = becomesReady;
  }

  /** Running and ready. */
  ready(pod: ObjectKey): Promise<void> {
    return this.#write(pod, 'Running', 'True');
  }

  /** Running, but not ready. */
  unready(pod: ObjectKey): Promise<void> {
    return this.#write(pod, 'Running', 'False');
  }

  /** Ended with a failure. */
  fail(pod: ObjectKey): Promise<void> {
    return this.#write(pod, 'Failed', 'False');
  }

  succeed(pod: ObjectKey): Promise<void> {
    return this.#write(pod, 'Succeeded', 'False');
  }

  /** From now on every Pod that may become ready does, and one that is being deleted goes. Resolves when it has begun. */
  async follow(): Promise<void> {
    const informer = new Informer(this.#pods, { log: silentLog });
    const meet = (pod: Pod) => void this.#meet(pod);
    informer.addHandler({ add: meet, update: (_, pod) => meet(pod) });
    informer.start();
    this.#following = informer;
    await informer.synced();
  }

  async stop(): Promise<void> {
    await this.#following?.stop();
    this.#following = undefined;
  }

  /** Another one may have been faster: then there is another event. */
  async #meet(pod: Pod): Promise<void> {
    const { deletionTimestamp } = pod.metadata;
    try {
      if (deletionTimestamp !== undefined) await this.#pods.delete(pod.metadata, { gracePeriodSeconds: 0 });
      else if (pod.status?.phase === 'Pending' && this.#becomesReady(pod)) await this.ready(pod.metadata);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error) && this.#following !== undefined) throw error;
    }
  }

  async #write({ namespace, name }: ObjectKey, phase: string, status: 'True' | 'False'): Promise<void> {
    const lastTransitionTime = timestamp(this.#clock.now());
    const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status, lastTransitionTime }));
    const startTime = lastTransitionTime;
    const patch = { status: { phase, startTime, conditions } };
    await this.#pods.patch({ namespace, name }, 'strategic', patch, { subresource: 'status' });
  }
}
