// What is done to a pod through subresources of its own: binding, eviction, and the streams that its node serves.
import type { KubeObject } from '../../../apimachinery/object.ts';
import { selectorFromObject } from '../../../apimachinery/selectors.ts';
import { newBadRequest, newNotFound, newServiceUnavailable, StatusError } from '../../../apimachinery/status.ts';
import { applyBinding, checkBinding } from '../../registry/core/pod-binding.ts';
import type { DeleteOptions } from '../../registry/deletion.ts';
import { timestamp } from '../../registry/metadata.ts';
import { decideEviction, evictionConflict, markEvicted } from '../../registry/policy/eviction.ts';
import type { Store } from '../../registry/store.ts';
import type { WriteRequest } from '../../registry/write-request.ts';
import type { ApiRequest } from '../api-request.ts';
import { checkDeleteOptions } from '../options.ts';
import type { CustomRoute } from '../resource-routes.ts';
import type { ReadPosted } from './admitted-posts.ts';
import { respondCreated, successStatus } from './created.ts';
import { optionsObject, writeRequest } from './write.ts';

export interface PodStores {
  pods: Store;
  nodes: Store;
  budgets: Store;
  readPosted: ReadPosted;
}

const bindingKind = { group: '', version: 'v1', kind: 'Binding' };
const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction' };

/** POST pods/x/binding and, with the pod's name in the body, POST bindings. */
async function bind(request: ApiRequest, { pods, readPosted }: PodStores, namespace: string): Promise<void> {
  const { object: binding, options } = await readPosted(request, bindingKind);
  const name = request.info.name || binding.metadata.name || '';
  if (binding.metadata.name && binding.metadata.name !== name) {
    throw newBadRequest(`name in URL does not match name in Binding object`);
  }
  checkBinding(binding);
  const write = { ...writeRequest(request, namespace, options.dryRun, optionsObject('CreateOptions', options)), name };
  const assign = (pod: KubeObject): KubeObject => {
    applyBinding(pod, binding, timestamp());
    const { uid, resourceVersion } = binding.metadata;
    if (uid) pod.metadata.uid = uid;
    if (resourceVersion) pod.metadata.resourceVersion = resourceVersion;
    return pod;
  };
  await pods.update(write, assign, {
    allowUnconditional: true,
    admitted: true,
    subresource: { name: 'binding', verbs: [] },
  });
  await respondCreated(request, successStatus);
}

/** Budgets of the pod's namespace whose selector takes it in; an empty selector takes in everything. */
function budgetsOf(pod: KubeObject, budgets: Store): KubeObject[] {
  return budgets.cache
    .list(pod.metadata.namespace)
    .filter((budget) => selectorFromObject(budget['spec']?.selector).matches(pod.metadata.labels));
}

/** How often an eviction decides anew when the budget changed under it (upstream retries as often). */
const evictionAttempts = 20;

class Eviction {
  readonly #stores: PodStores;
  readonly #request: WriteRequest;
  readonly #options: DeleteOptions;

  constructor(stores: PodStores, request: WriteRequest, options: DeleteOptions) {
    this.#stores = stores;
    this.#request = request;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const pod = (await this.#stores.pods.get(this.#request.namespace, this.#request.name, true)).parse();
      try {
        return await this.#evict(pod);
      } catch (error) {
        if (
          !(error instanceof StatusError) ||
          error.reason !== 'Conflict' ||
          attempt >= evictionAttempts ||
          this.#options.preconditions
        )
          throw error;
      }
    }
  }

  async #evict(pod: KubeObject): Promise<void> {
    const decision = decideEviction(pod, budgetsOf(pod, this.#stores.budgets), timestamp());
    if (decision.action === 'decrement') await this.#takeFrom(decision.budget);
    const pin =
      decision.action === 'delete' &&
      decision.pinResourceVersion &&
      this.#options.preconditions?.resourceVersion === undefined;
    await this.#delete(
      pod,
      pin,
      decision.action === 'delete' ? (decision.budget ?? '') : decision.budget.metadata.name!,
    );
  }

  /** One disruption less; a conflict means that the budget changed and everything is to be decided again. */
  async #takeFrom(budget: KubeObject): Promise<void> {
    const { budgets } = this.#stores;
    const subresource = budgets.descriptor.subresources.find(({ name }) => name === 'status')!;
    await budgets.update({ ...this.#request, name: budget.metadata.name! }, () => structuredClone(budget), {
      subresource,
    });
  }

  async #delete(pod: KubeObject, pin: boolean, budgetName: string): Promise<void> {
    const { pods } = this.#stores;
    const status = pods.descriptor.subresources.find(({ name }) => name === 'status')!;
    const mark = (current: KubeObject): KubeObject => {
      if (pin) current.metadata.resourceVersion = pod.metadata.resourceVersion!;
      markEvicted(current, timestamp());
      return current;
    };
    const preconditions = { ...this.#options.preconditions };
    try {
      if (pod.metadata.deletionTimestamp === undefined) {
        const { object } = await pods.update(this.#request, mark, { subresource: status, allowUnconditional: true });
        if (pin) preconditions.resourceVersion = String(object.revision);
      }
      await pods.delete(this.#request, { ...this.#options, preconditions });
    } catch (error) {
      if (pin && error instanceof StatusError && error.reason === 'Conflict') throw evictionConflict(budgetName);
      throw error;
    }
  }
}

async function evict(request: ApiRequest, stores: PodStores, namespace: string): Promise<void> {
  const { object: eviction, options } = await stores.readPosted(request, evictionKind);
  const { name } = request.info;
  if (eviction.metadata.name && eviction.metadata.name !== name)
    throw newBadRequest('name in URL does not match name in Eviction object');
  const { dryRun, ...deleteOptions } = checkDeleteOptions((eviction['deleteOptions'] ?? {}) as Record<string, unknown>);
  const write = writeRequest(request, namespace, options.dryRun || dryRun, optionsObject('CreateOptions', options));
  await new Eviction(stores, write, deleteOptions).run();
  await respondCreated(request, successStatus);
}

/** Logs and streams come from the pod's node; what can be said without one is said as upstream says it. */
async function streamFromNode(request: ApiRequest, { pods, nodes }: PodStores, namespace: string): Promise<void> {
  const pod = (await pods.get(namespace, request.info.name, true)).parse();
  const nodeName = pod['spec']?.nodeName as string | undefined;
  if (!nodeName) throw newBadRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  if (nodes.cache.lookup('', nodeName) === undefined) throw newNotFound(nodes.groupResource, nodeName);
  throw newServiceUnavailable(`node ${nodeName} cannot be reached: this server does not forward to kubelets yet`);
}

async function proxyUnavailable(request: ApiRequest): Promise<void> {
  throw newServiceUnavailable(
    `${request.info.resource} ${JSON.stringify(request.info.name)} cannot be reached: this server does not proxy yet`,
  );
}

export function podRoutes(stores: PodStores): CustomRoute[] {
  const streams = ['log', 'exec', 'attach', 'portforward', 'proxy'].map(
    (name): CustomRoute => ({
      path: `pods/${name}`,
      handle: (request, namespace) => streamFromNode(request, stores, namespace),
    }),
  );
  return [
    { path: 'bindings', handle: (request, namespace) => bind(request, stores, namespace) },
    { path: 'pods/binding', handle: (request, namespace) => bind(request, stores, namespace) },
    { path: 'pods/eviction', handle: (request, namespace) => evict(request, stores, namespace) },
    ...streams,
    { path: 'nodes/proxy', handle: proxyUnavailable },
    { path: 'services/proxy', handle: proxyUnavailable },
  ];
}
