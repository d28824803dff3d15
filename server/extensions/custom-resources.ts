// Serves the resources that CustomResourceDefinitions define, while they come, change and go (apiextensions-apiserver pkg/apiserver
// customresource_handler.go, customresource_discovery_controller.go). Each server process follows the definitions in its own watch cache; a
// request for a resource that it does not serve yet waits until it has caught up.
import type { Logger } from 'pino';
import { apiVersionOf, groupResourceOf, type KubeObject } from '../../apimachinery/object.ts';
import { newForbidden } from '../../apimachinery/status.ts';
import type { Storage } from '../../storage/storage.ts';
import type { AdmissionAttributes, AdmissionChain } from '../admission/types.ts';
import type { RingLimits } from '../cache/event-ring.ts';
import { customFramingOf } from '../cache/framing.ts';
import { ResourceCache } from '../cache/resource-cache.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ResourceRoutes } from '../http/resource-routes.ts';
import type { ResourceDescriptor, Verb } from '../registry/descriptor.ts';
import { Store } from '../registry/store.ts';
import type { WritePolicies } from '../registry/write-policies.ts';
import { type Converter, noneConverter } from './converter.ts';
import { type CrdSpec, crdResource, isConditionTrue, specOf, statusOfCrd, storageVersionOf } from './crd.ts';
import { CustomCodec } from './custom-codec.ts';
import { customDescriptor } from './custom-descriptor.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { VersionSchema } from './version-schema.ts';
import { ReviewClient } from './webhook-client.ts';
import { WebhookConverter } from './webhook-converter.ts';

export interface CustomResourcesOptions {
  storage: Storage;
  cache: WatchCache;
  routes: ResourceRoutes;
  policies: WritePolicies;
  ring: RingLimits;
  log: Logger;
  /** Told of the resources that discovery and OpenAPI are to show, whenever they have changed. */
  publish(descriptors: readonly ResourceDescriptor[]): void;
}

/** One version of a resource that is served. */
interface ServedVersion {
  descriptor: ResourceDescriptor;
  store: Store;
}

interface Served {
  uid: string;
  /** What it was made from; where that is the same, it stays. */
  signature: string;
  generation: number;
  /** See CustomCodecOptions.freshFrom. */
  freshFrom: number;
  storageName: string;
  cache: ResourceCache;
  established: boolean;
  /** Of the conversion webhook. */
  client: ReviewClient | undefined;
  /** Of the storage version, which need not be served. */
  storageStore: Store;
  served: readonly ServedVersion[];
  /** As discovery and OpenAPI show them. */
  discovered: readonly ResourceDescriptor[];
}

