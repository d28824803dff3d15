// One APIService for each group version that definitions serve, as upstream's crd-autoregister and autoregister controllers keep them
// (pkg/controlplane/controller/crdregistration; kube-aggregator pkg/controllers/autoregister).
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { KubeObject } from '../../apimachinery/object.ts';
import { StatusError } from '../../apimachinery/status.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ServerWriter } from '../registry/server-writer.ts';
import { crdResource, specOf } from './crd.ts';
import { KeyedQueue } from './keyed-queue.ts';

const apiServices = 'apiservices.apiregistration.k8s.io';
const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';
/** Custom resources come after everything else; versions of a group are told apart by their names. */
const priorities = { groupPriorityMinimum: 1000, versionPriority: 100 };

export class ApiServiceRegistration {
  readonly #cache: WatchCache;
  readonly #writer: ServerWriter;
  readonly #queue: KeyedQueue;
  readonly #stops: (() => void)[];

  constructor(options: { cache: WatchCache; writer: ServerWriter; log: Logger }) {
    this.#cache = options.cache;
    this.#writer = options.writer;
    this.#queue = new KeyedQueue(
      (name) => this.#sync(name),
      (name, error) => options.log.warn({ err: error, apiService: name }, 'an APIService is registered again'),
    );
    this.#stops = [
      options.cache.resource(crdResource).onChange(({ object, old }) => {
        for (const crd of old === undefined ? [object] : [object, old]) this.#enqueue(crd);
      }),
      options.cache.resource(apiServices).onChange(({ object }) => {
        if (object.metadata.labels?.[managedLabel] === 'true') this.#queue.add(object.metadata.name!);
      }),
    ];
  }

  /** Also removes what definitions left behind that went while no server ran. */
  start(): void {
    for (const crd of this.#cache.resource(crdResource).list()) this.#enqueue(crd);
    for (const { metadata } of this.#cache.resource(apiServices).list())
      if (metadata.labels?.[managedLabel] === 'true') this.#queue.add(metadata.name!);
  }

  #enqueue(crd: KubeObject): void {
    const { group, versions } = specOf(crd);
    for (const { name } of versions) this.#queue.add(`${name}.${group}`);
  }

  /** The APIService that there should be; undefined where no definition serves the group version. */
  #desired(name: string): KubeObject | undefined {
    const dot = name.indexOf('.');
    const [version, group] = [name.slice(0, dot), name.slice(dot + 1)];
    const served = this.#cache
      .resource(crdResource)
      .list()
      .map(specOf)
      .some((spec) => spec.group === group && spec.versions.some((one) => one.name === version && one.served));
    if (!served) return undefined;
    return {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name, labels: { [managedLabel]: 'true' } },
      spec: { group, version, ...priorities },
    };
  }

  async #sync(name: string): Promise<void> {
    const desired = this.#desired(name);
    const current = this.#cache.resource(apiServices).get('', name);
    if (current !== undefined && current.metadata.labels?.[managedLabel] !== 'true') return;
    try {
      if (current === undefined) {
        if (desired !== undefined) await this.#writer.create(apiServices, '', desired);
      } else if (desired === undefined) {
        await this.#writer.delete(apiServices, '', name, { uid: current.metadata.uid! });
      } else if (!isDeepStrictEqual({ ...current['spec'] }, desired['spec'])) {
        await this.#writer.update(apiServices, '', { ...current, spec: desired['spec'] });
      }
    } catch (error) {
      if (!isOvertaken(error)) throw error;
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#queue.close();
  }
}

/** Somebody else, maybe another server, was first; what has changed brings the next turn. */
function isOvertaken(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    (error.reason === 'AlreadyExists' || error.reason === 'Conflict' || error.reason === 'NotFound')
  );
}
