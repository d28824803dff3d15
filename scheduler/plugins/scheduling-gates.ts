// A pod with gates is not tried (pkg/scheduler/framework/plugins/schedulinggates, KEP-3521).
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unresolvable } from '../framework/status.ts';
import { ownChange } from './shared/hints.ts';

const name = 'SchedulingGates';

export function schedulingGates(): Plugin {
  return {
    name,
    preEnqueue({ spec }) {
      const gates = spec?.schedulingGates ?? [];
      if (gates.length === 0) return undefined;
      return unresolvable(name, `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`);
    },
    events: () => [{ event: { resource: 'Pod', action: action.updatePodSchedulingGatesEliminated }, hint: ownChange }],
  };
}
