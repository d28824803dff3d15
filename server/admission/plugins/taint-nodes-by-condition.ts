// A new node takes no pods before the node controller has seen it ready (kubernetes plugin/pkg/admission/nodetaint).
import type { ScopedPlugin } from '../plugin.ts';

const key = 'node.kubernetes.io/not-ready';
const effect = 'NoSchedule';

export function taintNodesByCondition(): ScopedPlugin {
  return {
    name: 'TaintNodesByCondition',
    operations: ['CREATE'],
    resources: ['nodes'],
    admit({ object: node, subresource }) {
      if (node === undefined || subresource !== '') return;
      const taints: { key?: string; effect?: string }[] = node['spec']?.taints ?? [];
      if (taints.some((taint) => taint.key === key && taint.effect === effect)) return;
      node['spec'] = { ...node['spec'], taints: [...taints, { key, effect }] };
    },
  };
}
