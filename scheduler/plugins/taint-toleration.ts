// Taints keep pods away that do not tolerate them, or make a node less welcome (pkg/scheduler/framework/plugins/tainttoleration).
import type { Node, Pod } from '../../client/kinds.ts';
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { keepsAway, type Toleration, tolerates, untoleratedTaint } from '../framework/taints.ts';
import { ownChange, when } from './shared/hints.ts';
import { normalizeByMaximum } from './shared/normalize.ts';

const name = 'TaintToleration';

/** Tolerations of taints that ask to be avoided. */
function softTolerations({ spec }: Pod): Toleration[] {
  return (spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule');
}

function keptAway({ spec }: Pod, node: Node): boolean {
  return untoleratedTaint((node.spec?.taints ?? []).filter(keepsAway), spec?.tolerations) !== undefined;
}

export function taintToleration(): Plugin {
  const refused = unresolvable(name, 'node(s) had untolerated taint(s)');
  return {
    name,
    filter(_state, { pod }, { taints }) {
      if (taints.length === 0) return undefined;
      return untoleratedTaint(taints, pod.spec?.tolerations) === undefined ? undefined : refused;
    },
    preScore(state, { pod }) {
      state.write(name, softTolerations(pod));
      return undefined;
    },
    score(state, _pod, { softTaints }) {
      if (softTaints.length === 0) return 0;
      const tolerations = state.read<Toleration[]>(name)!;
      let intolerable = 0;
      for (const taint of softTaints)
        if (!tolerations.some((toleration) => tolerates(toleration, taint))) intolerable++;
      return intolerable;
    },
    normalizeScore: (_state, _pod, scores) => normalizeByMaximum(scores, true),
    events: () => [
      {
        event: { resource: 'Node', action: action.add | action.updateNodeTaint },
        hint: (pod, old, fresh) =>
          when(!keptAway(pod, fresh as Node) && (old === undefined || keptAway(pod, old as Node))),
      },
      { event: { resource: 'Pod', action: action.updatePodToleration }, hint: ownChange },
    ],
  };
}
