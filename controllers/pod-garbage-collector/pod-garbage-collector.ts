// pod-garbage-collector-controller: deletes Pods that nobody else will: ended ones beyond a number, those of nodes that are gone or out of
// service, and those that were never scheduled (pkg/controller/podgc/gc_controller.go).
import type { Logger } from 'pino';
import type { Client } from '../../client/client.ts';
import { type Clock, type Timer, timestamp } from '../../client/clock.ts';
import { isNotFound } from '../../client/errors.ts';
import type { Informer } from '../../client/informer.ts';
import { Node, Pod } from '../../client/kinds.ts';
import type { ControllerDescriptor, Runnable } from '../manager/descriptor.ts';
import { failuresOf } from '../shared/aggregate.ts';
import { collectable } from './selection.ts';

/** Between two looks (gcCheckPeriod). */
const periodMs = 20_000;
/** How long a node has to be missing before its Pods go (quarantineTime). */
const quarantineMs = 40_000;

interface Parts {
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  client: Client;
  threshold: number;
  log: Logger;
  clock: Clock;
}

/** Looks once at the start and then every 20 s. */
class PodGarbageCollector implements Runnable {
  readonly #parts: Parts;
  readonly #stopping = new AbortController();
  /** Missing nodes that Pods name, with the time from which they count as gone. */
  readonly #missing = new Map<string, number>();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { pods, nodes } = this.#parts;
    const { signal } = this.#stopping;
    await Promise.all([pods.synced(signal), nodes.synced(signal)]);
    if (!signal.aborted) this.#look();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the pod garbage collector is stopped'));
    this.#timer?.clear();
    await this.#running;
    this.#timer?.clear();
  }

  #look(): void {
    this.#running = this.#collect().then(() => {
      if (!this.#stopping.signal.aborted) this.#timer = this.#parts.clock.setTimeout(() => this.#look(), periodMs);
    });
  }

  /** Never rejects: what fails is tried again at the next look. */
  async #collect(): Promise<void> {
    const { pods, nodes, threshold, log } = this.#parts;
    const all = pods.lister.list();
    const nodeOf = (name: string) => nodes.lister.get(undefined, name);
    const { terminated, outOfService, unscheduled } = collectable(all, nodeOf, threshold);
    const failures = [
      ...(await failuresOf(terminated, (pod) => this.#delete(pod))),
      ...(await failuresOf(outOfService, (pod) => this.#delete(pod))),
      ...(await failuresOf(await this.#orphaned(all), (pod) => this.#delete(pod, orphanCondition))),
      ...(await failuresOf(unscheduled, (pod) => this.#delete(pod))),
    ];
    for (const error of failures) log.warn({ err: error }, 'failed to delete a pod');
  }

  /** Pods of nodes that have been missing for long enough, and that the server does not have either. */
  async #orphaned(all: readonly Pod[]): Promise<Pod[]> {
    const { nodes, clock, log } = this.#parts;
    const orphans = Map.groupBy(
      all.filter(({ spec }) => spec?.nodeName && nodes.lister.get(undefined, spec.nodeName) === undefined),
      ({ spec }) => spec!.nodeName!,
    );
    for (const name of this.#missing.keys()) if (!orphans.has(name)) this.#missing.delete(name);
    const now = clock.now();
    const found: Pod[] = [];
    for (const [name, pods] of orphans) {
      const since = this.#missing.get(name);
      if (since === undefined) this.#missing.set(name, now + quarantineMs);
      else if (since <= now) {
        try {
          if (!(await this.#exists(name))) found.push(...pods);
        } catch (error) {
          log.warn({ err: error, node: name }, 'failed to look for a node');
        }
      }
    }
    return found;
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#parts.client.resource(Node).get({ name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** Says first that the Pod has failed, where it has not ended, so that whoever counts Pods sees how it ended. */
  async #delete(pod: Pod, condition?: { reason: string; message: string }): Promise<void> {
    const { client, clock } = this.#parts;
    const api = client.resource(Pod);
    const { metadata, status } = pod;
    try {
      if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') {
        const now = timestamp(clock.now());
        const target = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: now, ...condition };
        const observed = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
        const conditions = condition === undefined ? {} : { conditions: [{ ...target, ...observed }] };
        const patch = { metadata: { uid: metadata.uid }, status: { phase: 'Failed', ...observed, ...conditions } };
        await api.patch(metadata, 'strategic', patch, { subresource: 'status' });
      }
      await api.delete(metadata, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

const orphanCondition = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };

export const podGarbageCollector: ControllerDescriptor = {
  name: 'pod-garbage-collector-controller',
  aliases: ['podgc'],
  build: ({ informers, client, flags, log, clock }) =>
    new PodGarbageCollector({
      pods: informers.of(Pod),
      nodes: informers.of(Node),
      client: client('pod-garbage-collector'),
      threshold: flags['terminated-pod-gc-threshold'],
      log,
      clock,
    }),
};