export class CustomResources {
  readonly #options: CustomResourcesOptions;
  /** By the name of the definition. */
  readonly #served = new Map<string, Served>();
  readonly #queue: KeyedQueue;
  readonly #stopFollowing: () => void;
  #publishing = false;

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
    this.#queue = new KeyedQueue(
      (name) => this.#sync(name),
      (name, error) =>
        options.log.warn({ err: error, definition: name }, 'a custom resource could not be served; it is tried again'),
    );
    const definitions = options.cache.resource(crdResource);
    this.#stopFollowing = definitions.onChange(({ object }) => this.#queue.add(object.metadata.name!));
    options.routes.onMiss((group, resource) => this.#catchUp(group, resource));
  }

  /** Resolves when the definitions that are there are served. */
  async start(): Promise<void> {
    for (const crd of this.#options.cache.resource(crdResource).list()) this.#queue.add(crd.metadata.name!);
    await this.#queue.settled();
    this.#publish();
  }

  /** Resolves when every definition that this process knows of is served; undefined when that is so. */
  settled(): Promise<void> | undefined {
    return this.#queue.settled();
  }

  /** The store of a definition's objects in the version that is stored; undefined where it is not served. */
  async storeOf(name: string): Promise<Store | undefined> {
    await this.#queue.settled(name);
    return this.#served.get(name)?.storageStore;
  }

  /** Another server may have been told of a definition before this one. */
  async #catchUp(group: string, resource: string): Promise<void> {
    await this.#options.cache.waitFresh();
    await this.#queue.settled(groupResourceOf(group, resource));
  }

  async #sync(name: string): Promise<void> {
    const crd = this.#options.cache.resource(crdResource).lookup('', name);
    const before = this.#served.get(name);
    const object = crd?.shared();
    const wanted = object !== undefined && isServed(object);
    if (before !== undefined && (!wanted || before.uid !== crd!.uid)) this.#remove(name, before);
    if (!wanted) return;
    const known = this.#served.get(name);
    const signature = signatureOf(object);
    if (known?.signature === signature) return;
    const storageName = name;
    const cache = known?.cache ?? (await this.#addCache(storageName, object));
    const freshFrom = known?.generation === object.metadata.generation ? known!.freshFrom : crd!.revision;
    const made = this.#make(object, { storageName, cache, freshFrom, signature });
    this.#replace(name, known, made);
  }

  async #addCache(storageName: string, crd: KubeObject): Promise<ResourceCache> {
    const spec = specOf(crd);
    const framing = customFramingOf(apiVersionOf(spec.group, storageVersionOf(spec).name), spec.names.kind);
    const cache = new ResourceCache(
      framing,
      (object) => ({ labels: object.metadata.labels, fields: {} }),
      this.#options.ring,
    );
    await this.#options.cache.add(storageName, cache);
    return cache;
  }

  #make(crd: KubeObject, parts: Pick<Served, 'cache' | 'freshFrom' | 'signature' | 'storageName'>): Served {
    const spec = specOf(crd);
    const status = statusOfCrd(crd);
    const schemas = new Map(spec.versions.map((version) => [version.name, new VersionSchema(spec, version)]));
    const { converter, client } = this.#connect(spec);
    const shared = {
      ...parts,
      schemas,
      converter,
      stored: status.storedVersions,
      terminating: isConditionTrue(crd, 'Terminating'),
    };
    const storage = storageVersionOf(spec);
    const versions = spec.versions
      .filter((version) => version.served || version.storage)
      .map((version) => ({
        version,
        made: this.#makeVersion(spec, customDescriptor({ spec, status, version, schemas }), shared),
      }));
    const served = versions.filter(({ version }) => version.served).map(({ made }) => made);
    const { terminating } = shared;
    return {
      ...parts,
      uid: crd.metadata.uid!,
      generation: crd.metadata.generation ?? 0,
      established: isConditionTrue(crd, 'Established'),
      client,
      storageStore: versions.find(({ version }) => version === storage)!.made.store,
      served,
      discovered: served.map(({ descriptor }) =>
        terminating ? { ...descriptor, verbs: terminatingVerbs } : descriptor,
      ),
    };
  }

  #makeVersion(
    spec: CrdSpec,
    descriptor: ResourceDescriptor,
    shared: Pick<Served, 'cache' | 'freshFrom'> & {
      schemas: ReadonlyMap<string, VersionSchema>;
      converter: Converter;
      stored: readonly string[];
      terminating: boolean;
    },
  ): ServedVersion {
    const { cache, freshFrom, schemas, converter, stored, terminating } = shared;
    const { storage, cache: watchCache, policies } = this.#options;
    const apiVersion = apiVersionOf(spec.group, descriptor.version);
    const codec = new CustomCodec({
      apiVersion,
      storageApiVersion: apiVersionOf(spec.group, storageVersionOf(spec).name),
      freshFrom,
      schemas,
      converter,
      framing: customFramingOf(apiVersion, descriptor.kind),
      cache,
      onlyThisVersionStored: stored.every((version) => version === descriptor.version),
    });
    const admission = terminating ? forbidCreates(policies.admission) : policies.admission;
    const hooks = policies.hooksOf(descriptor);
    return { descriptor, store: new Store(descriptor, { storage, cache: watchCache, admission, hooks, codec }) };
  }

  #connect({ conversion }: CrdSpec): { converter: Converter; client: ReviewClient | undefined } {
    const webhook = conversion?.webhook;
    if (conversion?.strategy !== 'Webhook' || webhook?.clientConfig === undefined)
      return { converter: noneConverter, client: undefined };
    const client = new ReviewClient(webhook.clientConfig, this.#options.cache);
    return { converter: new WebhookConverter(client, webhook.conversionReviewVersions ?? []), client };
  }

  #replace(name: string, before: Served | undefined, made: Served): void {
    const { routes } = this.#options;
    this.#served.set(name, made);
    for (const { descriptor } of before?.served ?? []) routes.withdraw(descriptor);
    for (const { descriptor, store } of made.served) routes.serve(descriptor, store);
    before?.client?.release();
    this.#publishSoon();
  }

  /** Requests are 404 from now on, and watches end. */
  #remove(name: string, served: Served): void {
    const { routes, cache } = this.#options;
    this.#served.delete(name);
    for (const { descriptor } of served.served) routes.withdraw(descriptor);
    cache.remove(served.storageName);
    served.client?.release();
    this.#publishSoon();
  }

  /** A hundred definitions that come together are published together. */
  #publishSoon(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    queueMicrotask(() => {
      this.#publishing = false;
      this.#publish();
    });
  }

  #publish(): void {
    const shown = [...this.#served].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, served]) => served);
    this.#options.publish(shown.filter(({ established }) => established).flatMap(({ discovered }) => discovered));
  }

  async close(): Promise<void> {
    this.#stopFollowing();
    await this.#queue.close();
    for (const { client } of this.#served.values()) client?.close();
  }
}

/** What discovery still lists of a resource whose definition is being deleted. */
const terminatingVerbs: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'watch'];

function isServed(crd: KubeObject): boolean {
  return isConditionTrue(crd, 'NamesAccepted') || isConditionTrue(crd, 'Established');
}

/** What a definition is served by. */
function signatureOf(crd: KubeObject): string {
  const { acceptedNames, storedVersions } = statusOfCrd(crd);
  const conditions = [isConditionTrue(crd, 'Established'), isConditionTrue(crd, 'Terminating')];
  return JSON.stringify([crd.metadata.generation, acceptedNames, storedVersions, conditions]);
}

/** Nothing is created any more while the definition is being deleted (customresource_handler.go forbidCreateAdmission). */
function forbidCreates(chain: AdmissionChain): AdmissionChain {
  const refuse = ({ operation, descriptor, name }: AdmissionAttributes): void => {
    if (operation !== 'CREATE') return;
    throw newForbidden(descriptor, name, 'create not allowed while custom resource definition is terminating');
  };
  return {
    admit(attributes) {
      refuse(attributes);
      return chain.admit(attributes);
    },
    validate(attributes) {
      refuse(attributes);
      return chain.validate(attributes);
    },
  };
}
