// Pods that need something of their kubelet that not every node has (pkg/scheduler/framework/plugins/nodedeclaredfeatures, KEP-5328,
// k8s.io/component-helpers/nodedeclaredfeatures).
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import type { Node, Pod } from '../../client/kinds.ts';
import { action } from '../framework/events.ts';
import type { Plugin } from '../framework/plugin.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { when } from './shared/hints.ts';

const name = 'NodeDeclaredFeatures';

type PodSpec = NonNullable<Pod['spec']>;

function restartsAllContainers({ containers, initContainers = [] }: PodSpec): boolean {
  return [...containers, ...initContainers].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some((rule) => rule.action === 'RestartAllContainers'),
  );
}

/** What a pod's specification asks of its node, by feature. */
const features: Readonly<Record<string, (spec: PodSpec) => boolean>> = {
  RestartAllContainersOnContainerExits: restartsAllContainers,
  UserNamespacesHostNetworkSupport: ({ hostNetwork, hostUsers }) => hostNetwork === true && hostUsers === false,
};

function needed({ spec }: Pod): string[] {
  return spec === undefined ? [] : Object.keys(features).filter((feature) => features[feature]!(spec));
}

export function nodeDeclaredFeatures(): Plugin {
  const refused = unresolvable(name, "node(s) didn't match Pod's required features");
  const nothing = { status: skip(name) };
  return {
    name,
    preFilter(state, { pod }) {
      const wanted = needed(pod);
      if (wanted.length === 0) return nothing;
      state.write(name, wanted);
      return undefined;
    },
    filter(state, _pod, { node }) {
      const declared = node.status?.declaredFeatures ?? [];
      return state.read<string[]>(name)!.every((feature) => declared.includes(feature)) ? undefined : refused;
    },
    events: () => [
      {
        event: { resource: 'Node', action: action.add | action.updateNodeDeclaredFeature },
        hint: (_pod, old, fresh) =>
          when(
            old === undefined ||
              !semanticEqual((old as Node).status?.declaredFeatures, (fresh as Node).status?.declaredFeatures),
          ),
      },
      {
        event: { resource: 'Pod', action: action.update },
        hint: (pod, old, fresh) =>
          when(
            (fresh as Pod | undefined)?.metadata.uid === pod.metadata.uid &&
              !semanticEqual(needed(old as Pod), needed(fresh as Pod)),
          ),
      },
    ],
  };
}
