import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';

const defaultAnnotation = 'ingressclass.kubernetes.io/is-default-class';

function parameters(object: KubeObject): string {
  const reference = object['spec']?.parameters;
  if (!reference) return '<none>';
  const group = reference.apiGroup === undefined ? '' : `.${reference.apiGroup}`;
  return `${reference.kind ?? ''}${group}/${reference.name ?? ''}`;
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
};
