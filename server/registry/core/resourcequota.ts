// ResourceQuota (pkg/registry/core/resourcequota).
import { nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantities, quantityOf } from '../../../apimachinery/quantity.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { ensure, type Fields } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { defaultResourceList } from './resource-lists.ts';
import {
  validateResourceQuota,
  validateResourceQuotaStatusUpdate,
  validateResourceQuotaUpdate,
} from './resourcequota-validation.ts';

export const resourceQuota: ResourceDescriptor = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  singular: 'resourcequota',
  namespaced: true,
  shortNames: ['quota'],
  verbs: allVerbs,
  storageVersionHash: '8uhSgffRX6w=',
  stored: true,
  subresources: [statusSubresource({ validateUpdate: validateResourceQuotaStatusUpdate })],
  printer: {
    columns: [
      nameColumn,
      column('Request', 'Request represents a minimum amount of cpu/memory that a container may consume.'),
      column(
        'Limit',
        'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      ),
      ageColumn,
    ],
    cells(object, { now }) {
      const [requests, limits] = formatUsage(object['status'] ?? {});
      return [object.metadata.name ?? '', requests, limits, age(object, now)];
    },
  },
  returnsDeletedObject: true,
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  setDefaults(object) {
    defaultResourceList(ensure(object, 'spec')['hard']);
    const status = ensure(object, 'status');
    defaultResourceList(status['hard']);
    defaultResourceList(status['used']);
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
  prepareForUpdate: keepStatus,
  validateName: nameIsDNSSubdomain,
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  warnings: (object, old) => (old === undefined ? requestWarnings(object) : []),
};

/** `cpu: 1/2, pods: 3/10` for requests and counts, the same for limits. */
function formatUsage(status: Fields): [string, string] {
  const requests: string[] = [];
  const limits: string[] = [];
  for (const name of Object.keys(status['hard'] ?? {}).sort()) {
    const list = name.startsWith('limits.') ? limits : requests;
    list.push(`${name}: ${status['used']?.[name] ?? '0'}/${status['hard'][name]}`);
  }
  return [requests.join(', '), limits.join(', ')];
}

/** A quota whose requests are more than its limits can never be used up. */
function requestWarnings(object: KubeObject): string[] {
  const hard = (object['spec']?.hard ?? {}) as Fields;
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((resource) => {
    const isCompute = resource === 'cpu' || resource === 'memory';
    const request = `requests.${resource}` in hard || !isCompute ? `requests.${resource}` : resource;
    const limit = `limits.${resource}`;
    if (!Object.hasOwn(hard, request) || !Object.hasOwn(hard, limit)) return [];
    if (compareQuantities(quantityOf(hard[request]), quantityOf(hard[limit])) <= 0) return [];
    return [`ResourceQuota ${request} (${hard[request]}) should be less than ${limit} (${hard[limit]})`];
  });
}
