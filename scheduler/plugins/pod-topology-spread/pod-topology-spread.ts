// Pods are spread evenly over the values of a node label (pkg/scheduler/framework/plugins/podtopologyspread, KEP-895).
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import type { Node, Pod } from '../../../client/kinds.ts';
import type { PodTopologySpreadArgs } from '../../config/plugin-args.ts';
import { action, type QueueingHint } from '../../framework/events.ts';
import type { Handle } from '../../framework/handle.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { failure, skip, unresolvable, unschedulable } from '../../framework/status.ts';
import { takesRoom, when } from '../shared/hints.ts';
import { type Constraint, ConstraintSource, nodeHasAllKeys } from './constraints.ts';
import { FilterState } from './filter-state.ts';
import { ScoreState } from './score-state.ts';

const name = 'PodTopologySpread';
const filterKey = `PreFilter${name}`;
const scoreKey = `PreScore${name}`;
const reason = "node(s) didn't match pod topology spread constraints";

function involved(other: Pod, pod: Pod): boolean {
  if (other.metadata.uid === pod.metadata.uid) return true;
  return takesRoom(other) && other.metadata.namespace === pod.metadata.namespace;
}

function podHint(
  pod: Pod,
  old: Pod | undefined,
  fresh: Pod | undefined,
  constraints: readonly Constraint[],
): QueueingHint {
  for (const other of [old, fresh]) if (other !== undefined && !involved(other, pod)) return 'QueueSkip';
  const matched = (other: Pod) => constraints.map(({ selector }) => selector.matches(other.metadata.labels));
  if (old === undefined || fresh === undefined) return when(matched((fresh ?? old)!).includes(true));
  const newToleration = !semanticEqual(fresh.spec?.tolerations, old.spec?.tolerations);
  if (pod.metadata.uid === fresh.metadata.uid && newToleration && constraints.some(({ honorTaints }) => honorTaints))
    return 'Queue';
  return when(!semanticEqual(matched(old), matched(fresh)));
}

function nodeHint(old: Node | undefined, fresh: Node | undefined, constraints: readonly Constraint[]): QueueingHint {
  const before = nodeHasAllKeys(old, constraints);
  const after = nodeHasAllKeys(fresh, constraints);
  if (old === undefined || fresh === undefined) return when(before || after);
  if (before !== after) return 'Queue';
  const moved = constraints.some(({ topologyKey: key }) => old.metadata.labels?.[key] !== fresh.metadata.labels?.[key]);
  return when(after && (moved || !semanticEqual(old.spec?.taints, fresh.spec?.taints)));
}

export function podTopologySpread(args: PodTopologySpreadArgs, { informers, nodes }: Handle): Plugin {
  const source = new ConstraintSource(args, informers);
  const missingLabel = unresolvable(name, `${reason} (missing required label)`);
  const refused = unschedulable(name, reason);
  const nothing = { status: skip(name) };
  const noScore = skip(name);
  return {
    name,
    preFilter(state, { pod }, allNodes) {
      let constraints: readonly Constraint[];
      try {
        constraints = source.of(pod, 'DoNotSchedule');
      } catch (error) {
        return { status: failure(name, error) };
      }
      if (constraints.length === 0) return nothing;
      state.write(filterKey, FilterState.of(pod, constraints, allNodes));
      return undefined;
    },
    addPod(state, _pod, added, node) {
      state.read<FilterState>(filterKey)!.update(added.pod, node, 1);
      return undefined;
    },
    removePod(state, _pod, removed, node) {
      state.read<FilterState>(filterKey)!.update(removed.pod, node, -1);
      return undefined;
    },
    filter(state, _pod, { labels }) {
      const spread = state.read<FilterState>(filterKey)!;
      for (let i = 0; i < spread.constraints.length; i++) {
        const { topologyKey, maxSkew } = spread.constraints[i]!;
        const value = labels[topologyKey];
        if (value === undefined) return missingLabel;
        if (spread.skew(i, value) > maxSkew) return refused;
      }
      return undefined;
    },
    preScore(state, { pod }, candidates) {
      let constraints: readonly Constraint[];
      try {
        constraints = source.of(pod, 'ScheduleAnyway');
      } catch (error) {
        return failure(name, error);
      }
      if (constraints.length === 0) return noScore;
      // The defaults are for nodes without zones too.
      const requireAll = (pod.spec?.topologySpreadConstraints ?? []).length > 0 || !source.systemDefaulted;
      const spread = new ScoreState(pod, constraints, candidates, requireAll);
      spread.countAll(pod, nodes.list(), requireAll);
      state.write(scoreKey, spread);
      return undefined;
    },
    score: (state, _pod, node) => state.read<ScoreState>(scoreKey)!.score(node),
    normalizeScore: (state, _pod, scores, candidates) =>
      state.read<ScoreState>(scoreKey)!.normalize(scores, candidates),
    events: () => [
      {
        event: {
          resource: 'Pod',
          action: action.add | action.updatePodLabel | action.updatePodToleration | action.delete,
        },
        hint: (pod, old, fresh) =>
          podHint(pod, old as Pod | undefined, fresh as Pod | undefined, source.of(pod, 'DoNotSchedule')),
      },
      {
        event: {
          resource: 'Node',
          action: action.add | action.delete | action.updateNodeLabel | action.updateNodeTaint,
        },
        hint: (pod, old, fresh) =>
          nodeHint(old as Node | undefined, fresh as Node | undefined, source.of(pod, 'DoNotSchedule')),
      },
    ],
  };
}
