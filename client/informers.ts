// All the informers of a process: one for each resource and selection, whoever asks (client-go informers.SharedInformerFactory).
import type { Logger } from 'pino';
import type { KubeObject } from '../apimachinery/object.ts';
import type { BackoffOptions } from './backoff.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { Informer } from './informer.ts';
import type { ApiObject, Resource } from './resource.ts';
import type { ResourceClient, Selection } from './resource-client.ts';

export interface InformersOptions {
  log: Logger;
  clock?: Clock;
  /** Freezes cached objects so that changing one throws; by default in tests (NODE_ENV=test) only. */
  freeze?: boolean;
  /** Keeps metadata.managedFields, which nearly nobody reads. */
  keepManagedFields?: boolean;
  backoff?: BackoffOptions;
}

export class Informers {
  readonly client: Client;
  readonly #options: InformersOptions;
  readonly #freeze: boolean;
  readonly #informers = new Map<string, Informer<ApiObject>>();
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(client: Client, options: InformersOptions) {
    this.client = client;
    this.#options = options;
    this.#freeze = options.freeze ?? process.env['NODE_ENV'] === 'test';
  }

  /** The informer of a resource; of a part of it with a selection. It runs once `start` was called, at once if it has been. */
  of<T extends ApiObject = KubeObject>(resource: Resource<T>, selection: Selection = {}): Informer<T> {
    return this.#informer(this.client.resource(resource), selection, '');
  }

  /** The informer of a resource's metadata only. Its objects are PartialObjectMetadata: their kind is not the resource's. */
  metadataOf(resource: Resource<ApiObject>, selection: Selection = {}): Informer<ApiObject> {
    return this.#informer(this.client.resource(resource).metadata(), selection, 'metadata');
  }

  /** The informer of whole objects, where somebody has asked for it already. */
  existing(resource: Resource<ApiObject>): Informer<ApiObject> | undefined {
    return this.#informers.get(keyOfInformer(resource, {}, ''));
  }

  #informer<T extends ApiObject>(client: ResourceClient<T>, selection: Selection, form: string): Informer<T> {
    const key = keyOfInformer(client.resource, selection, form);
    let informer = this.#informers.get(key) as Informer<T> | undefined;
    if (informer === undefined) {
      const { keepManagedFields, ...options } = this.#options;
      const transform = keepManagedFields ? {} : { transform: withoutManagedFields<T> };
      informer = new Informer<T>(client, { ...options, ...transform, selection, freeze: this.#freeze });
      this.#informers.set(key, informer as unknown as Informer<ApiObject>);
      if (this.#state === 'started') informer.start();
    }
    return informer;
  }

  /** Starts all that were asked for, and from now on each that is. Idempotent. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    for (const informer of this.#informers.values()) informer.start();
  }

  /** Resolves when all that were asked for have synced. Rejects with the signal's reason. */
  async synced(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced(signal)));
  }

  /** Stops one and forgets it, where its resource is no longer served. */
  async drop<T extends ApiObject>(informer: Informer<T>): Promise<void> {
    for (const [key, known] of this.#informers) {
      if ((known as unknown) === informer) this.#informers.delete(key);
    }
    await informer.stop();
  }

  /** Stops all, for good. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}

function keyOfInformer(of: Resource<ApiObject>, selection: Selection, form: string): string {
  const { namespace = '', labelSelector = '', fieldSelector = '' } = selection;
  return [of.group, of.version, of.resource, form, namespace, labelSelector, fieldSelector].join('\n');
}

function withoutManagedFields<T extends ApiObject>(object: T): T {
  if (object.metadata.managedFields !== undefined) delete object.metadata.managedFields;
  return object;
}
