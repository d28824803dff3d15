// Pods carry zone and region of the node they are bound to (kubernetes plugin/pkg/admission/podtopologylabels, KEP-4742).
import type { PluginContext, ScopedPlugin } from '../plugin.ts';

const topologyLabels = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

export function podTopologyLabels({ objects }: PluginContext): ScopedPlugin {
  const nodes = objects.resource('nodes');
  return {
    name: 'PodTopologyLabels',
    operations: ['CREATE'],
    resources: ['pods'],
    admit({ object, subresource }) {
      // A Binding hands its labels on to the pod.
      const nodeName: string | undefined =
        subresource === ''
          ? object?.['spec']?.nodeName
          : subresource === 'binding' && object?.['target']?.kind === 'Node'
            ? object['target'].name
            : undefined;
      if (object === undefined || !nodeName) return;
      const labels = nodes.get('', nodeName)?.metadata.labels ?? {};
      const copied = Object.fromEntries(
        topologyLabels.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])),
      );
      if (Object.keys(copied).length > 0) object.metadata.labels = { ...object.metadata.labels, ...copied };
    },
  };
}
