// Keeps the cache and the queue up to date with what informers say (pkg/scheduler/eventhandlers.go).
import type { Informer } from '../client/informer.ts';
import type { Informers } from '../client/informers.ts';
import {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  DeviceClass,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  type Pod,
  ResourceClaim,
  ResourceSlice,
  StorageClass,
  VolumeAttachment,
} from '../client/kinds.ts';
import type { ApiObject, Resource } from '../client/resource.ts';
import type { SchedulerCache } from './cache/cache.ts';
import {
  action,
  assignedPodAdd,
  assignedPodDelete,
  type EventResource,
  matches,
  nodeAdd,
  nodeChanges,
  nodeDelete,
  podChanges,
} from './framework/events.ts';
import type { Framework } from './framework/framework.ts';
import { podInformer } from './pod-informer.ts';
import type { RegisteredHint, SchedulingQueue } from './queue/scheduling-queue.ts';

export interface EventHandlerParts {
  informers: Informers;
  cache: SchedulerCache;
  queue: SchedulingQueue;
  /** By `spec.schedulerName`. */
  frameworks: ReadonlyMap<string, Framework>;
  /** All that plugins wait for: other kinds are followed only where somebody does. */
  hints: readonly RegisteredHint[];
}

/** Kinds whose coming, changing and going plugins may wait for. */
const otherKinds: readonly { resource: EventResource; kind: Resource<ApiObject> }[] = [
  { resource: 'CSINode', kind: CSINode as Resource<ApiObject> },
  { resource: 'CSIDriver', kind: CSIDriver as Resource<ApiObject> },
  { resource: 'CSIStorageCapacity', kind: CSIStorageCapacity as Resource<ApiObject> },
  { resource: 'PersistentVolume', kind: PersistentVolume as Resource<ApiObject> },
  { resource: 'PersistentVolumeClaim', kind: PersistentVolumeClaim as Resource<ApiObject> },
  { resource: 'StorageClass', kind: StorageClass as Resource<ApiObject> },
  { resource: 'VolumeAttachment', kind: VolumeAttachment as Resource<ApiObject> },
  { resource: 'ResourceClaim', kind: ResourceClaim as Resource<ApiObject> },
  { resource: 'ResourceSlice', kind: ResourceSlice as Resource<ApiObject> },
  { resource: 'DeviceClass', kind: DeviceClass as Resource<ApiObject> },
];

function assigned({ spec }: Pod): boolean {
  return Boolean(spec?.nodeName);
}

class PodHandlers {
  readonly #parts: EventHandlerParts;

  constructor(parts: EventHandlerParts) {
    this.#parts = parts;
  }

  add(pod: Pod): void {
    if (assigned(pod)) this.#addAssigned(pod);
    else if (this.#ours(pod)) this.#parts.queue.add(pod);
  }

  update(old: Pod, fresh: Pod): void {
    const { cache, queue } = this.#parts;
    if (assigned(old)) {
      cache.addPod(fresh);
      for (const event of podChanges(fresh, old)) queue.move(event, old, fresh);
    } else if (assigned(fresh)) {
      this.#addAssigned(fresh);
      if (this.#ours(old)) queue.delete(old);
    } else if (this.#ours(old)) this.#updateQueued(old, fresh);
  }

  delete(pod: Pod): void {
    if (assigned(pod)) this.#deleteAssigned(pod);
    else if (this.#ours(pod)) this.#deleteQueued(pod);
  }

  #ours({ spec }: Pod): boolean {
    return this.#parts.frameworks.has(spec?.schedulerName ?? '');
  }

  #addAssigned(pod: Pod): void {
    const { cache, queue } = this.#parts;
    cache.addPod(pod);
    queue.move(assignedPodAdd, undefined, pod);
  }

  #deleteAssigned(pod: Pod): void {
    const { cache, queue } = this.#parts;
    cache.removePod(pod);
    queue.move(assignedPodDelete, pod, undefined);
  }

  #updateQueued(old: Pod, fresh: Pod): void {
    const { cache, queue } = this.#parts;
    if (cache.isAssumed(fresh.metadata.uid)) {
      if (fresh.metadata.deletionTimestamp !== undefined && old.metadata.deletionTimestamp === undefined)
        this.#dropAssumed(fresh);
      return;
    }
    queue.update(old, fresh);
    const nominated = old.status?.nominatedNodeName;
    if (nominated && nominated !== fresh.status?.nominatedNodeName) this.#nominationGone(old);
  }

  #deleteQueued(pod: Pod): void {
    const { cache, queue } = this.#parts;
    queue.delete(pod);
    if (cache.isAssumed(pod.metadata.uid)) this.#dropAssumed(pod);
    else if (pod.status?.nominatedNodeName) this.#nominationGone(pod);
  }

  /** It goes before it was bound. */
  #dropAssumed(pod: Pod): void {
    const { cache, queue, frameworks } = this.#parts;
    const { uid } = pod.metadata;
    const known = cache.podInfo(uid)?.pod ?? pod;
    const waiting = frameworks.get(pod.spec?.schedulerName ?? '')?.waitingPod(uid);
    if (waiting === undefined) cache.forgetPod(uid);
    else waiting.reject('', 'removed');
    queue.move(assignedPodDelete, known, undefined);
  }

  /** A node that was being made free is free for others, as far as they are no more important. */
  #nominationGone(pod: Pod): void {
    const priority = pod.spec?.priority ?? 0;
    this.#parts.queue.move(assignedPodDelete, pod, undefined, (other) => (other.spec?.priority ?? 0) <= priority);
  }
}

/** The handlers' informers. */
export function addEventHandlers(parts: EventHandlerParts): Informer<ApiObject>[] {
  const { informers, cache, queue, hints } = parts;
  const followed: Informer<ApiObject>[] = [];
  const nodes = informers.of(Node);
  nodes.addHandler({
    add(node) {
      cache.addNode(node);
      queue.move(nodeAdd, undefined, node);
    },
    update(old, node) {
      cache.addNode(node);
      for (const event of nodeChanges(node, old)) queue.move(event, old, node);
    },
    delete(node) {
      queue.move(nodeDelete, node, undefined);
      cache.removeNode(node.metadata.name);
    },
  });
  const handlers = new PodHandlers(parts);
  const pods = podInformer(informers);
  pods.addHandler({
    add: (pod) => handlers.add(pod),
    update: (old, pod) => handlers.update(old, pod),
    delete: (pod) => handlers.delete(pod),
  });
  followed.push(nodes as unknown as Informer<ApiObject>, pods as unknown as Informer<ApiObject>);
  for (const { resource, kind } of otherKinds) {
    if (!hints.some(({ event }) => event.resource !== '*' && matches(event, { resource, action: action.all })))
      continue;
    const informer = informers.of(kind);
    informer.addHandler({
      add: (object) => queue.move({ resource, action: action.add }, undefined, object),
      update: (old, object) => queue.move({ resource, action: action.update }, old, object),
      delete: (object) => queue.move({ resource, action: action.delete }, object, undefined),
    });
    followed.push(informer);
  }
  return followed;
}
