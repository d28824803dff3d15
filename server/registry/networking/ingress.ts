import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, dropStatus, keepStatus, type ResourceDescriptor, statusSubresource } from '../descriptor.ts';
import { type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, nameColumn } from '../print.ts';
import { validateIngress, validateIngressStatusUpdate, validateIngressUpdate } from './ingress-validation.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

function hosts(rules: readonly Fields[]): string {
  const list: string[] = [];
  let more = false;
  for (const rule of rules) {
    if (list.length === 3) more = true;
    else if (rule['host']) list.push(rule['host'] as string);
  }
  if (list.length === 0) return '*';
  return more ? `${list.join(',')} + ${rules.length - 3} more...` : list.join(',');
}

function addresses(object: KubeObject): string {
  const ingress = listOf(object['status']?.loadBalancer?.ingress);
  return [...new Set(ingress.map((point) => (point['ip'] || point['hostname'] || '') as string))]
    .filter((text) => text !== '')
    .sort()
    .join(',');
}

/** networking.k8s.io/v1 Ingress. */
export const ingress: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: '39NQlfNR+bo=',
  stored: true,
  subresources: [statusSubresource({ validateUpdate: validateIngressStatusUpdate })],
  printer: {
    columns: [
      nameColumn,
      column('Class', 'The name of the IngressClass resource that should be used for additional configuration'),
      column('Hosts', 'Hosts that incoming requests are matched against before the ingress rule'),
      column('Address', 'Address is a list containing ingress points for the load-balancer'),
      column('Ports', 'Ports of TLS configurations that open'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      object['spec']?.ingressClassName ?? '<none>',
      hosts(listOf(object['spec']?.rules)),
      addresses(object),
      listOf(object['spec']?.tls).length > 0 ? '80, 443' : '80',
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  prepareForCreate: dropStatus,
  prepareForUpdate: keepStatus,
  validate: validateIngress,
  validateUpdate: validateIngressUpdate,
  warnings(object, old) {
    if (old !== undefined || object.metadata.annotations?.[classAnnotation] === undefined) return [];
    if (object['spec']?.ingressClassName !== undefined) return [];
    return [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`];
  },
};
