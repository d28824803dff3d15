// Volumes that only one pod, or only one pod on a node, may use (pkg/scheduler/framework/plugins/volumerestrictions).
import { PersistentVolumeClaim, type Pod } from '../../client/kinds.ts';
import type { CloneableState } from '../framework/cycle-state.ts';
import { action } from '../framework/events.ts';
import type { Handle } from '../framework/handle.ts';
import type { Plugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { skip, unresolvable, unschedulable } from '../framework/status.ts';
import { when } from './shared/hints.ts';
import { claimNotFound, claimsOf, usesClaim } from './shared/volumes.ts';

const name = 'VolumeRestrictions';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

class FilterState implements CloneableState {
  /** Claims that one pod only may use. */
  readonly claims: ReadonlySet<string>;
  uses: number;

  constructor(claims: ReadonlySet<string>, uses: number) {
    this.claims = claims;
    this.uses = uses;
  }

  clone(): FilterState {
    return new FilterState(this.claims, this.uses);
  }

  update({ pod }: PodInfo, by: number): void {
    for (const { name: claim } of claimsOf(pod, { ephemeral: false })) if (this.claims.has(claim)) this.uses += by;
  }
}

function isRestricted({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean {
  return Boolean(gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi);
}

/** Whether two volumes are the same disk, and not both only read. */
function conflict(a: Volume, b: Volume): boolean {
  const written = (x: { readOnly?: boolean }, y: { readOnly?: boolean }) => !(x.readOnly && y.readOnly);
  if (a.gcePersistentDisk && b.gcePersistentDisk && a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName)
    if (written(a.gcePersistentDisk, b.gcePersistentDisk)) return true;
  if (a.awsElasticBlockStore && b.awsElasticBlockStore)
    if (a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID) return true;
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn && written(a.iscsi, b.iscsi)) return true;
  if (!a.rbd || !b.rbd) return false;
  const monitors = new Set(b.rbd.monitors);
  const same = a.rbd.pool === b.rbd.pool && a.rbd.image === b.rbd.image && a.rbd.monitors.some((m) => monitors.has(m));
  return same && written(a.rbd, b.rbd);
}

function disksConflict(pod: Pod, other: Pod): boolean {
  return (pod.spec?.volumes ?? []).some(
    (volume) => isRestricted(volume) && (other.spec?.volumes ?? []).some((existing) => conflict(volume, existing)),
  );
}

export function volumeRestrictions({ informers, nodes }: Pick<Handle, 'informers' | 'nodes'>): Plugin {
  const claims = informers.of(PersistentVolumeClaim).lister;
  const noDisk = unschedulable(name, 'node(s) had no available disk');
  const inUse = unschedulable(
    name,
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
  );
  const nothing = { status: skip(name) };
  return {
    name,
    preFilter(state, { pod }) {
      const { volumes } = pod.spec ?? {};
      if (volumes === undefined) return nothing;
      const { namespace } = pod.metadata;
      const exclusive = new Set<string>();
      for (const { name: claimName } of claimsOf(pod, { ephemeral: false })) {
        const claim = claims.get(namespace, claimName);
        if (claim === undefined) return { status: unresolvable(name, claimNotFound(claimName)) };
        if (claim.spec?.accessModes?.includes('ReadWriteOncePod')) exclusive.add(claimName);
      }
      let uses = 0;
      for (const claim of exclusive)
        if (nodes.list().some(({ claimUses }) => claimUses.has(`${namespace}/${claim}`))) uses++;
      if (uses === 0 && !volumes.some(isRestricted)) return nothing;
      state.write(name, new FilterState(exclusive, uses));
      return undefined;
    },
    addPod(state, _pod, added) {
      state.read<FilterState>(name)!.update(added, 1);
      return undefined;
    },
    removePod(state, _pod, removed) {
      state.read<FilterState>(name)!.update(removed, -1);
      return undefined;
    },
    filter(state, { pod }, { pods }) {
      if (pod.spec!.volumes!.some(isRestricted) && pods.some((other) => disksConflict(pod, other.pod))) return noDisk;
      return state.read<FilterState>(name)!.uses > 0 ? inUse : undefined;
    },
    events: () => [
      {
        event: { resource: 'Pod', action: action.delete },
        hint: (pod, old) => {
          const gone = old as Pod;
          if (gone.metadata.namespace !== pod.metadata.namespace) return 'QueueSkip';
          const own = new Set(claimsOf(pod, { ephemeral: false }).map((claim) => claim.name));
          const shared = claimsOf(gone, { ephemeral: false }).some((claim) => own.has(claim.name));
          return when(shared || disksConflict(pod, gone));
        },
      },
      { event: { resource: 'Node', action: action.add } },
      {
        event: { resource: 'PersistentVolumeClaim', action: action.add },
        hint: (pod, _old, fresh) => when(usesClaim(pod, fresh as PersistentVolumeClaim, { ephemeral: false })),
      },
    ],
  };
}
