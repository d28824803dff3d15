import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';

const keptByStatus = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

const status = statusSubresource({
  prepareForUpdate(object, old) {
    object['spec'] = old['spec'];
    for (const field of keptByStatus) {
      if (old.metadata[field] === undefined) delete object.metadata[field];
      else Object.assign(object.metadata, { [field]: old.metadata[field] });
    }
  },
});

function service(object: KubeObject): string {
  const reference = object['spec']?.service;
  return reference ? `${reference.namespace ?? ''}/${reference.name ?? ''}` : 'Local';
}

function available(object: KubeObject): string {
  const condition = listOf(object['status']?.conditions).find((candidate) => candidate['type'] === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition['status'] === 'True' || !condition['reason']
    ? (condition['status'] as string)
    : `${condition['status']} (${condition['reason']})`;
}

/** apiregistration.k8s.io/v1 APIService. Conditions of services that are not local are set by the aggregation layer. */
export const apiService: ResourceDescriptor = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'InPBPD7+PqM=',
  stored: true,
  subresources: [status],
  printer: {
    columns: [
      nameColumn,
      column('Service', 'The reference to the service that hosts this API endpoint.'),
      column('Available', 'Whether this service is available.'),
      ageColumn,
    ],
    cells: (object, { now }) => [object.metadata.name ?? '', service(object), available(object), age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  setDefaults(object) {
    if (object['spec']?.service) defaultTo(object['spec'].service, 'port', 443);
  },
  prepareForCreate(object, { timestamp }) {
    object['status'] = {};
    if (object['spec']?.service) return;
    object['status'].conditions = [
      {
        type: 'Available',
        status: 'True',
        lastTransitionTime: timestamp,
        reason: 'Local',
        message: 'Local APIServices are always available',
      },
    ];
  },
  prepareForUpdate: keepStatus,
};
