import { type FieldError, required } from '../../../apimachinery/field.ts';
import { isValidIP } from '../../../apimachinery/ip.ts';
import { isDNS1123Subdomain, isPathSegmentName } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { groupResourceOf } from '../../../apimachinery/object.ts';
import { invalidEach, validateImmutableField } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import type { Fields } from '../fields.ts';
import { age, fieldColumn, nameColumn } from '../print.ts';

function parent(object: KubeObject): string {
  const reference = object['spec']?.parentRef;
  if (!reference) return '<none>';
  const resource = groupResourceOf(reference.group ?? '', reference.resource ?? '').toLowerCase();
  const namespace = reference.namespace ? `/${reference.namespace}` : '';
  return `${resource}${namespace}/${reference.name ?? ''}`;
}

function validate(object: KubeObject): FieldError[] {
  const reference = object['spec']?.parentRef;
  if (!reference) return [required('spec.parentRef')];
  const field = 'spec.parentRef';
  const { group = '', namespace = '' } = reference;
  const needed = ['resource', 'name'].flatMap((part) => {
    const value = (reference[part] ?? '') as string;
    if (value === '') return [required(`${field}.${part}`)];
    return invalidEach(`${field}.${part}`, value, isPathSegmentName(value));
  });
  return [
    ...(group === '' ? [] : invalidEach(`${field}.group`, group, isDNS1123Subdomain(group))),
    ...needed,
    ...(namespace === '' ? [] : invalidEach(`${field}.namespace`, namespace, isPathSegmentName(namespace))),
  ];
}

/** The messages of IsValidIP: the detail that follows the value. */
function validateName(name: string): string[] {
  return isValidIP('', name).map(({ body }) => body.slice(`: ${JSON.stringify(name)}: `.length));
}

/** The reference as Go prints its internal type. */
function parentRefOf(object: KubeObject): Fields | undefined {
  const reference = object['spec']?.parentRef;
  if (!reference) return undefined;
  const { group = '', resource = '', namespace = '', name = '' } = reference;
  return { Group: group, Resource: resource, Namespace: namespace, Name: name };
}

/** networking.k8s.io/v1 IPAddress: one allocated address, named by itself. */
export const ipAddress: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: '3f/plJFChNE=',
  stored: true,
  subresources: [],
  printer: {
    columns: [nameColumn, fieldColumn('ParentRef', 'io.k8s.api.networking.v1.IPAddressSpec', 'parentRef')],
    // Upstream prints an age for which it has no column, and so do we.
    cells: (object, { now }) => [object.metadata.name ?? '', parent(object), age(object, now)],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: false,
  validateName,
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...validateImmutableField(parentRefOf(object), parentRefOf(old), 'spec.parentRef'),
  ],
};
