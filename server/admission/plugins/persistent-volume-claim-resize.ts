// Claims grow only when they are bound and their storage class allows it
// (kubernetes plugin/pkg/admission/storage/persistentvolume/resize).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantities, quantityOf } from '../../../apimachinery/quantity.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';

const legacyClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

function requestedStorage(claim: KubeObject): ReturnType<typeof quantityOf> {
  return quantityOf(claim['spec']?.resources?.requests?.storage ?? null);
}

function classOf(claim: KubeObject): string {
  return claim.metadata.annotations?.[legacyClassAnnotation] ?? claim['spec']?.storageClassName ?? '';
}

export function persistentVolumeClaimResize({ objects }: PluginContext): ScopedPlugin {
  const classes = objects.resource('storageclasses.storage.k8s.io');
  const mayGrow = (claim: KubeObject, old: KubeObject): boolean => {
    const name = classOf(claim);
    return name !== '' && name === classOf(old) && classes.get('', name)?.['allowVolumeExpansion'] === true;
  };
  return {
    name: 'PersistentVolumeClaimResize',
    operations: ['UPDATE'],
    resources: ['persistentvolumeclaims'],
    validate(attributes) {
      const { object: claim, old, subresource } = attributes;
      if (claim === undefined || old === undefined || subresource !== '') return;
      if (compareQuantities(requestedStorage(claim), requestedStorage(old)) <= 0) return;
      if (old['status']?.phase !== 'Bound')
        throw forbidden(attributes, 'Only bound persistent volume claims can be expanded');
      if (!mayGrow(claim, old))
        throw forbidden(
          attributes,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        );
    },
  };
}
