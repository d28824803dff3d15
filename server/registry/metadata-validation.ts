// How upstream validates metadata around a kind's own validation (k8s.io/apiserver pkg/registry/rest create.go and update.go, and the
// strategies). An update is checked for its form and for what it changes; most strategies do the latter again, with core's rules for finalizers, and some
// validate the whole object anew on top. Every run reports the same mistakes, and clients see each of them.
import type { FieldError } from '../../apimachinery/field.ts';
import { nameIsPathSegment } from '../../apimachinery/names.ts';
import type { ObjectMeta } from '../../apimachinery/object.ts';
import { validateKubeFinalizers, validateObjectMeta, validateObjectMetaUpdate } from '../../apimachinery/validation.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** Groups whose validation is not core's: any finalizer of the right form will do. */
const anyFinalizer: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
]);

/** Resources of which an update is also validated as a create is; subresources are not. */
const wholeOnUpdate: ReadonlySet<string> = new Set([
  ...[
    'jobs',
    'configmaps',
    'secrets',
    'serviceaccounts',
    'namespaces',
    'nodes',
    'pods',
    'endpoints',
    'persistentvolumes',
  ],
  ...[
    'persistentvolumeclaims',
    'deviceclasses',
    'resourceclaims',
    'resourceclaimtemplates',
    'ingresses',
    'ingressclasses',
  ],
  ...['ipaddresses', 'roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'storageclasses'],
  ...['csistoragecapacities', 'volumeattributesclasses', 'controllerrevisions', 'runtimeclasses', 'apiservices'],
]);

/** Status strategies that leave metadata to the generic check. */
const genericOnly: ReadonlySet<string> = new Set(['cronjobs/status']);

function validateFinalizers({ group }: ResourceDescriptor, { finalizers }: ObjectMeta): FieldError[] {
  if (finalizers === undefined || anyFinalizer.has(group)) return [];
  return validateKubeFinalizers(finalizers, 'metadata.finalizers');
}

/** What is wrong with the metadata of a new object, its generated name included. */
export function validateNewMetadata(descriptor: ResourceDescriptor, metadata: ObjectMeta): FieldError[] {
  const errors = validateObjectMeta(metadata, descriptor, 'metadata');
  return descriptor.metadataLast ? errors : [...errors, ...validateFinalizers(descriptor, metadata)];
}

/** What is wrong with changed metadata, as often as upstream says it. */
export function validateChangedMetadata(
  descriptor: ResourceDescriptor,
  subresource: string | undefined,
  metadata: ObjectMeta,
  old: ObjectMeta,
): FieldError[] {
  const form = validateObjectMeta(metadata, { ...descriptor, validateName: nameIsPathSegment }, 'metadata');
  const change = validateObjectMetaUpdate(metadata, old, 'metadata');
  const finalizers = validateFinalizers(descriptor, metadata);
  if (form.length === 0 && change.length === 0 && finalizers.length === 0) return [];
  const { resource, metadataLast } = descriptor;
  const errors = [...form, ...change];
  if (metadataLast || genericOnly.has(`${resource}/${subresource}`)) return errors;
  errors.push(...change, ...finalizers);
  if (subresource !== undefined || !wholeOnUpdate.has(resource)) return errors;
  return [...errors, ...validateObjectMeta(metadata, descriptor, 'metadata'), ...finalizers];
}
