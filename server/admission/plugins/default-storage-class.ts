// A claim that names no storage class gets the default one (kubernetes plugin/pkg/admission/storage/storageclass/setdefault).
import type { PluginContext, ScopedPlugin } from '../plugin.ts';
import { newestDefault } from './default-class.ts';

const annotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const legacyClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

export function defaultStorageClass({ objects }: PluginContext): ScopedPlugin {
  const classes = objects.resource('storageclasses.storage.k8s.io');
  return {
    name: 'DefaultStorageClass',
    operations: ['CREATE'],
    resources: ['persistentvolumeclaims'],
    admit({ object: claim, subresource }) {
      if (claim === undefined || subresource !== '') return;
      const asked =
        claim.metadata.annotations?.[legacyClassAnnotation] !== undefined ||
        typeof claim['spec']?.storageClassName === 'string';
      const byDefault = asked ? undefined : newestDefault(classes.list(), annotations);
      if (byDefault !== undefined) claim['spec'] = { ...claim['spec'], storageClassName: byDefault.metadata.name };
    },
  };
}
