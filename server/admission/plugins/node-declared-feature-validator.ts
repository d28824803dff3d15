// A bound pod is changed only in ways that its node says it can follow (kubernetes plugin/pkg/admission/nodedeclaredfeatures,
// KEP-5328; k8s.io/component-helpers/nodedeclaredfeatures).
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { type Fields, listOf } from '../../registry/fields.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

/** Features that an update may need, in upstream's order, and what needs them. */
const features: readonly [name: string, isNeeded: (spec: Fields, old: Fields) => boolean][] = [
  ['InPlacePodLevelResourcesVerticalScaling', (spec, old) => !isDeepStrictEqual(spec['resources'], old['resources'])],
  [
    'InPlacePodVerticalScalingInitContainers',
    (spec, old) =>
      listOf(old['initContainers']).some(
        ({ restartPolicy, resources }, index) =>
          restartPolicy !== 'Always' &&
          !isDeepStrictEqual(resources ?? {}, listOf(spec['initContainers'])[index]?.['resources'] ?? {}),
      ),
  ],
];

export function nodeDeclaredFeatureValidator({ objects, fresh }: PluginContext): ScopedPlugin {
  const nodes = objects.resource('nodes');
  const check = (attributes: AdmissionAttributes, needed: readonly string[], node: KubeObject) => {
    const declared: string[] = node['status']?.declaredFeatures ?? [];
    const missing = needed.filter((name) => !declared.includes(name));
    if (missing.length > 0)
      throw forbidden(
        attributes,
        `pod update requires features ${missing.join(', ')} which are not available on node ${JSON.stringify(node.metadata.name)}`,
      );
  };
  return {
    name: 'NodeDeclaredFeatureValidator',
    operations: ['UPDATE'],
    resources: ['pods'],
    validate(attributes) {
      const { object: pod, old, subresource } = attributes;
      const nodeName: string = pod?.['spec']?.nodeName ?? '';
      if ((subresource !== '' && subresource !== 'resize') || nodeName === '') return;
      if (old?.metadata.generation === pod!.metadata.generation) return;
      const needed = features.filter(([, isNeeded]) => isNeeded(pod!['spec'], old?.['spec'] ?? {}));
      if (needed.length === 0) return;
      const names = needed.map(([name]) => name);
      const node = nodes.get('', nodeName);
      if (node !== undefined) return check(attributes, names, node);
      return fresh().then(() => {
        const later = nodes.get('', nodeName);
        if (later === undefined) throw forbidden(attributes, `node ${JSON.stringify(nodeName)} not found`);
        check(attributes, names, later);
      });
    },
  };
}
