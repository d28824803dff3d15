// Required anti-affinity is between nodes only: of zones, one pod could keep all others out of one
// (kubernetes plugin/pkg/admission/antiaffinity).
import { newForbidden } from '../../../apimachinery/status.ts';
import { listOf } from '../../registry/fields.ts';
import type { ScopedPlugin } from '../plugin.ts';

const hostname = 'kubernetes.io/hostname';

export function limitPodHardAntiAffinityTopology(): ScopedPlugin {
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    validate({ object: pod, subresource }) {
      if (subresource !== '' || pod === undefined) return;
      const terms = listOf(pod['spec']?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
      const other = terms.find(({ topologyKey }) => topologyKey !== hostname);
      if (other === undefined) return;
      const said = `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other['topologyKey'] ?? ''} but only key ${hostname} is allowed`;
      throw newForbidden({ group: '', resource: 'pods' }, pod.metadata.name ?? '', said);
    },
  };
}
