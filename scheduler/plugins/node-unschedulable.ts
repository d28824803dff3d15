// Nodes that were cordoned (pkg/scheduler/framework/plugins/nodeunschedulable).
import type { Node, Pod } from '../../client/kinds.ts';
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { tolerates } from '../framework/taints.ts';
import { when } from './shared/hints.ts';

const name = 'NodeUnschedulable';
const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function toleratesIt({ spec }: Pod): boolean {
  return (spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}

export function nodeUnschedulable(): Plugin {
  const refused = unresolvable(name, 'node(s) were unschedulable');
  return {
    name,
    filter: (_state, { pod }, node) => (node.unschedulable && !toleratesIt(pod) ? refused : undefined),
    events: () => [
      {
        event: { resource: 'Node', action: action.add | action.updateNodeTaint },
        hint: (_pod, old, fresh) => {
          const now = (fresh as Node).spec?.unschedulable === true;
          return when(!now && (old === undefined || (old as Node).spec?.unschedulable === true));
        },
      },
      {
        event: { resource: 'Pod', action: action.updatePodToleration },
        hint: (pod, _old, fresh) => when((fresh as Pod).metadata.uid === pod.metadata.uid && toleratesIt(fresh as Pod)),
      },
    ],
  };
}
