import { type FieldError, forbidden, notSupported, required, tooLong } from '../../../apimachinery/field.ts';
import { byteLength, isDNS1123Label } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { invalidEach, validateDomainPrefixedPath, validateImmutableField } from '../../../apimachinery/validation.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, type Fields } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { validateTypedReference } from './ingress-validation.ts';

const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class';

function parameters(object: KubeObject): string {
  const reference = object['spec']?.parameters;
  if (!reference) return '<none>';
  const group = reference.apiGroup === undefined ? '' : `.${reference.apiGroup}`;
  return `${reference.kind ?? ''}${group}/${reference.name ?? ''}`;
}

function validateScope({ scope, namespace }: Fields, field: string): FieldError[] {
  if (scope === undefined) return [required(`${field}.scope`)];
  if (scope !== 'Namespace' && scope !== 'Cluster')
    return [notSupported(`${field}.scope`, scope, ['Cluster', 'Namespace'])];
  if (scope === 'Cluster')
    return namespace === undefined ? [] : [forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'")];
  return namespace === undefined
    ? [required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'")]
    : invalidEach(`${field}.namespace`, namespace, isDNS1123Label(namespace));
}

function validate(object: KubeObject): FieldError[] {
  const controller = (object['spec']?.controller ?? '') as string;
  const reference = object['spec']?.parameters as Fields | undefined;
  const errors = byteLength(controller) > 250 ? [tooLong('spec.controller', 250)] : [];
  errors.push(...validateDomainPrefixedPath('spec.controller', controller));
  if (reference)
    errors.push(
      ...validateTypedReference(reference, 'spec.parameters'),
      ...validateScope(reference, 'spec.parameters'),
    );
  return errors;
}

/** networking.k8s.io/v1 IngressClass. */
export const ingressClass: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  verbs: allVerbs,
  storageVersionHash: 'l/iqIbDgFyQ=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      column('Controller', 'Controller that is responsible for handling this class'),
      column('Parameters', 'A reference to a resource with additional parameters'),
      ageColumn,
    ],
    cells(object, { now }) {
      const isDefault = object.metadata.annotations?.[defaultAnnotation] === 'true';
      const name = `${object.metadata.name ?? ''}${isDefault ? ' (default)' : ''}`;
      return [name, object['spec']?.controller ?? '', parameters(object), age(object, now)];
    },
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults(object) {
    const reference = object['spec']?.parameters;
    if (reference) defaultTo(reference, 'scope', 'Cluster');
  },
  validate,
  validateUpdate: (object, old) => [
    ...validateImmutableField(object['spec']?.controller, old['spec']?.controller, 'spec.controller'),
    ...validate(object),
  ],
};
