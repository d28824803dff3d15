// A pod that names its node (pkg/scheduler/framework/plugins/nodename). Such a pod is not scheduled at all; the check is for simulations.
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { skip, unresolvable } from '../framework/status.ts';

const name = 'NodeName';

export function nodeName(): Plugin {
  const refused = unresolvable(name, "node(s) didn't match the requested node name");
  const nothing = { status: skip(name) };
  return {
    name,
    preFilter: (_state, { pod }) => (pod.spec?.nodeName ? undefined : nothing),
    filter: (_state, { pod }, node) => (pod.spec?.nodeName && pod.spec.nodeName !== node.name ? refused : undefined),
    events: () => [{ event: { resource: 'Node', action: action.add } }],
  };
}
