// Pods and Nodes as a scheduler and a kubelet leave them, made through the API.
import type { Client } from '../../client/client.ts';
import { microTimestamp } from '../../client/clock.ts';
import { Lease, Node, Pod } from '../../client/kinds.ts';
import type { NewObject } from '../../client/resource.ts';

export interface ReadyNodeOptions {
  labels?: Record<string, string>;
  taints?: NonNullable<Node['spec']>['taints'];
  /** A ready condition of this time; now by default. */
  now?: string;
  ready?: 'True' | 'False' | 'Unknown';
}

/** A node with eight processors whose kubelet has reported once. */
export async function createNode(client: Client, name: string, options: ReadyNodeOptions = {}): Promise<Node> {
  const { labels = {}, taints, now = new Date().toISOString().replace(/\.\d+/, ''), ready = 'True' } = options;
  const nodes = client.resource(Node);
  await nodes.create({ metadata: { name, labels }, spec: taints === undefined ? {} : { taints } });
  const condition = {
    type: 'Ready',
    status: ready,
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  };
  const status = {
    capacity: { cpu: '8', memory: '16Gi', pods: '110' },
    allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
    conditions: [{ ...condition, lastHeartbeatTime: now, lastTransitionTime: now }],
  };
  return nodes.patch({ name }, 'merge', { status }, { subresource: 'status' });
}

/** Renews a node's lease, as its kubelet does every 10 s. */
export async function renewLease(client: Client, name: string, nowMs: number): Promise<void> {
  const leases = client.resource(Lease);
  const key = { namespace: 'kube-node-lease', name };
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTimestamp(nowMs) };
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec };
  await leases.apply(lease, { force: true, fieldManager: 'kubelet' });
}

export interface PodOptions {
  namespace?: string;
  labels?: Record<string, string>;
  nodeName?: string;
  /** Addresses; ready with the first one. */
  ips?: readonly string[];
  ready?: boolean;
  spec?: Partial<NonNullable<Pod['spec']>>;
}

/** A Pod that is bound, and running where it has addresses. */
export async function createPod(client: Client, name: string, options: PodOptions = {}): Promise<Pod> {
  const { namespace = 'default', labels = {}, nodeName, ips = [], ready = true, spec } = options;
  const pods = client.resource(Pod);
  const body: NewObject<Pod> = {
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: 8080 }] }], ...spec },
  } as NewObject<Pod>;
  const pod = await pods.create({ ...body, spec: { ...body.spec!, ...(nodeName ? { nodeName } : {}) } });
  return ips.length === 0 ? pod : setPodReady(client, pod.metadata, ready, ips);
}

/** Writes a running Pod's condition Ready, and its addresses where they are given. */
export async function setPodReady(
  client: Client,
  key: { namespace?: string; name?: string },
  ready: boolean,
  ips?: readonly string[],
): Promise<Pod> {
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time }];
  const addresses = ips === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) };
  const status = { phase: 'Running', conditions, ...addresses };
  return client.resource(Pod).patch(key, 'merge', { status }, { subresource: 'status' });
}
