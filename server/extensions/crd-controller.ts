// What the API server itself does about CustomResourceDefinitions: accepts their names, establishes them, and deletes their objects before
// they go (apiextensions-apiserver pkg/controller). Every server process does it, level-triggered on its watch cache; writes are
// conditional on what was read, so that what one has done another leaves alone.
import type { Logger } from 'pino';
import type { KubeObject } from '../../apimachinery/object.ts';
import { StatusError } from '../../apimachinery/status.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { timestamp } from '../registry/metadata.ts';
import type { ServerWriter } from '../registry/server-writer.ts';
import type { Store } from '../registry/store.ts';
import {
  type CrdCondition,
  type CrdStatus,
  cleanupFinalizer,
  conditionOf,
  crdResource,
  isConditionTrue,
  specOf,
  statusOfCrd,
  withCondition,
} from './crd.ts';
import { settledStatus } from './crd-conditions.ts';
import { deleteInstances } from './instance-deletion.ts';
import { KeyedQueue } from './keyed-queue.ts';

export interface CrdControllerOptions {
  cache: WatchCache;
  writer: ServerWriter;
  log: Logger;
  /** The store of a definition's objects; undefined where it is not served. Waits for what is being made ready. */
  storeOf(name: string): Promise<Store | undefined>;
}

/** Creates that a server had admitted before it heard that the definition is being deleted have so long to be stored. */
const drainMilliseconds = 200;

export class CrdController {
  readonly #options: CrdControllerOptions;
  readonly #queue: KeyedQueue;
  readonly #stopFollowing: () => void;
  /** Stops following the objects of a definition that waits for them to go. */
  readonly #waiting = new Map<string, () => void>();
  /** Definitions whose objects are about to be counted, by uid. */
  readonly #draining = new Map<string, { timer: NodeJS.Timeout; over: boolean }>();

  constructor(options: CrdControllerOptions) {
    this.#options = options;
    this.#queue = new KeyedQueue(
      (name) => this.#sync(name),
      (name, error) => options.log.warn({ err: error, definition: name }, 'a CustomResourceDefinition is tried again'),
    );
    const definitions = options.cache.resource(crdResource);
    this.#stopFollowing = definitions.onChange(({ type, object }) => {
      if (type === 'DELETED') this.#stopDraining(object.metadata.uid!);
      this.#enqueueGroup(object);
    });
  }

  start(): void {
    for (const crd of this.#options.cache.resource(crdResource).list()) this.#queue.add(crd.metadata.name!);
  }

  /** Names that one definition takes or frees concern the others of its group that have not got all of theirs. */
  #enqueueGroup(changed: KubeObject): void {
    this.#queue.add(changed.metadata.name!);
    const { group } = specOf(changed);
    for (const crd of this.#options.cache.resource(crdResource).list()) {
      if (specOf(crd).group === group && crd.metadata.name !== changed.metadata.name)
        this.#queue.add(crd.metadata.name!);
    }
  }

  async #sync(name: string): Promise<void> {
    const definitions = this.#options.cache.resource(crdResource);
    const crd = definitions.get('', name);
    if (crd === undefined) {
      this.#stopWaiting(name);
      return;
    }
    if (crd.metadata.deletionTimestamp !== undefined && crd.metadata.finalizers?.includes(cleanupFinalizer))
      return this.#finalize(crd);
    const status = settledStatus(crd, definitions.list(), timestamp());
    if (!sameStatus(status, statusOfCrd(crd))) await this.#writeStatus(crd, status);
  }

  /** False where somebody else has written or deleted it meanwhile: then there will be another turn. */
  async #writeStatus(crd: KubeObject, status: CrdStatus, finalizers = crd.metadata.finalizers): Promise<boolean> {
    const metadata = { ...crd.metadata, ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }) };
    try {
      await this.#options.writer.updateStatus(crdResource, '', { ...crd, metadata, status });
      return true;
    } catch (error) {
      if (error instanceof StatusError && (error.reason === 'Conflict' || error.reason === 'NotFound')) return false;
      throw error;
    }
  }

  async #finalize(crd: KubeObject): Promise<void> {
    const name = crd.metadata.name!;
    if (!isConditionTrue(crd, 'Established')) {
      await this.#release(crd, terminating('False', 'NeverEstablished', 'resource was never established'));
      return;
    }
    const progress = terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress');
    if (conditionOf(crd, 'Terminating')?.reason !== progress.reason) {
      await this.#writeStatus(crd, withTerminating(crd, progress));
      return;
    }
    const store = await this.#options.storeOf(name);
    if (store === undefined) throw new Error(`unable to find a custom resource client for ${name}`);
    await this.#deleteAll(crd, store);
    // What finalizers hold goes later; whoever takes the last one off brings the next turn.
    if (store.cache.size > 0) {
      this.#waitForObjects(name, store);
      return;
    }
    this.#stopWaiting(name);
    if (!this.#isDrained(crd)) return;
    await this.#release(crd, terminating('False', 'InstanceDeletionCompleted', 'removed all instances'));
  }

  async #deleteAll(crd: KubeObject, store: Store): Promise<void> {
    await this.#options.cache.waitFresh();
    const failure = await deleteInstances(store);
    if (failure === undefined) return;
    const message = `could not issue all deletes: ${failure.message}`;
    await this.#writeStatus(crd, withTerminating(crd, terminating('True', 'InstanceDeletionFailed', message)));
    throw failure;
  }

  /** The definition may go. */
  async #release(crd: KubeObject, condition: Terminating): Promise<void> {
    const finalizers = (crd.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
    await this.#writeStatus(crd, withTerminating(crd, condition), finalizers);
  }

  /** False at first: then there will be another turn. */
  #isDrained({ metadata }: KubeObject): boolean {
    const uid = metadata.uid!;
    const known = this.#draining.get(uid);
    if (known !== undefined) return known.over;
    const draining = {
      over: false,
      timer: setTimeout(() => {
        draining.over = true;
        this.#queue.add(metadata.name!);
      }, drainMilliseconds),
    };
    this.#draining.set(uid, draining);
    return false;
  }

  #waitForObjects(name: string, store: Store): void {
    if (this.#waiting.has(name)) return;
    this.#waiting.set(
      name,
      store.cache.onChange(() => {
        if (store.cache.size === 0) this.#queue.add(name);
      }),
    );
  }

  #stopWaiting(name: string): void {
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }

  #stopDraining(uid: string): void {
    clearTimeout(this.#draining.get(uid)?.timer);
    this.#draining.delete(uid);
  }

  async close(): Promise<void> {
    this.#stopFollowing();
    for (const uid of [...this.#draining.keys()]) this.#stopDraining(uid);
    for (const name of [...this.#waiting.keys()]) this.#stopWaiting(name);
    await this.#queue.close();
  }
}

type Terminating = Omit<CrdCondition, 'lastTransitionTime'>;

function terminating(status: 'False' | 'True', reason: string, message: string): Terminating {
  return { type: 'Terminating', status, reason, message };
}

function withTerminating(crd: KubeObject, condition: Terminating): CrdStatus {
  const status = statusOfCrd(crd);
  return { ...status, conditions: withCondition(status.conditions, condition, timestamp()) };
}

/** Empty lists that one has and the other leaves out are the same. */
function sameStatus(a: CrdStatus, b: CrdStatus): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical({ conditions, acceptedNames }: CrdStatus): unknown {
  const sorted = Object.entries(acceptedNames).sort(([x], [y]) => (x < y ? -1 : 1));
  return [conditions.map(({ type, status, reason, message }) => [type, status, reason, message]), sorted];
}
