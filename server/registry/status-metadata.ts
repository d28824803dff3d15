// What a write through /status may change of metadata, for the kinds that keep nearly all of it.
import type { KubeObject, ObjectMeta } from '../../apimachinery/object.ts';
import { type SubresourceDescriptor, statusSubresource } from './descriptor.ts';

const kept = [
  'deletionTimestamp',
  'generation',
  'selfLink',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
] as const satisfies readonly (keyof ObjectMeta)[];

/** metav1.ResetObjectMetaForStatus: these parts of metadata stay as in `old`; managedFields stay as written. */
export function resetObjectMetaForStatus(object: KubeObject, old: KubeObject): void {
  for (const field of kept) {
    if (old.metadata[field] === undefined) delete object.metadata[field];
    else Object.assign(object.metadata, { [field]: old.metadata[field] });
  }
}

/** `/status` of a kind whose metadata does not change through it. */
export function statusOnlySubresource(more: Partial<SubresourceDescriptor> = {}): SubresourceDescriptor {
  const plain = statusSubresource();
  return {
    ...plain,
    resetFields: ['metadata', 'spec'],
    prepareForUpdate(object, old, context) {
      plain.prepareForUpdate?.(object, old, context);
      resetObjectMetaForStatus(object, old);
    },
    ...more,
  };
}
