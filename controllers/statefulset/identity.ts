// Who a Pod of a stateful set is: its ordinal, name, labels and claims (pkg/controller/statefulset/stateful_set_utils.go).
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';
import type { PodState } from '../shared/active-pods.ts';
import { newControllerRef } from '../shared/controller-ref.ts';
import { revisionHashLabel } from '../shared/controller-revisions.ts';
import { podFromTemplate } from '../shared/pod-template.ts';

const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** A Pod of a set, there or yet to be created: then it has no status. */
export type Replica = NewObject<Pod> & PodState;
type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];
type ClaimTemplate = NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>[number];

export function replicasOf({ spec }: StatefulSet): number {
  return spec?.replicas ?? 0;
}

export function startOrdinal({ spec }: StatefulSet): number {
  return spec?.ordinals?.start ?? 0;
}

/** The set and the ordinal that a Pod's name says; -1 where it says none. */
export function parentAndOrdinal({ metadata }: Pick<PodState, 'metadata'>): { parent: string; ordinal: number } {
  const [, parent = '', digits] = /^(.*)-([0-9]+)$/.exec(metadata.name ?? '') ?? [];
  const ordinal = digits === undefined ? -1 : Number(digits);
  return { parent, ordinal: ordinal > 2147483647 ? -1 : ordinal };
}

export function ordinalOf(pod: Pick<PodState, 'metadata'>): number {
  return parentAndOrdinal(pod).ordinal;
}

export function inOrdinalRange(pod: Pick<PodState, 'metadata'>, set: StatefulSet): boolean {
  const index = ordinalOf(pod) - startOrdinal(set);
  return index >= 0 && index < replicasOf(set);
}

export function isMemberOf(set: StatefulSet, pod: Pod): boolean {
  return parentAndOrdinal(pod).parent === set.metadata.name;
}

/** The name of the revision that a Pod was made of. */
export function podRevision({ metadata }: Pick<PodState, 'metadata'>): string {
  return metadata.labels?.[revisionHashLabel] ?? '';
}

function claimName(set: StatefulSet, template: ClaimTemplate, ordinal: number): string {
  return `${template.metadata?.name}-${set.metadata.name}-${ordinal}`;
}

/** The claims that a Pod of this ordinal has, with the names of their volumes. */
export function claimsOf(
  set: StatefulSet,
  ordinal: number,
): { volume: string; claim: NewObject<PersistentVolumeClaim> }[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const labels = { ...template.metadata?.labels, ...set.spec?.selector.matchLabels };
    const metadata = {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace,
      labels,
    };
    const { spec } = template;
    return { volume: template.metadata!.name!, claim: { metadata, ...(spec === undefined ? {} : { spec }) } };
  });
}

/** The name is its ordinal's, and the label says so. */
export function identityMatches(set: StatefulSet, pod: Replica): boolean {
  const { parent, ordinal } = parentAndOrdinal(pod);
  const { name, namespace, labels } = pod.metadata;
  return (
    ordinal >= 0 &&
    parent === set.metadata.name &&
    name === `${set.metadata.name}-${ordinal}` &&
    namespace === set.metadata.namespace &&
    labels?.[podNameLabel] === name
  );
}

/** Every claim of its ordinal is one of its volumes. */
export function storageMatches(set: StatefulSet, pod: Replica): boolean {
  const ordinal = ordinalOf(pod);
  if (ordinal < 0) return false;
  const volumes = new Map((pod.spec?.volumes ?? []).map((volume) => [volume.name, volume]));
  return claimsOf(set, ordinal).every(
    ({ volume, claim }) => volumes.get(volume)?.persistentVolumeClaim?.claimName === claim.metadata.name,
  );
}

export function withIdentity<T extends Replica>(set: StatefulSet, pod: T): T {
  const ordinal = ordinalOf(pod);
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = { ...pod.metadata.labels, [podNameLabel]: name, [podIndexLabel]: String(ordinal) };
  return { ...pod, metadata: { ...pod.metadata, name, namespace: set.metadata.namespace, labels } };
}

export function withStorage<T extends Replica>(set: StatefulSet, pod: T): T {
  const claims = claimsOf(set, ordinalOf(pod));
  if (claims.length === 0) return pod;
  const own = new Set(claims.map(({ volume }) => volume));
  const claimed: Volume[] = claims.map(({ volume, claim }) => ({
    name: volume,
    persistentVolumeClaim: { claimName: claim.metadata.name! },
  }));
  const volumes = [...claimed, ...(pod.spec?.volumes ?? []).filter(({ name }) => !own.has(name))];
  return { ...pod, spec: { ...pod.spec!, volumes } };
}

/** The Pod of an ordinal, of the set's template, with a revision's name. */
export function newReplica(set: StatefulSet, revision: string, ordinal: number): Replica {
  const pod = podFromTemplate(set.spec!.template, set, newControllerRef(set));
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = { ...pod.metadata.labels, [revisionHashLabel]: revision };
  const { serviceName } = set.spec!;
  const spec = { ...pod.spec!, hostname: name, ...(serviceName ? { subdomain: serviceName } : {}) };
  const named: Replica = { ...pod, metadata: { ...pod.metadata, name, labels }, spec };
  return withStorage(set, withIdentity(set, named));
}
