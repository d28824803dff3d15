// `kubectl get pods` (printPod in pkg/printers/internalversion/printers.go).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { isRestartableInitContainer } from '../../../apimachinery/pod-resources.ts';
import type { Cell, PrintContext, Printer } from '../descriptor.ts';
import { type Fields, listOf } from '../fields.ts';
import { age, ageColumn, column, fieldColumn, nameColumn, timeSince } from '../print.ts';

const podSpec = 'io.k8s.api.core.v1.PodSpec';
const podStatus = 'io.k8s.api.core.v1.PodStatus';

/** What the STATUS, READY and RESTARTS cells are put together from. */
interface PodState {
  reason: string;
  ready: number;
  restarts: number;
  /** RFC 3339, '' for never. */
  lastRestart: string;
}

export const podPrinter: Printer = {
  columns: [
    nameColumn,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    fieldColumn('IP', podStatus, 'podIP', { wide: true }),
    fieldColumn('Node', podSpec, 'nodeName', { wide: true }),
    fieldColumn('Nominated Node', podStatus, 'nominatedNodeName', { wide: true }),
    fieldColumn('Readiness Gates', podSpec, 'readinessGates', { wide: true }),
  ],
  cells: podCells,
  conditions(pod) {
    const phase = (pod['status'] as Fields | undefined)?.['phase'];
    if (phase === 'Succeeded') return [completed(phase, 'The pod has completed successfully.')];
    if (phase === 'Failed') return [completed(phase, 'The pod failed.')];
    return undefined;
  },
};

function completed(reason: string, message: string) {
  return { type: 'Completed', status: 'True', reason, message };
}

function podCells(pod: KubeObject, { now }: PrintContext): Cell[] {
  const spec = (pod['spec'] ?? {}) as Fields;
  const status = (pod['status'] ?? {}) as Fields;
  const initContainers = listOf(spec['initContainers']);
  const total = listOf(spec['containers']).length + initContainers.filter(isRestartableInitContainer).length;
  const state = podState(spec, status);
  let reason = state.reason;
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status['reason'] === 'NodeLost') reason = 'Unknown';
    else if (status['phase'] !== 'Failed' && status['phase'] !== 'Succeeded') reason = 'Terminating';
  }
  const restarts =
    state.restarts !== 0 && state.lastRestart !== ''
      ? `${state.restarts} (${timeSince(state.lastRestart, now)} ago)`
      : `${state.restarts}`;
  return [
    pod.metadata.name ?? '',
    `${state.ready}/${total}`,
    reason,
    restarts,
    age(pod, now),
    listOf(status['podIPs'])[0]?.['ip'] || '<none>',
    spec['nodeName'] || '<none>',
    status['nominatedNodeName'] || '<none>',
    readinessGates(spec, status),
  ];
}

function podState(spec: Fields, status: Fields): PodState {
  const state: PodState = { reason: status['reason'] || status['phase'] || '', ready: 0, restarts: 0, lastRestart: '' };
  for (const condition of listOf(status['conditions'])) {
    if (condition['type'] === 'PodScheduled' && condition['reason'] === 'SchedulingGated')
      state.reason = 'SchedulingGated';
  }
  const sidecars = { restarts: 0, lastRestart: '' };
  const initializing = initState(spec, status, state, sidecars);
  if (!initializing || isConditionTrue(status, 'Initialized')) {
    state.restarts = sidecars.restarts;
    state.lastRestart = sidecars.lastRestart;
    mainState(status, state);
  }
  return state;
}

function isConditionTrue(status: Fields, type: string): boolean {
  return listOf(status['conditions']).some((c) => c['type'] === type && c['status'] === 'True');
}

function countRestarts(container: Fields, into: { restarts: number; lastRestart: string }): void {
  into.restarts += container['restartCount'] ?? 0;
  const finished = container['lastState']?.terminated?.finishedAt as string | null | undefined;
  if (finished && (into.lastRestart === '' || finished > into.lastRestart)) into.lastRestart = finished;
}

/** Init containers: counts them and, while one is not done, says which and why. Returns whether one is not done. */
function initState(
  spec: Fields,
  status: Fields,
  state: PodState,
  sidecars: { restarts: number; lastRestart: string },
): boolean {
  const specs = listOf(spec['initContainers']);
  const statuses = listOf(status['initContainerStatuses']);
  for (let i = 0; i < statuses.length; i++) {
    const container = statuses[i]!;
    const isSidecar = isRestartableInitContainer(specs.find((c) => c['name'] === container['name']));
    countRestarts(container, state);
    if (isSidecar) countRestarts(container, sidecars);
    const terminated = container['state']?.terminated as Fields | undefined;
    if (terminated && (terminated['exitCode'] ?? 0) === 0) continue;
    if (isSidecar && container['started'] === true) {
      if (container['ready']) state.ready++;
      continue;
    }
    state.reason = `Init:${initReason(container, i, specs.length)}`;
    return true;
  }
  return false;
}

function initReason(container: Fields, index: number, total: number): string {
  const terminated = container['state']?.terminated as Fields | undefined;
  if (terminated) return terminationReason(terminated);
  const waiting = container['state']?.waiting?.reason as string | undefined;
  return waiting && waiting !== 'PodInitializing' ? waiting : `${index}/${total}`;
}

function terminationReason(terminated: Fields): string {
  if (terminated['reason']) return terminated['reason'];
  return terminated['signal'] ? `Signal:${terminated['signal']}` : `ExitCode:${terminated['exitCode'] ?? 0}`;
}

/** The main containers, last first: the first one's reason stands unless another one failed or runs. */
function mainState(status: Fields, state: PodState): void {
  let hasRunning = false;
  let errorReason = '';
  for (const container of [...listOf(status['containerStatuses'])].reverse()) {
    countRestarts(container, state);
    const terminated = container['state']?.terminated as Fields | undefined;
    if (container['state']?.waiting?.reason) {
      state.reason = container['state'].waiting.reason;
    } else if (terminated) {
      state.reason = terminationReason(terminated);
      if ((terminated['exitCode'] ?? 0) !== 0) errorReason = state.reason;
    } else if (container['ready'] && container['state']?.running) {
      hasRunning = true;
      state.ready++;
    }
  }
  if (state.reason !== 'Completed') return;
  if (hasRunning && isConditionTrue(status, 'Ready')) state.reason = 'Running';
  else if (errorReason !== '') state.reason = errorReason;
  else if (hasRunning) state.reason = 'NotReady';
}

function readinessGates(spec: Fields, status: Fields): string {
  const gates = listOf(spec['readinessGates']);
  if (gates.length === 0) return '<none>';
  const conditions = listOf(status['conditions']);
  const open = gates.filter(
    (gate) => conditions.find((c) => c['type'] === gate['conditionType'])?.['status'] === 'True',
  );
  return `${open.length}/${gates.length}`;
}
