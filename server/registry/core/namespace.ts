// Namespace (pkg/registry/core/namespace).
import type { FieldError } from '../../../apimachinery/field.ts';
import { nameIsDNSLabel } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { ensure, type Fields } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { validateFinalize, validateNamespace, validateNamespaceStatus } from './namespace-validation.ts';

const nameLabel = 'kubernetes.io/metadata.name';
/** Holds a namespace until everything in it is gone. */
const kubernetesFinalizer = 'kubernetes';

export const namespace: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  storageVersionHash: 'Q3oi5N2YM8M=',
  stored: true,
  subresources: [
    {
      name: 'finalize',
      verbs: ['update'],
      resetFields: ['status'],
      prepareForUpdate: keepStatus,
      validateUpdate: (object: KubeObject): FieldError[] => validateFinalize(object),
    },
    statusSubresource({ validateUpdate: validateNamespaceStatus }),
  ],
  selectableFields: { 'status.phase': (object) => object['status']?.phase ?? '' },
  printer: {
    columns: [nameColumn, column('Status', 'The status of the namespace'), ageColumn],
    cells: (object, { now }) => [object.metadata.name ?? '', object['status']?.phase ?? '', age(object, now)],
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    setNameLabel(object);
    const status = ensure(object, 'status');
    if (!status['phase']) status['phase'] = 'Active';
    ensure(object, 'spec');
  },
  prepareForCreate(object) {
    // Again, for names that were generated after defaulting.
    setNameLabel(object);
    object['status'] = { phase: 'Active' };
    const spec = ensure(object, 'spec');
    const finalizers = (spec['finalizers'] ?? []) as string[];
    if (!finalizers.includes(kubernetesFinalizer)) spec['finalizers'] = [...finalizers, kubernetesFinalizer];
  },
  prepareForUpdate(object, old) {
    setNameLabel(object);
    const spec = ensure(object, 'spec');
    const finalizers = (old['spec'] as Fields | undefined)?.['finalizers'];
    if (finalizers === undefined) delete spec['finalizers'];
    else spec['finalizers'] = finalizers;
    keepStatus(object, old);
  },
  validateName: nameIsDNSLabel,
  validate: validateNamespace,
  validateUpdate: validateNamespace,
};

function setNameLabel(object: KubeObject): void {
  const name = object.metadata.name;
  if (!name) return;
  object.metadata.labels ??= {};
  object.metadata.labels[nameLabel] = name;
}
