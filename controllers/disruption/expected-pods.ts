// How many Pods there should be, by the controllers of those that there are (pkg/controller/disruption/disruption.go getExpectedScale and its finders).
import { groupResourceOf, type OwnerReference, parseApiVersion } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import type { RestMapper } from '../../client/discovery.ts';
import { isNotFound } from '../../client/errors.ts';
import type { Deployment, Pod, ReplicaSet, ReplicationController, StatefulSet } from '../../client/kinds.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { controllerOf } from '../shared/controller-ref.ts';

export interface ScaleSources {
  replicationControllers: Lister<ReplicationController>;
  replicaSets: Lister<ReplicaSet>;
  deployments: Lister<Deployment>;
  statefulSets: Lister<StatefulSet>;
  /** For everything else that has a scale. */
  client: Client;
  mapper: RestMapper;
}

interface Scaled {
  uid: string;
  replicas: number;
}

export interface ExpectedPods {
  count: number;
  /** Names of Pods that nobody controls. */
  unmanaged: string[];
}

/** Throws where a Pod's controller cannot be found, or has no scale. */
export async function expectedPods(pods: readonly Pod[], sources: ScaleSources): Promise<ExpectedPods> {
  const scales = new Map<string, number>();
  const unmanaged: string[] = [];
  // Many Pods have the same controller, which is asked for once.
  const asked = new Set<string>();
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (reference === undefined) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (asked.has(reference.uid)) continue;
    asked.add(reference.uid);
    const { namespace } = pod.metadata;
    const scaled = findKnown(reference, namespace, sources) ?? (await findScale(reference, namespace, sources));
    if (scaled === undefined) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
    scales.set(scaled.uid, scaled.replicas);
  }
  return { count: [...scales.values()].reduce((sum, count) => sum + count, 0), unmanaged };
}

function isA({ apiVersion, kind }: OwnerReference, wanted: string, groups: readonly string[]): boolean {
  return kind === wanted && groups.includes(parseApiVersion(apiVersion).group);
}

/** The kinds that have an informer of their own; of a replica set with a deployment the deployment counts. */
function findKnown(reference: OwnerReference, namespace: string, sources: ScaleSources): Scaled | undefined {
  const find = <T extends ApiObject & { spec?: { replicas?: number } }>(
    lister: Lister<T>,
    { name, uid } = reference,
  ): T | undefined => {
    const found = lister.get(namespace, name);
    return found?.metadata.uid === uid ? found : undefined;
  };
  const scaled = (object: (ApiObject & { spec?: { replicas?: number } }) | undefined): Scaled | undefined =>
    object === undefined ? undefined : { uid: object.metadata.uid!, replicas: object.spec?.replicas ?? 1 };
  if (isA(reference, 'ReplicationController', [''])) return scaled(find(sources.replicationControllers));
  if (isA(reference, 'StatefulSet', ['apps'])) return scaled(find(sources.statefulSets));
  if (!isA(reference, 'ReplicaSet', ['apps', 'extensions'])) return undefined;
  const replicaSet = find(sources.replicaSets);
  const owner = replicaSet === undefined ? undefined : controllerOf(replicaSet);
  if (owner?.kind !== 'Deployment') return scaled(replicaSet);
  return isA(owner, 'Deployment', ['apps', 'extensions']) ? scaled(find(sources.deployments, owner)) : undefined;
}

interface Scale extends ApiObject {
  spec?: { replicas?: number };
}

/** Of any other kind, by its scale subresource. */
async function findScale(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string,
  { client, mapper }: ScaleSources,
): Promise<Scaled | undefined> {
  const resource = await mapper.find(apiVersion, kind);
  if (resource === undefined) {
    const { group, version } = parseApiVersion(apiVersion);
    const groupKind = group === '' ? kind : `${kind}.${group}`;
    throw new Error(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`, {
      cause: `${groupKind}/${version}`,
    });
  }
  try {
    const scale = await client.resource(resource).getSubresource<Scale>({ namespace, name }, 'scale');
    return scale.metadata.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (resource.subresources.includes('scale')) return undefined;
    const named = groupResourceOf(resource.group, resource.resource);
    throw new Error(`${named} does not implement the scale subresource`, { cause: error });
  }
}
