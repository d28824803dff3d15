// What names of resources are allowed where (pkg/apis/core/helper/helpers.go).
import { isQualifiedName } from '../../../apimachinery/names.ts';
import { isHugePages, isNativeResource } from '../../../apimachinery/pod-resources.ts';

const standardContainerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

const standardQuotaResources = new Set([
  ...standardContainerResources,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

const standardResources = new Set([...standardQuotaResources, 'storage']);

const integerResources = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

function isQuotaHugePages(name: string): boolean {
  return isHugePages(name) || name.startsWith('requests.hugepages-');
}

/** cpu, memory, ephemeral-storage and huge pages: what containers may ask for without a domain. */
export function isStandardContainerResource(name: string): boolean {
  return standardContainerResources.has(name) || isHugePages(name);
}

export function isStandardResource(name: string): boolean {
  return standardResources.has(name) || isQuotaHugePages(name);
}

export function isStandardQuotaResource(name: string): boolean {
  return standardQuotaResources.has(name) || isQuotaHugePages(name);
}

/** Resources of a domain of their own, such as `nvidia.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

/** Resources that come in whole numbers. */
export function isIntegerResource(name: string): boolean {
  return integerResources.has(name) || isExtendedResource(name);
}
