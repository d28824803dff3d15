// Volumes, claims and attribute classes that are in use are not deleted: a finalizer holds them
// (kubernetes plugin/pkg/admission/storage/storageobjectinuseprotection).
import { resourceOf, type ScopedPlugin } from '../plugin.ts';

const finalizers: Record<string, string> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
};

export function storageObjectInUseProtection(): ScopedPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    operations: ['CREATE'],
    resources: Object.keys(finalizers),
    admit(attributes) {
      const { object, subresource } = attributes;
      if (object === undefined || subresource !== '') return;
      const finalizer = finalizers[resourceOf(attributes)]!;
      const present = object.metadata.finalizers ?? [];
      if (!present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer];
    },
  };
}
