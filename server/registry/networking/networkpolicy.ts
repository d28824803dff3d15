import { warningsForCIDR } from '../../../apimachinery/ip.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { allVerbs, type ResourceDescriptor } from '../descriptor.ts';
import { defaultTo, ensure, listOf } from '../fields.ts';
import { age, ageColumn, fieldColumn, formatLabelSelector, nameColumn } from '../print.ts';
import { policyRules, validateNetworkPolicy, validateNetworkPolicyUpdate } from './networkpolicy-validation.ts';

function setDefaults(object: KubeObject): void {
  const spec = ensure(object, 'spec');
  for (const { rule } of policyRules(spec))
    for (const port of listOf(rule['ports'])) defaultTo(port, 'protocol', 'TCP');
  // A policy that names no type means ingress, and egress too where it has such rules.
  if (listOf(spec['policyTypes']).length === 0)
    spec['policyTypes'] = listOf(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function warnings(object: KubeObject): string[] {
  return policyRules(object['spec']).flatMap(({ rule, field, peers }) =>
    listOf(rule[peers]).flatMap((peer, index) => {
      if (!peer['ipBlock']) return [];
      const path = `${field}.${peers}[${index}].ipBlock`;
      const except = (peer['ipBlock'].except ?? []) as string[];
      return [
        ...warningsForCIDR(`${path}.cidr`, peer['ipBlock'].cidr ?? ''),
        ...except.flatMap((cidr, i) => warningsForCIDR(`${path}.except[${i}]`, cidr)),
      ];
    }),
  );
}

/** networking.k8s.io/v1 NetworkPolicy. */
export const networkPolicy: ResourceDescriptor = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  verbs: allVerbs,
  storageVersionHash: 'YpfwF18m1G8=',
  stored: true,
  subresources: [],
  printer: {
    columns: [
      nameColumn,
      fieldColumn('Pod-Selector', 'io.k8s.api.networking.v1.NetworkPolicySpec', 'podSelector'),
      ageColumn,
    ],
    cells: (object, { now }) => [
      object.metadata.name ?? '',
      formatLabelSelector(object['spec']?.podSelector),
      age(object, now),
    ],
  },
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  hasGeneration: true,
  setDefaults,
  validate: validateNetworkPolicy,
  validateUpdate: validateNetworkPolicyUpdate,
  warnings,
};
