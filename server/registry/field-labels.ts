// What field selectors can select a resource's objects by, and how they are refused otherwise: upstream's AddFieldLabelConversionFunc
// of each kind, and crConverter.ConvertFieldLabel for custom resources.
import type { KubeObject } from '../../apimachinery/object.ts';
import { newBadRequest } from '../../apimachinery/status.ts';
import type { Selectable } from '../cache/cached-object.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Readers = NonNullable<ResourceDescriptor['selectableFields']>;

/** What selectors can look at, read from an object: of one resource, or of all that share its objects under names of their own. */
export function selectableReader(descriptors: readonly ResourceDescriptor[]): (object: KubeObject) => Selectable {
  const readers = Object.entries(Object.assign({}, ...descriptors.map((one) => one.selectableFields)) as Readers);
  return (object) => {
    const fields: Record<string, string> = {};
    for (const [label, read] of readers) fields[label] = read(object);
    return { labels: object.metadata.labels, fields };
  };
}

/** The words with which upstream refuses a field selector's label: most kinds with fields of their own say the same. */
function unsupportedFieldLabel(descriptor: ResourceDescriptor, label: string): string {
  if (descriptor.selectableFields === undefined)
    return `${JSON.stringify(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  if (descriptor.kind === 'Job') return `field label ${JSON.stringify(label)} not supported for Job`;
  if (descriptor.kind === 'ResourceSlice')
    return `field label not supported for ${descriptor.group}/${descriptor.version}, Kind=ResourceSlice: ${label}`;
  return `field label not supported: ${label}`;
}

/**
 * How a field selector reads `label` of the resource's objects. A label that cannot be selected by is the 400 that upstream answers.
 * Cluster-scoped kinds with fields of their own do not know metadata.namespace; the others do, and it is always empty there.
 */
export function fieldAccessor(descriptor: ResourceDescriptor, label: string): (object: KubeObject) => string {
  if (label === 'metadata.name') return (object) => object.metadata.name ?? '';
  const namespaceKnown = descriptor.namespaced || descriptor.selectableFields === undefined;
  if (label === 'metadata.namespace' && namespaceKnown) return (object) => object.metadata.namespace ?? '';
  const own = descriptor.selectableFields;
  if (own !== undefined && Object.hasOwn(own, label)) return own[label]!;
  throw newBadRequest(unsupportedFieldLabel(descriptor, label));
}
