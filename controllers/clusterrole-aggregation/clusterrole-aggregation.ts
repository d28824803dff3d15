// clusterrole-aggregation-controller: a ClusterRole with an aggregation rule (admin, edit, view) has the rules of all ClusterRoles that it
// selects (pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go).
import { selectorFromObject } from '../../apimachinery/selectors.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { Controller } from '../../client/controller.ts';
import { ClusterRole } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';

type PolicyRule = NonNullable<ClusterRole['rules']>[number];

const workers = 5;
const fieldManager = 'clusterrole-aggregation-controller';

/** The rules of the roles that a role selects, selector by selector, by name, each rule once; its own do not count. */
export function aggregatedRules(role: ClusterRole, roles: readonly ClusterRole[]): PolicyRule[] {
  const byName = [...roles].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  const known = new Set<string>();
  for (const labels of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorFromObject(labels as Parameters<typeof selectorFromObject>[0]);
    for (const { metadata, rules: theirs } of byName) {
      if (metadata.name === role.metadata.name || !selector.matches(metadata.labels)) continue;
      for (const rule of theirs ?? []) {
        const key = ruleKey(rule);
        if (!known.has(key)) rules.push(rule);
        known.add(key);
      }
    }
  }
  return rules;
}

function ruleKey({ apiGroups, nonResourceURLs, resourceNames, resources, verbs }: PolicyRule): string {
  return JSON.stringify([apiGroups, nonResourceURLs, resourceNames, resources, verbs].map((list) => list ?? []));
}

export const clusterRoleAggregation: ControllerDescriptor = {
  name: 'clusterrole-aggregation-controller',
  aliases: ['clusterrole-aggregation'],
  build({ informers, client, log, clock }) {
    const roles = informers.of(ClusterRole);
    const api = client('clusterrole-aggregation-controller').resource(ClusterRole);
    const reconcile = async (name: string): Promise<void> => {
      const role = roles.lister.get(undefined, name);
      if (role?.aggregationRule === undefined) return;
      const rules = aggregatedRules(role, roles.lister.list());
      if (semanticEqual(rules, role.rules)) return;
      await api.apply({ metadata: { name }, ...(rules.length === 0 ? {} : { rules }) }, { fieldManager, force: true });
    };
    // Any role may be part of any that aggregates.
    const aggregating = () => roles.lister.list().filter(({ aggregationRule }) => aggregationRule !== undefined);
    return new Controller({ name: 'clusterrole-aggregation-controller', workers, reconcile, log, clock }).watch(
      roles,
      () => aggregating().map(({ metadata }) => metadata.name),
    );
  },
};
