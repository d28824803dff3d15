// A pod is resized only where its node can do it and is large enough (kubernetes plugin/pkg/admission/podresize).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantities, quantityMilliValue, quantityOf, quantityValue } from '../../../apimachinery/quantity.ts';
import type { StatusError } from '../../../apimachinery/status.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import { podAmounts } from '../quota/pod-usage.ts';
import type { AdmissionAttributes } from '../types.ts';

function refusal(attributes: AdmissionAttributes, message: string, reason: string): StatusError {
  const error = forbidden(attributes, message);
  error.status.details = { ...error.status.details, causes: [{ reason, message: '', field: '' }] };
  return error;
}

function checkAllocatable(attributes: AdmissionAttributes, pod: KubeObject, node: KubeObject): void {
  const requests = podAmounts(pod, 'requests', { useStatus: false, overhead: true });
  const too = (['cpu', 'memory'] as const).flatMap((name) => {
    const requested = requests.get(name) ?? quantityOf(null);
    const allocatable = quantityOf(node['status']?.allocatable?.[name]);
    const shown = name === 'cpu' ? quantityMilliValue : quantityValue;
    if (compareQuantities(requested, allocatable) <= 0) return [];
    return [`${name}, requested: ${shown(requested)}, allocatable: ${shown(allocatable)}`];
  });
  if (too.length > 0)
    throw refusal(attributes, `node didn't have enough allocatable resources: ${too.join('; ')}`, 'NodeCapacity');
}

export function podResizeValidator({ objects, fresh }: PluginContext): ScopedPlugin {
  const nodes = objects.resource('nodes');
  const check = (attributes: AdmissionAttributes, node: KubeObject) => {
    const system = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux';
    const name = JSON.stringify(node.metadata.name);
    if (system !== 'linux')
      throw refusal(
        attributes,
        `pod resize is only supported on linux nodes, node ${name} is ${JSON.stringify(system)}`,
        'UnsupportedPlatform',
      );
    checkAllocatable(attributes, attributes.object!, node);
  };
  return {
    name: 'PodResizeValidator',
    operations: ['UPDATE'],
    resources: ['pods'],
    validate(attributes) {
      const { object: pod, old, subresource } = attributes;
      const nodeName: string = pod?.['spec']?.nodeName ?? '';
      if (subresource !== 'resize' || nodeName === '' || old?.metadata.generation === pod!.metadata.generation) return;
      const node = nodes.get('', nodeName);
      if (node !== undefined) return check(attributes, node);
      return fresh().then(() => {
        const later = nodes.get('', nodeName);
        if (later === undefined) throw forbidden(attributes, `node ${JSON.stringify(nodeName)} not found`);
        check(attributes, later);
      });
    },
  };
}
