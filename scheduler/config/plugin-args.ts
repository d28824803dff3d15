// The arguments of plugins, as KubeSchedulerConfiguration has them (staging k8s.io/kube-scheduler/config/v1/types_pluginargs.go).
import type { Pod } from '../../client/kinds.ts';

type NodeAffinity = NonNullable<NonNullable<NonNullable<Pod['spec']>['affinity']>['nodeAffinity']>;
export type TopologySpreadConstraint = NonNullable<NonNullable<Pod['spec']>['topologySpreadConstraints']>[number];

export interface ResourceSpec {
  name: string;
  weight: number;
}

export interface UtilizationShapePoint {
  utilization: number;
  score: number;
}

export interface ScoringStrategy {
  type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  resources: readonly ResourceSpec[];
  requestedToCapacityRatio?: { shape: readonly UtilizationShapePoint[] };
}

export interface DefaultPreemptionArgs {
  minCandidateNodesPercentage: number;
  minCandidateNodesAbsolute: number;
}

export interface InterPodAffinityArgs {
  hardPodAffinityWeight: number;
  ignorePreferredTermsOfExistingPods: boolean;
}

export interface NodeAffinityArgs {
  addedAffinity?: NodeAffinity;
}

export interface NodeResourcesBalancedAllocationArgs {
  resources: readonly ResourceSpec[];
}

export interface NodeResourcesFitArgs {
  ignoredResources: readonly string[];
  ignoredResourceGroups: readonly string[];
  scoringStrategy: ScoringStrategy;
}

export interface PodTopologySpreadArgs {
  defaultConstraints: readonly TopologySpreadConstraint[];
  defaultingType: 'System' | 'List';
}

export interface VolumeBindingArgs {
  bindTimeoutSeconds: number;
}

export interface DynamicResourcesArgs {
  /** Go durations. */
  filterTimeout: string;
  bindingTimeout: string;
}

/** By plugin's name. */
export interface PluginArgs {
  DefaultPreemption: DefaultPreemptionArgs;
  InterPodAffinity: InterPodAffinityArgs;
  NodeAffinity: NodeAffinityArgs;
  NodeResourcesBalancedAllocation: NodeResourcesBalancedAllocationArgs;
  NodeResourcesFit: NodeResourcesFitArgs;
  PodTopologySpread: PodTopologySpreadArgs;
  VolumeBinding: VolumeBindingArgs;
  DynamicResources: DynamicResourcesArgs;
}

const cpuAndMemory: readonly ResourceSpec[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** What arguments are unless they are given. */
export const defaultPluginArgs: Readonly<PluginArgs> = {
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  NodeAffinity: {},
  NodeResourcesBalancedAllocation: { resources: cpuAndMemory },
  NodeResourcesFit: {
    ignoredResources: [],
    ignoredResourceGroups: [],
    scoringStrategy: { type: 'LeastAllocated', resources: cpuAndMemory },
  },
  PodTopologySpread: { defaultConstraints: [], defaultingType: 'System' },
  VolumeBinding: { bindTimeoutSeconds: 600 },
  DynamicResources: { filterTimeout: '10s', bindingTimeout: '600s' },
};
