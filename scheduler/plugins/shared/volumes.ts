// What volume plugins share: the claims of a pod, and errors for what is not there (client-go listers,
// k8s.io/component-helpers/storage/{ephemeral,volume}).
import type { PersistentVolumeClaim, Pod } from '../../../client/kinds.ts';

export interface ClaimReference {
  name: string;
  /** Made for the pod by a controller; others must not use it. */
  ephemeral: boolean;
}

/** The claims that the pod's volumes name. `ephemeral: false` leaves those out that are made for it. */
export function claimsOf({ metadata, spec }: Pod, options: { ephemeral?: boolean } = {}): ClaimReference[] {
  const references: ClaimReference[] = [];
  for (const volume of spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim)
      references.push({ name: volume.persistentVolumeClaim.claimName, ephemeral: false });
    else if (volume.ephemeral && options.ephemeral !== false)
      references.push({ name: `${metadata.name}-${volume.name}`, ephemeral: true });
  }
  return references;
}

const betaClass = 'volume.beta.kubernetes.io/storage-class';

/** '' for none. */
export function classOf({
  metadata,
  spec,
}: {
  metadata: { annotations?: Record<string, string> };
  spec?: { storageClassName?: string };
}): string {
  return metadata.annotations?.[betaClass] ?? spec?.storageClassName ?? '';
}

export function claimNotFound(name: string): string {
  return `persistentvolumeclaim "${name}" not found`;
}

/** Why a claim is not the one that was made for the pod; undefined where it is. */
export function notForPod(pod: Pod, { metadata: { namespace, name, ownerReferences = [] } }: PersistentVolumeClaim) {
  const own = ownerReferences.some(({ controller, uid }) => controller && uid === pod.metadata.uid);
  return own
    ? undefined
    : `PVC ${namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
}

/** Whether the pod has a volume of this claim. */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim, options: { ephemeral?: boolean } = {}): boolean {
  return (
    claim.metadata.namespace === pod.metadata.namespace &&
    claimsOf(pod, options).some(({ name }) => name === claim.metadata.name)
  );
}
