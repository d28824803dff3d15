// deployment-controller: a Deployment's Pods are of its template, and change to it as its strategy says
// (pkg/controller/deployment/deployment_controller.go).
import { isDeepStrictEqual } from 'node:util';
import { type LabelSelector, selectorFromObject } from '../../apimachinery/selectors.ts';
import { type Change, Controller, type ReconcileResult } from '../../client/controller.ts';
import { isNamespaceTerminating } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import { Deployment, Pod, ReplicaSet } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import type { ControllerContext, ControllerDescriptor } from '../manager/descriptor.ts';
import { controlledBy, indexByController } from '../shared/by-controller.ts';
import { claim, controllerOf } from '../shared/controller-ref.ts';
import { resolveController } from '../shared/pod-handlers.ts';
import { DeploymentSync } from './deployment-sync.ts';

const account = 'deployment-controller';
/** Failures in a row after which a Deployment is let go until something happens to it. */
const maxRetries = 15;

class DeploymentController {
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #api: ResourceClient<Deployment>;
  readonly #setsApi: ResourceClient<ReplicaSet>;
  readonly #recorder: EventRecorder;
  readonly controller: Controller;
  readonly #context: ControllerContext;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, client, recorder, flags, log, clock } = context;
    this.#deployments = informers.of(Deployment);
    this.#sets = informers.of(ReplicaSet);
    this.#pods = informers.of(Pod);
    indexByController(this.#sets);
    indexByController(this.#pods);
    this.#api = client(account).resource(Deployment);
    this.#setsApi = client(account).resource(ReplicaSet);
    this.#recorder = recorder(account);
    const workers = flags['concurrent-deployment-syncs'];
    const reconcile = (key: string) => this.#reconcile(key);
    this.controller = new Controller({ name: account, workers, maxRetries, reconcile, log, clock })
      .watch(this.#deployments)
      .watch(this.#sets, (change) => this.#keysOfSet(change))
      .watch(this.#pods, ({ type, object }) => (type === 'delete' ? this.#keysOfDeletedPod(object) : []));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const deployment = this.#deployments.lister.getByKey(key);
    if (deployment === undefined) return;
    const selector = selectorFromObject(deployment.spec?.selector);
    if (selector.empty) return this.#refuse(deployment);
    const sets = await this.#claim(deployment, selector);
    const { clock } = this.#context;
    const sync = new DeploymentSync(
      {
        deployments: this.#api,
        replicaSets: this.#setsApi,
        cachedReplicaSets: this.#sets.lister,
        podsOf: (set) => controlledBy(this.#pods.lister, set),
        recorder: this.#recorder,
        clock,
      },
      deployment,
      sets,
    );
    try {
      return await sync.run();
    } catch (error) {
      // Everything of this namespace is going to be deleted; nothing to try again.
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  async #refuse(deployment: Deployment): Promise<void> {
    const words = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.#recorder.event(deployment, 'Warning', 'SelectingAll', words);
    const { generation = 0 } = deployment.metadata;
    if ((deployment.status?.observedGeneration ?? 0) >= generation) return;
    await this.#api.updateStatus({ ...deployment, status: { ...deployment.status, observedGeneration: generation } });
  }

  #claim(deployment: Deployment, selector: LabelSelector): Promise<ReplicaSet[]> {
    const sets = controlledBy(this.#sets.lister, deployment, { orphans: true });
    const fresh = () => this.#api.get(deployment.metadata);
    return claim(sets, { owner: deployment, selector, client: this.#setsApi, fresh });
  }

  #ownerOf(set: ReplicaSet): Deployment | undefined {
    const owners = { kind: 'Deployment', lister: this.#deployments.lister };
    return resolveController(set.metadata.namespace, controllerOf(set), owners);
  }

  #keysOfSet({ type, object, old }: Change<ReplicaSet>): string[] {
    if (type === 'update' && old?.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    const reference = controllerOf(object);
    const changed = type === 'update' && old !== undefined && !isDeepStrictEqual(controllerOf(old), reference);
    const owners = [changed ? this.#ownerOf(old) : undefined, this.#ownerOf(object)];
    const keys = owners.filter((owner) => owner !== undefined).map(keyOf);
    if (reference !== undefined || type === 'delete') return keys;
    const relabelled = !isDeepStrictEqual(old?.metadata.labels, object.metadata.labels);
    return type === 'add' || changed || relabelled ? [...keys, ...this.#adopters(object)] : keys;
  }

  #adopters({ metadata: { namespace, labels, deletionTimestamp } }: ReplicaSet): string[] {
    if (deletionTimestamp !== undefined || labels === undefined) return [];
    const would = ({ spec }: Deployment) => {
      const selector = selectorFromObject(spec?.selector);
      return !selector.empty && selector.matches(labels);
    };
    return this.#deployments.lister.list({ namespace }).filter(would).map(keyOf);
  }

  /** A Deployment that is recreated waits until the last Pod has gone, of which no ReplicaSet tells. */
  #keysOfDeletedPod(pod: Pod): string[] {
    const { namespace } = pod.metadata;
    const set = resolveController(namespace, controllerOf(pod), { kind: 'ReplicaSet', lister: this.#sets.lister });
    const deployment = set && this.#ownerOf(set);
    if (deployment?.spec?.strategy?.type !== 'Recreate') return [];
    const sets = controlledBy(this.#sets.lister, deployment);
    return sets.some((set) => controlledBy(this.#pods.lister, set).length > 0) ? [] : [keyOf(deployment)];
  }
}

export const deployment: ControllerDescriptor = {
  name: 'deployment-controller',
  aliases: ['deployment'],
  build: (context) => new DeploymentController(context).controller,
};
