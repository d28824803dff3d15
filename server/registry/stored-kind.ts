// Under which kind a resource's objects are stored, and how their text is framed.
import { apiVersionOf, type GroupVersionKind } from '../../apimachinery/object.ts';
import { customFramingOf, framingOf, type ObjectFraming } from '../cache/framing.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** The framing of the stored kind: what stands before metadata's first field in every value. */
export function framingOfDescriptor(descriptor: ResourceDescriptor): ObjectFraming {
  const { group, version, kind } = storedKindOf(descriptor);
  return (descriptor.custom === undefined ? framingOf : customFramingOf)(apiVersionOf(group, version), kind);
}

/** The kind under which a resource's objects are stored. */
export function storedKindOf(descriptor: ResourceDescriptor): GroupVersionKind {
  const { group, version, kind } = descriptor;
  return descriptor.storedKind ?? { group, version, kind };
}
