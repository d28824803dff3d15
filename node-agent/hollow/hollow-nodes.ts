// Simulated nodes, as the agent takes them: their names, sizes, addresses and runtimes.
import type { Client } from '../../client/client.ts';
import { type Clock, realClock } from '../../client/clock.ts';
import { Node } from '../../client/kinds.ts';
import type { Taint } from '../node/node-object.ts';
import type { AgentNode } from '../node-agent.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { NodeRanges } from './addresses.ts';
import { HollowRuntime } from './hollow-runtime.ts';
import { type StageTable, standardStages } from './stages.ts';

export interface HollowNodesOptions {
  count: number;
  /** Names are this and a number from 0. */
  namePrefix?: string;
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
  /** Over the standard ones. */
  capacity?: Readonly<Record<string, string>>;
  /** Nodes without a podCIDR get a range of 256 addresses of it. */
  clusterCidr?: string;
  stages?: StageTable;
  /** `v1.36.2`: what the node says its agent is. */
  kubeletVersion: string;
  clock?: Clock;
}

export const hollowDefaults = { namePrefix: 'hollow-', clusterCidr: '10.128.0.0/9' } as const;

/** As large as the nodes of a middling cluster. */
export const standardCapacity: Readonly<Record<string, string>> = {
  cpu: '32',
  memory: '256Gi',
  'ephemeral-storage': '1Ti',
  pods: '110',
};

/** Addresses of the nodes themselves: nothing listens there. */
const nodeCidr = '100.64.0.0/10';
const podTickMs = 10;

/** The nodes, to be given to a `NodeAgent`. Ones that the API has keep their ranges. Throws what the server answers. */
export async function hollowNodes(client: Client, options: HollowNodesOptions): Promise<AgentNode[]> {
  const { count, namePrefix = hollowDefaults.namePrefix, stages = standardStages(), clock = realClock } = options;
  const ranges = new NodeRanges(options.clusterCidr ?? hollowDefaults.clusterCidr, nodeCidr);
  const there = new Map<string, string>();
  const { items } = await client.resource(Node).listAll();
  for (const { metadata, spec } of items) {
    if (spec?.podCIDR === undefined) continue;
    there.set(metadata.name, spec.podCIDR);
    ranges.reserve(spec.podCIDR);
  }
  const wheel = new TimerWheel(clock, podTickMs);
  return Array.from({ length: count }, (_, index) => {
    const name = `${namePrefix}${index}`;
    const podCidr = there.get(name) ?? ranges.take();
    return {
      description: describe(name, podCidr, ranges.nodeAddress(podCidr), options),
      runtime: new HollowRuntime({ podCidr, stages, clock: wheel }),
    };
  });
}

function describe(
  name: string,
  podCidr: string,
  address: string,
  options: HollowNodesOptions,
): AgentNode['description'] {
  const capacity = { ...standardCapacity, ...options.capacity };
  const { kubeletVersion, labels, taints = [] } = options;
  return {
    name,
    podCidr,
    taints,
    capacity,
    allocatable: capacity,
    addresses: [address],
    labels: { type: 'hollow', ...labels },
    annotations: {},
    nodeInfo: {
      machineID: name,
      systemUUID: name,
      bootID: name,
      kernelVersion: '',
      osImage: 'hollow',
      containerRuntimeVersion: 'hollow://1',
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}
