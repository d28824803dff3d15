// Pods that ask for extended resources tolerate the taints of nodes set apart for those
// (kubernetes plugin/pkg/admission/extendedresourcetoleration).
import { isNativeResource } from '../../registry/core/pod-resources.ts';
import type { ScopedPlugin } from '../plugin.ts';
import { podSpecOf, type Toleration } from './pod-spec.ts';

function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.');
}

/** Same taint and same condition: the one is put in the other's place. */
function isSameTaint(a: Toleration, b: Toleration): boolean {
  return a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? '') === (b.value ?? '');
}

export function extendedResourceToleration(): ScopedPlugin {
  return {
    name: 'ExtendedResourceToleration',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    admit({ object: pod, subresource }) {
      if (subresource !== '' || pod === undefined) return;
      const spec = podSpecOf(pod);
      const names = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
        .flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
        .filter(isExtendedResource);
      for (const key of [...new Set(names)].sort()) {
        const wanted: Toleration = { key, operator: 'Exists', effect: 'NoSchedule' };
        const tolerations = spec.tolerations ?? [];
        spec.tolerations = tolerations.some((one) => isSameTaint(one, wanted))
          ? tolerations.map((one) => (isSameTaint(one, wanted) ? wanted : one))
          : [...tolerations, wanted];
      }
    },
  };
}
