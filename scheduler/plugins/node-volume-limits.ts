// How many volumes of a CSI driver a node can have attached (pkg/scheduler/framework/plugins/nodevolumelimits/csi.go). Volumes that
// in-tree plugins left to CSI drivers are not translated: Kubernetes has no in-tree cloud volumes any more.
import {
  CSINode,
  PersistentVolume,
  PersistentVolumeClaim,
  type Pod,
  StorageClass,
  VolumeAttachment,
} from '../../client/kinds.ts';
import { action } from '../framework/events.ts';
import type { Handle } from '../framework/handle.ts';
import type { Answer, Plugin } from '../framework/plugin.ts';
import { skip, unresolvable, unschedulable } from '../framework/status.ts';
import { takesRoom, when } from './shared/hints.ts';
import { claimNotFound, claimsOf, classOf, notForPod, usesClaim } from './shared/volumes.ts';

const name = 'NodeVolumeLimits';
const byNode = 'volume-attachments-by-node';

function limitsOf(node: CSINode | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name: driver, allocatable } of node?.spec?.drivers ?? [])
    if (allocatable?.count !== undefined) limits.set(driver, allocatable.count);
  return limits;
}

function counted(drivers: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const driver of drivers) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  return counts;
}

export function nodeVolumeLimits({ informers }: Pick<Handle, 'informers'>): Plugin {
  const csiNodes = informers.of(CSINode).lister;
  const claims = informers.of(PersistentVolumeClaim).lister;
  const volumes = informers.of(PersistentVolume).lister;
  const classes = informers.of(StorageClass).lister;
  const attachments = informers.of(VolumeAttachment);
  attachments.addIndex(byNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  const exceeded = unschedulable(name, 'node(s) exceed max volume count');

  /** Driver and identity of a claim's volume; of one that has still to be provisioned, the class's driver and the claim itself. */
  const volumeOf = (claim: PersistentVolumeClaim): { driver: string; id: string } | undefined => {
    const csi = claim.spec?.volumeName ? volumes.get(undefined, claim.spec.volumeName)?.spec?.csi : undefined;
    if (csi !== undefined) return { driver: csi.driver, id: csi.volumeHandle };
    if (claim.spec?.volumeName && volumes.get(undefined, claim.spec.volumeName) !== undefined) return undefined;
    const driver = classes.get(undefined, classOf(claim))?.provisioner;
    return driver ? { driver, id: `${claim.metadata.namespace}/${claim.metadata.name}` } : undefined;
  };

  /** Adds the pod's volumes, by identity, to `into`; says what is missing of a new pod's. */
  const collect = (pod: Pod, isNew: boolean, into: Map<string, string>): string | undefined => {
    for (const { name: claimName, ephemeral } of claimsOf(pod)) {
      const claim = claims.get(pod.metadata.namespace, claimName);
      if (claim === undefined) {
        if (isNew) return `looking up PVC ${pod.metadata.namespace}/${claimName}: ${claimNotFound(claimName)}`;
        continue;
      }
      const foreign = ephemeral ? notForPod(pod, claim) : undefined;
      if (foreign !== undefined) return foreign;
      const volume = volumeOf(claim);
      if (volume !== undefined) into.set(`${volume.driver}/${volume.id}`, volume.driver);
    }
    return undefined;
  };

  /** Volumes that are attached although no pod of the node uses them any more. */
  const attached = (nodeName: string): Map<string, string> => {
    const found = new Map<string, string>();
    for (const { spec } of attachments.lister.byIndex(byNode, nodeName)) {
      const volumeName = spec?.source.persistentVolumeName;
      const csi = volumeName ? volumes.get(undefined, volumeName)?.spec?.csi : undefined;
      if (spec?.attacher && csi) found.set(`${spec.attacher}/${csi.volumeHandle}`, spec.attacher);
    }
    return found;
  };

  const nothing = { status: skip(name) };
  return {
    name,
    preFilter: (_state, { pod }) => (claimsOf(pod).length === 0 ? nothing : undefined),
    filter(_state, { pod }, node): Answer {
      const fresh = new Map<string, string>();
      const missing = collect(pod, true, fresh);
      if (missing !== undefined) return unresolvable(name, missing);
      if (fresh.size === 0) return undefined;
      const limits = limitsOf(csiNodes.get(undefined, node.name));
      if (limits.size === 0) return undefined;
      const used = attached(node.name);
      for (const other of node.pods) collect(other.pod, false, used);
      for (const id of used.keys()) fresh.delete(id);
      const counts = counted(used.values());
      for (const [driver, count] of counted(fresh.values())) {
        const limit = limits.get(driver);
        if (limit !== undefined && (counts.get(driver) ?? 0) + count > limit) return exceeded;
      }
      return undefined;
    },
    events: () => [
      { event: { resource: 'CSINode', action: action.add } },
      {
        event: { resource: 'CSINode', action: action.update },
        hint: (_pod, old, fresh) => {
          const before = limitsOf(old as CSINode);
          return when([...limitsOf(fresh as CSINode)].some(([driver, limit]) => limit > (before.get(driver) ?? 0)));
        },
      },
      {
        event: { resource: 'Pod', action: action.delete },
        hint: (_pod, old) => when(takesRoom(old as Pod) && claimsOf(old as Pod).length > 0),
      },
      {
        event: { resource: 'PersistentVolumeClaim', action: action.add },
        hint: (pod, _old, fresh) => when(usesClaim(pod, fresh as PersistentVolumeClaim)),
      },
      {
        event: { resource: 'VolumeAttachment', action: action.delete },
        hint: (pod) => when(claimsOf(pod, { ephemeral: false }).length > 0),
      },
    ],
  };
}
