import type { KubeObject } from '../../../apimachinery/object.ts';
import { cleanupFinalizer, statusOfCrd, withCondition } from '../../extensions/crd.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, defaultZero, ensure, listOf } from '../fields.ts';
import { validateCRD, validateCRDStatus, validateCRDUpdate } from './crd-validation.ts';
import { formatWarnings } from './format-warnings.ts';

/** The version marked `storage` is one of those that objects may be stored in. */
function addStoredVersion(object: KubeObject): void {
  const storage = listOf(object['spec']?.versions).find((version) => version['storage'] === true);
  if (storage === undefined) return;
  const status = ensure(object, 'status');
  const stored = (status['storedVersions'] ?? []) as string[];
  if (!stored.includes(storage['name'] as string)) status['storedVersions'] = [...stored, storage['name']];
}

function setDefaults(object: KubeObject): void {
  const spec = ensure(object, 'spec');
  const names = ensure(spec, 'names');
  const kind = (names['kind'] ?? '') as string;
  defaultZero(names, 'singular', kind.toLowerCase());
  if (kind !== '') defaultZero(names, 'listKind', `${kind}List`);
  defaultTo(spec, 'conversion', { strategy: 'None' });
  const service = spec['conversion'].webhook?.clientConfig?.service;
  if (service) defaultTo(service, 'port', 443);
  if (listOf(object['status']?.storedVersions).length === 0) addStoredVersion(object);
}

/**
 * apiextensions.k8s.io/v1 CustomResourceDefinition. Its table is the default one. What serves the resources it defines, and sets its
 * conditions and accepted names, is the extension server.
 */
export const customResourceDefinition: ResourceDescriptor = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'jfWCUB31mvA=',
  stored: true,
  subresources: [statusSubresource({ resetFields: ['metadata', 'spec'], validateUpdate: validateCRDStatus })],
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: true,
  validate: validateCRD,
  validateUpdate: validateCRDUpdate,
  warnings: formatWarnings,
  setDefaults,
  markForDelete(object, timestamp) {
    const { metadata } = object;
    metadata.deletionTimestamp = timestamp;
    metadata.finalizers ??= [];
    if (!metadata.finalizers.includes(cleanupFinalizer)) metadata.finalizers.push(cleanupFinalizer);
    const status = statusOfCrd(object);
    const pending = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    } as const;
    object['status'] = { ...status, conditions: withCondition(status.conditions, pending, timestamp) };
  },
  prepareForCreate(object) {
    object['status'] = {};
    addStoredVersion(object);
  },
  prepareForUpdate(object, old) {
    keepStatus(object, old);
    if (object['status'] !== undefined) object['status'] = { ...object['status'] };
    addStoredVersion(object);
  },
};
