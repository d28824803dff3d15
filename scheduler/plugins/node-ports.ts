// Host ports are free on a node or not (pkg/scheduler/framework/plugins/nodeports).
import type { Pod } from '../../client/kinds.ts';
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { PodInfo } from '../framework/pod-info.ts';
import { skip, unschedulable } from '../framework/status.ts';
import { UsedPorts } from '../framework/used-ports.ts';
import { takesRoom, when } from './shared/hints.ts';

const name = 'NodePorts';

export function nodePorts(): Plugin {
  const refused = unschedulable(name, "node(s) didn't have free ports for the requested pod ports");
  const nothing = { status: skip(name) };
  return {
    name,
    preFilter: (_state, { hostPorts }) => (hostPorts.length === 0 ? nothing : undefined),
    filter(_state, { hostPorts }, { usedPorts }) {
      for (const port of hostPorts) if (usedPorts.conflicts(port)) return refused;
      return undefined;
    },
    events: () => [
      {
        event: { resource: 'Pod', action: action.delete },
        hint: (pod, old) => {
          const gone = old as Pod;
          if (!takesRoom(gone)) return 'QueueSkip';
          const freed = new UsedPorts();
          for (const port of new PodInfo(gone).hostPorts) freed.add(port);
          return when(new PodInfo(pod).hostPorts.some((port) => freed.conflicts(port)));
        },
      },
      { event: { resource: 'Node', action: action.add } },
    ],
  };
}
