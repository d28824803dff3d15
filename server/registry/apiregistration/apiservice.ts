import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import {
  isDNS1035Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  isValidPortNum,
  nameIsPathSegment,
} from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach } from '../../../apimachinery/validation.ts';
import { allVerbs, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { defaultTo, type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';

const keptByStatus = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

function validateStatus(object: KubeObject): FieldError[] {
  const supported = ['True', 'False', 'Unknown'];
  return listOf(object['status']?.conditions).flatMap(({ status = '' }, index) =>
    supported.includes(status) ? [] : [notSupported(`status.conditions[${index}].status`, status, supported)],
  );
}

const status = statusSubresource({
  resetFields: ['metadata', 'spec'],
  validateUpdate: validateStatus,
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

/** The name is made of what the object says it serves. */
function validateObjectName(name: string, { version = '', group = '' }: Fields): FieldError[] {
  const wanted = `${version}.${group}`;
  if (name === '' || name === wanted || isPathSegmentName(name).length > 0) return [];
  return [invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)];
}

function validateGroupVersion({ version = '', group = '' }: Fields): FieldError[] {
  const field = 'spec.group';
  const groupErrors =
    group === '' && version !== 'v1'
      ? [required(field, 'only v1 may have an empty group and it better be legacy kube')]
      : group === ''
        ? []
        : invalidEach(field, group, isDNS1123Subdomain(group));
  return [...groupErrors, ...invalidEach('spec.version', version, isDNS1035Label(version))];
}

/** 1 up to and including `max`, in upstream's not quite exact words. */
function validatePriority(value: number, max: number, field: string): FieldError[] {
  return value > 0 && value <= max ? [] : [invalid(field, value, `must be positive and less than ${max}`)];
}

function validateBackend(spec: Fields): FieldError[] {
  const { service: backend, caBundle = '', insecureSkipTLSVerify: insecure = false } = spec;
  const errors: FieldError[] = [];
  if (!backend) {
    const bytes = `${Buffer.from(caBundle, 'base64').length} bytes`;
    if (caBundle !== '') errors.push(invalid('spec.caBundle', bytes, 'local APIServices may not have a caBundle'));
    if (insecure) {
      const rule = 'local APIServices may not have insecureSkipTLSVerify';
      errors.push(invalid('spec.insecureSkipTLSVerify', insecure, rule));
    }
    return errors;
  }
  for (const part of ['namespace', 'name'])
    if ((backend[part] ?? '') === '') errors.push(required(`spec.service.${part}`));
  const port = (backend.port ?? 0) as number;
  const portErrors = isValidPortNum(port);
  if (portErrors.length > 0)
    errors.push(invalid('spec.service.port', port, `port is not valid: ${portErrors.join(', ')}`));
  if (insecure && caBundle !== '')
    errors.push(invalid('spec.insecureSkipTLSVerify', insecure, 'may not be true if caBundle is present'));
  return errors;
}

function validate(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as Fields;
  return [
    ...validateObjectName(object.metadata.name ?? '', spec),
    ...validateGroupVersion(spec),
    ...validatePriority(spec['groupPriorityMinimum'] ?? 0, 20000, 'spec.groupPriorityMinimum'),
    ...validatePriority(spec['versionPriority'] ?? 0, 1000, 'spec.versionPriority'),
    ...validateBackend(spec),
  ];
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
  validateName: nameIsPathSegment,
  validate,
  validateUpdate: validate,
};
