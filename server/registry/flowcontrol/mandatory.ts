// The specs that cannot be changed: those of the mandatory flow schemas and priority levels (pkg/apis/flowcontrol/internalbootstrap).
import type { Fields } from '../fields.ts';

function rulesFor(...groups: string[]): Fields[] {
  return [
    {
      subjects: groups.map((name) => ({ kind: 'Group', group: { name } })),
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    },
  ];
}

export const mandatoryFlowSchemas: ReadonlyMap<string, Fields> = new Map(
  Object.entries({
    exempt: {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 1,
      rules: rulesFor('system:masters'),
    },
    'catch-all': {
      priorityLevelConfiguration: { name: 'catch-all' },
      matchingPrecedence: 10000,
      distinguisherMethod: { type: 'ByUser' },
      rules: rulesFor('system:unauthenticated', 'system:authenticated'),
    },
  }),
);

/** `exempt` may change its `exempt` member. */
export const mandatoryPriorityLevels: ReadonlyMap<string, Fields> = new Map(
  Object.entries({
    exempt: { type: 'Exempt' },
    'catch-all': {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
    },
  }),
);
