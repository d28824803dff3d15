// Volumes that say which zone or region they are in by labels (pkg/scheduler/framework/plugins/volumezone).
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { PersistentVolume, PersistentVolumeClaim, type Pod, StorageClass } from '../../client/kinds.ts';
import { action } from '../framework/events.ts';
import type { Handle } from '../framework/handle.ts';
import type { Plugin } from '../framework/plugin.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { when } from './shared/hints.ts';
import { claimNotFound, claimsOf, classOf, usesClaim } from './shared/volumes.ts';

const name = 'VolumeZone';

/** Labels with the ones that have taken their place. */
const topologyLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
};

interface Topology {
  key: string;
  values: string[];
}

function topologiesOf({ metadata: { labels = {} } }: PersistentVolume): Topology[] {
  return Object.keys(topologyLabels)
    .filter((key) => labels[key])
    .map((key) => ({ key, values: labels[key]!.split('__') }));
}

export function volumeZone({ informers }: Pick<Handle, 'informers'>): Plugin {
  const claims = informers.of(PersistentVolumeClaim).lister;
  const volumes = informers.of(PersistentVolume).lister;
  const classes = informers.of(StorageClass).lister;
  const refused = unresolvable(name, 'node(s) had no available volume zone');

  /** What the pod's volumes demand, or why it cannot be scheduled. */
  const demands = (pod: Pod): Topology[] | string => {
    const topologies: Topology[] = [];
    for (const { name: claimName } of claimsOf(pod, { ephemeral: false })) {
      const claim = claims.get(pod.metadata.namespace, claimName);
      if (claim === undefined) return claimNotFound(claimName);
      const volumeName = claim.spec?.volumeName;
      if (volumeName) {
        const volume = volumes.get(undefined, volumeName);
        if (volume === undefined) return `persistentvolume "${volumeName}" not found`;
        topologies.push(...topologiesOf(volume));
        continue;
      }
      const className = classOf(claim);
      if (className === '') return 'PersistentVolumeClaim had no pv name and storageClass name';
      const storageClass = classes.get(undefined, className);
      if (storageClass === undefined) return `storageclass.storage.k8s.io "${className}" not found`;
      if (storageClass.volumeBindingMode !== 'WaitForFirstConsumer') return 'PersistentVolume had no name';
    }
    return topologies;
  };

  const nothing = { status: skip(name) };
  return {
    name,
    preFilter(state, { pod }) {
      if (pod.spec?.volumes === undefined) return nothing;
      const topologies = demands(pod);
      if (typeof topologies === 'string') return { status: unresolvable(name, topologies) };
      if (topologies.length === 0) return nothing;
      state.write(name, topologies);
      return undefined;
    },
    filter(state, _pod, { labels }) {
      // A node without zones is in all of them.
      if (!Object.keys(topologyLabels).some((key) => labels[key] !== undefined)) return undefined;
      for (const { key, values } of state.read<Topology[]>(name)!) {
        const value = labels[key] ?? labels[topologyLabels[key]!];
        if (value === undefined || !values.includes(value)) return refused;
      }
      return undefined;
    },
    events: () => [
      {
        event: { resource: 'StorageClass', action: action.add },
        hint: (_pod, _old, fresh) => when((fresh as StorageClass).volumeBindingMode === 'WaitForFirstConsumer'),
      },
      { event: { resource: 'Node', action: action.add | action.updateNodeLabel } },
      {
        event: { resource: 'PersistentVolumeClaim', action: action.add | action.update },
        hint: (pod, _old, fresh) => when(usesClaim(pod, fresh as PersistentVolumeClaim, { ephemeral: false })),
      },
      {
        event: { resource: 'PersistentVolume', action: action.add | action.update },
        hint: (_pod, old, fresh) =>
          when(
            old === undefined ||
              !semanticEqual(topologiesOf(old as PersistentVolume), topologiesOf(fresh as PersistentVolume)),
          ),
      },
    ],
  };
}
