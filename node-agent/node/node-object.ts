// A node as its agent registers and reports it (pkg/kubelet/kubelet_node_status.go initialNode, pkg/kubelet/nodestatus/setters.go). Pure.
import type { NewObject } from '../../client/resource.ts';
import type { Node } from '../pods/pod.ts';
import type { Image } from '../runtime.ts';

export type NodeStatus = NonNullable<Node['status']>;
export type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

export interface NodeDescription {
  name: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  taints: readonly Taint[];
  /** Of a new node; one that is there keeps its own. */
  podCidr: string | undefined;
  addresses: readonly string[];
  capacity: Readonly<Record<string, string>>;
  allocatable: Readonly<Record<string, string>>;
  nodeInfo: NonNullable<NodeStatus['nodeInfo']>;
}

interface Healthy {
  type: string;
  status: string;
  reason: string;
  message: string;
}

/** In the kubelet's order, with its words. */
const healthy: readonly Healthy[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

/** The largest images, as many as the kubelet reports (nodeStatusMaxImages). */
const maxImages = 50;

/** What the agent labels every node with, beside what it is told to. */
export function defaultLabels(name: string, { operatingSystem, architecture }: NodeDescription['nodeInfo']) {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': operatingSystem,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': operatingSystem,
  };
}

export function newNode(node: NodeDescription, images: readonly Image[], now: string): NewObject<Node> {
  const { name, annotations, taints, podCidr } = node;
  return {
    metadata: {
      name,
      labels: { ...defaultLabels(name, node.nodeInfo), ...node.labels },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true', ...annotations },
    },
    spec: {
      ...(podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints.length === 0 ? {} : { taints: [...taints] }),
    },
    status: nodeStatus(node, images, undefined, now),
  };
}

/** The status now; `before` tells since when conditions hold. */
export function nodeStatus(
  node: NodeDescription,
  images: readonly Image[],
  before: NodeStatus | undefined,
  now: string,
): NodeStatus {
  const { capacity, allocatable, nodeInfo } = node;
  return {
    capacity: { ...capacity },
    allocatable: { ...allocatable },
    conditions: healthy.map((condition) => {
      const last = before?.conditions?.find(({ type }) => type === condition.type);
      const since = last?.status === condition.status ? (last.lastTransitionTime ?? now) : now;
      return { ...condition, lastHeartbeatTime: now, lastTransitionTime: since };
    }),
    addresses: [
      ...node.addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: node.name },
    ],
    nodeInfo,
    images: [...images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, maxImages)
      .map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })),
  };
}
