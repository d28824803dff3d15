// Whether a node is alive, by what its kubelet posts: its status and its lease. Pure (tryUpdateNodeHealth and ComputeZoneState of
// pkg/controller/nodelifecycle/node_lifecycle_controller.go).
import { timestamp } from '../../client/clock.ts';
import type { Lease, Node } from '../../client/kinds.ts';

export type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number];

/** What is remembered of a node between two looks. */
export interface NodeHealth {
  /** When it last gave a sign of life, by our clock. */
  probeMs: number;
  /** Of the condition Ready that was seen last; undefined where it had none. */
  ready: { status: string; heartbeat: string } | undefined;
  renewTime: string | undefined;
}

export interface GracePeriods {
  /** For a node that has never posted its status. */
  startupMs: number;
  monitorMs: number;
}

export interface Judgement {
  health: NodeHealth;
  /** Status of Ready before: Unknown for a node without. */
  observed: string;
  /** Ready as it is now, or is to be; undefined for a node that has not posted it and has time left. */
  current: NodeCondition | undefined;
  /** To be written; undefined where nothing changes. */
  conditions: NodeCondition[] | undefined;
}

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyConditionOf({ status }: Node): NodeCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Looks at a node at `nowMs`. */
export function judgeNode(
  before: NodeHealth | undefined,
  node: Node,
  lease: Lease | undefined,
  nowMs: number,
  grace: GracePeriods,
): Judgement {
  const current = readyConditionOf(node);
  const health = seen(before, node, current, nowMs);
  const renewTime = lease?.spec?.renewTime;
  if (renewTime !== undefined && (health.renewTime === undefined || health.renewTime < renewTime)) {
    health.renewTime = renewTime;
    health.probeMs = nowMs;
  }
  const observed = current?.status ?? 'Unknown';
  const graceMs = current === undefined ? grace.startupMs : grace.monitorMs;
  if (nowMs <= health.probeMs + graceMs) return { health, observed, current, conditions: undefined };
  const conditions = unknownConditions(node, nowMs);
  const ready = conditions.find(({ type }) => type === 'Ready');
  // Only a change of Ready is worth a write.
  const changed = current === undefined || current.status !== 'Unknown';
  return { health, observed, current: ready, conditions: changed ? conditions : undefined };
}

function seen(
  before: NodeHealth | undefined,
  node: Node,
  current: NodeCondition | undefined,
  nowMs: number,
): NodeHealth {
  const created = Date.parse(node.metadata.creationTimestamp ?? '') || nowMs;
  const ready =
    current === undefined ? undefined : { status: current.status, heartbeat: current.lastHeartbeatTime ?? '' };
  if (before === undefined) return { probeMs: current === undefined ? created : nowMs, ready, renewTime: undefined };
  const alive = before.ready?.heartbeat !== ready?.heartbeat;
  return { probeMs: alive ? nowMs : before.probeMs, ready, renewTime: before.renewTime };
}

/** The node's conditions with those that its kubelet keeps up to date set to Unknown. */
function unknownConditions({ metadata, status }: Node, nowMs: number): NodeCondition[] {
  const now = timestamp(nowMs);
  const conditions = (status?.conditions ?? []).map((condition) =>
    watched.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        }
      : condition,
  );
  const missing = watched.filter((type) => !conditions.some((condition) => condition.type === type));
  const never = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
  const heartbeat = metadata.creationTimestamp ? { lastHeartbeatTime: metadata.creationTimestamp } : {};
  for (const type of missing)
    conditions.push({ type, status: 'Unknown', ...never, ...heartbeat, lastTransitionTime: now });
  return conditions;
}

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** The state of a zone with these conditions Ready of its nodes. */
export function zoneStateOf(ready: readonly (NodeCondition | undefined)[], unhealthyThreshold: number): ZoneState {
  const notReady = ready.filter((condition) => condition?.status !== 'True').length;
  if (notReady > 0 && notReady === ready.length) return 'FullDisruption';
  return notReady > 2 && notReady / ready.length >= unhealthyThreshold ? 'PartialDisruption' : 'Normal';
}

/** Region and zone of a node as one key; '' where it has neither (component-helpers/node/topology). */
export function zoneKeyOf({ metadata: { labels = {} } }: Node): string {
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  return zone === '' && region === '' ? '' : `${region}:\0:${zone}`;
}
