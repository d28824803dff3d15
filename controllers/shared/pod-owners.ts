// Pods by who controls them (pkg/controller AddPodControllerIndexer, FilterPodsByOwner).
import type { Informer } from '../../client/informer.ts';
import type { Pod } from '../../client/kinds.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { controllerOf } from './controller-ref.ts';

const controllerIndex = 'podController';

/** The uid of the controller; of an orphan the namespace and a slash, which no uid holds. */
function indexValue(pod: Pod): string {
  return controllerOf(pod)?.uid ?? `${pod.metadata.namespace}/`;
}

/** Adds the index that `podsOf` reads; once, whoever asks. */
export function indexPodsByController(pods: Informer<Pod>): void {
  pods.addIndex(controllerIndex, (pod) => [indexValue(pod)]);
}

/** The Pods that this object controls; with `orphans` also those of its namespace that nobody controls. */
export function podsOf(lister: Lister<Pod>, owner: ApiObject, { orphans = false } = {}): Pod[] {
  const owned = lister.byIndex(controllerIndex, owner.metadata.uid!);
  if (!orphans) return owned;
  const free = lister.byIndex(controllerIndex, `${owner.metadata.namespace}/`);
  return free.length === 0 ? owned : [...owned, ...free];
}
