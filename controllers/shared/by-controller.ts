// Objects by who controls them (pkg/controller AddPodControllerIndexer and FilterPodsByOwner, for any kind).
import type { Informer } from '../../client/informer.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { controllerOf } from './controller-ref.ts';

const controllerIndex = 'controller';

/** The uid of the controller; of an orphan the namespace and a slash, which no uid holds. */
function indexValue(object: ApiObject): string {
  return controllerOf(object)?.uid ?? `${object.metadata.namespace}/`;
}

/** Adds the index that `controlledBy` reads; once, whoever asks. */
export function indexByController<T extends ApiObject>(informer: Informer<T>): void {
  informer.addIndex(controllerIndex, (object) => [indexValue(object)]);
}

/** The objects that this one controls, by its uid; with `orphans` also those of its namespace that nobody controls. */
export function controlledBy<T extends ApiObject>(
  lister: Lister<T>,
  { metadata: { uid, namespace } }: Pick<ApiObject, 'metadata'>,
  { orphans = false } = {},
): T[] {
  const owned = lister.byIndex(controllerIndex, uid!);
  if (!orphans) return owned;
  const free = lister.byIndex(controllerIndex, `${namespace}/`);
  return free.length === 0 ? owned : [...owned, ...free];
}
