// The default FlowSchemas and PriorityLevelConfigurations (k8s.io/apiserver pkg/apis/flowcontrol/bootstrap default.go).
import type { KubeObject } from '../../apimachinery/object.ts';
import { type DefaultObject, ownsFields } from './ensure.ts';

const api = 'flowcontrol.apiserver.k8s.io';
const autoUpdate = 'apf.kubernetes.io/autoupdate-spec';

/** Seats, lendable percent, and queues / hand size / queue length; without queues the level rejects. */
const limitedLevels: readonly [name: string, shares: number, lendable: number, queuing?: [number, number, number]][] = [
  ['catch-all', 5, 0],
  ['global-default', 20, 50, [128, 6, 50]],
  ['leader-election', 10, 0, [16, 4, 50]],
  ['node-high', 40, 25, [64, 6, 50]],
  ['system', 30, 33, [64, 6, 50]],
  ['workload-high', 40, 50, [128, 6, 50]],
  ['workload-low', 100, 90, [128, 6, 50]],
];

const user = (name: string) => ({ kind: 'User', user: { name } });
const group = (name: string) => ({ kind: 'Group', group: { name } });
const everyone = [group('system:unauthenticated'), group('system:authenticated')];
const kubeSystemAccounts = { kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name: '*' } };

const resources = (verbs: string[], groups: string[], names: string[], clusterScope: boolean) => ({
  verbs,
  apiGroups: groups,
  resources: names,
  ...(clusterScope ? { clusterScope } : {}),
  namespaces: ['*'],
});
const everything = {
  resourceRules: [resources(['*'], ['*'], ['*'], true)],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const leases = (verbs: string[]) => resources(verbs, ['coordination.k8s.io'], ['leases'], false);

interface FlowSchemaData {
  name: string;
  level: string;
  precedence: number;
  distinguisher?: 'ByUser' | 'ByNamespace';
  subjects: object[];
  rules: object;
}

const schemas: readonly FlowSchemaData[] = [
  { name: 'exempt', level: 'exempt', precedence: 1, subjects: [group('system:masters')], rules: everything },
  {
    name: 'probes',
    level: 'exempt',
    precedence: 2,
    subjects: everyone,
    rules: { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] },
  },
  {
    name: 'system-leader-election',
    level: 'leader-election',
    precedence: 100,
    distinguisher: 'ByUser',
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), kubeSystemAccounts],
    rules: { resourceRules: [leases(['get', 'create', 'update'])] },
  },
  {
    name: 'system-node-high',
    level: 'node-high',
    precedence: 400,
    distinguisher: 'ByUser',
    subjects: [group('system:nodes')],
    rules: { resourceRules: [resources(['*'], [''], ['nodes', 'nodes/status'], true), leases(['*'])] },
  },
  {
    name: 'system-nodes',
    level: 'system',
    precedence: 500,
    distinguisher: 'ByUser',
    subjects: [group('system:nodes')],
    rules: everything,
  },
  {
    name: 'kube-controller-manager',
    level: 'workload-high',
    precedence: 800,
    distinguisher: 'ByNamespace',
    subjects: [user('system:kube-controller-manager')],
    rules: everything,
  },
  {
    name: 'kube-scheduler',
    level: 'workload-high',
    precedence: 800,
    distinguisher: 'ByNamespace',
    subjects: [user('system:kube-scheduler')],
    rules: everything,
  },
  {
    name: 'kube-system-service-accounts',
    level: 'workload-high',
    precedence: 900,
    distinguisher: 'ByNamespace',
    subjects: [kubeSystemAccounts],
    rules: everything,
  },
  {
    name: 'service-accounts',
    level: 'workload-low',
    precedence: 9000,
    distinguisher: 'ByUser',
    subjects: [group('system:serviceaccounts')],
    rules: everything,
  },
  {
    name: 'global-default',
    level: 'global-default',
    precedence: 9900,
    distinguisher: 'ByUser',
    subjects: everyone,
    rules: everything,
  },
  {
    name: 'catch-all',
    level: 'catch-all',
    precedence: 10000,
    distinguisher: 'ByUser',
    subjects: everyone,
    rules: everything,
  },
];

function priorityLevel(name: string, spec: object): KubeObject {
  const metadata = { name, annotations: { [autoUpdate]: 'true' } };
  return { apiVersion: `${api}/v1`, kind: 'PriorityLevelConfiguration', metadata, spec };
}

function priorityLevels(): KubeObject[] {
  const exempt = { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } };
  const limited = limitedLevels.map(([name, nominalConcurrencyShares, lendablePercent, queuing]) => {
    const limitResponse =
      queuing === undefined
        ? { type: 'Reject' }
        : { type: 'Queue', queuing: { queues: queuing[0], handSize: queuing[1], queueLengthLimit: queuing[2] } };
    const spec = { type: 'Limited', limited: { nominalConcurrencyShares, limitResponse, lendablePercent } };
    return priorityLevel(name, spec);
  });
  return [priorityLevel('exempt', exempt), ...limited];
}

function flowSchema(data: FlowSchemaData): KubeObject {
  return {
    apiVersion: `${api}/v1`,
    kind: 'FlowSchema',
    metadata: { name: data.name, annotations: { [autoUpdate]: 'true' } },
    spec: {
      priorityLevelConfiguration: { name: data.level },
      matchingPrecedence: data.precedence,
      ...(data.distinguisher === undefined ? {} : { distinguisherMethod: { type: data.distinguisher } }),
      rules: [{ subjects: data.subjects, ...data.rules }],
    },
  };
}

function foundStatus(level: string, timestamp: string): object {
  const message = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)} and it exists`;
  return {
    conditions: [{ type: 'Dangling', status: 'False', lastTransitionTime: timestamp, reason: 'Found', message }],
  };
}

/** Specs follow the release as long as the annotation says so; who sets it to false keeps their own. */
function reconcileSpec(wanted: KubeObject): NonNullable<DefaultObject['reconcile']> {
  const owned = ownsFields(wanted, ['spec']);
  return (existing) => (existing.metadata.annotations?.[autoUpdate] === 'true' ? owned(existing) : undefined);
}

/** All default levels and schemas. `timestamp` is RFC 3339 with seconds. */
export function flowControlObjects(timestamp: string): DefaultObject[] {
  return [
    ...priorityLevels().map((object) => ({
      resource: `prioritylevelconfigurations.${api}`,
      object,
      reconcile: reconcileSpec(object),
    })),
    ...schemas.map((data) => {
      const object = flowSchema(data);
      const status = foundStatus(data.level, timestamp);
      return { resource: `flowschemas.${api}`, object, status, reconcile: reconcileSpec(object) };
    }),
  ];
}
