// The volumes of a pod's claims exist, or can be made, for its node; and are bound before the pod is
// (pkg/scheduler/framework/plugins/volumebinding).
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import type { PersistentVolumeClaim, Pod, StorageClass } from '../../../client/kinds.ts';
import type { VolumeBindingArgs } from '../../config/plugin-args.ts';
import { action } from '../../framework/events.ts';
import type { Handle } from '../../framework/handle.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { failure, type Status, skip, unresolvable } from '../../framework/status.ts';
import { when } from '../shared/hints.ts';
import { claimNotFound, claimsOf, notForPod, usesClaim } from '../shared/volumes.ts';
import { type NodeVolumes, type PodClaims, VolumeBinder } from './binder.ts';

const name = 'VolumeBinding';

interface State {
  claims: PodClaims;
  byNode: Map<string, NodeVolumes>;
}

function isNothing({ bindings, provisions }: NodeVolumes): boolean {
  return bindings.length === 0 && provisions.length === 0;
}

export function volumeBinding({ bindTimeoutSeconds }: VolumeBindingArgs, handle: Handle): Plugin {
  const { client, informers, clock, nodes } = handle;
  const binder = new VolumeBinder(client, informers, clock, bindTimeoutSeconds * 1000);

  /** Why a pod's claims cannot be used at all. */
  const unusable = (pod: Pod): string | undefined => {
    for (const { name: claimName, ephemeral } of claimsOf(pod)) {
      const claim = binder.claim(pod.metadata.namespace, claimName);
      if (claim === undefined)
        return ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${claimName}"`
          : claimNotFound(claimName);
      if (claim.status?.phase === 'Lost')
        return `persistentvolumeclaim "${claimName}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
      if (claim.metadata.deletionTimestamp !== undefined)
        return `persistentvolumeclaim "${claimName}" is being deleted`;
      const foreign = ephemeral ? notForPod(pod, claim) : undefined;
      if (foreign !== undefined) return foreign;
    }
    return undefined;
  };

  const planned = (state: State | undefined, nodeName: string): NodeVolumes | undefined => {
    const volumes = state?.byNode.get(nodeName);
    return volumes === undefined || isNothing(volumes) ? undefined : volumes;
  };

  const nothing = { status: skip(name) };
  const refusals = new Map<string, Status>();
  return {
    name,
    preFilter(state, { pod }) {
      if (claimsOf(pod).length === 0) return nothing;
      const reason = unusable(pod);
      if (reason !== undefined) return { status: unresolvable(name, reason) };
      const claims = binder.claimsOf(pod);
      if (claims.immediate.length > 0)
        return { status: unresolvable(name, 'pod has unbound immediate PersistentVolumeClaims') };
      state.write(name, { claims, byNode: new Map() } satisfies State);
      return undefined;
    },
    filter(state, _pod, node) {
      const own = state.read<State>(name)!;
      const found = binder.find(own.claims, node.node);
      if ('volumes' in found) {
        own.byNode.set(node.name, found.volumes);
        return undefined;
      }
      const key = found.reasons.join('\n');
      let refused = refusals.get(key);
      if (refused === undefined) {
        refused = unresolvable(name, ...found.reasons);
        refusals.set(key, refused);
      }
      return refused;
    },
    reserve(state, _pod, nodeName) {
      const volumes = planned(state.read<State>(name), nodeName);
      if (volumes === undefined) return undefined;
      try {
        binder.assume(volumes, nodeName);
        return undefined;
      } catch (error) {
        return failure(name, error);
      }
    },
    unreserve(state, _pod, nodeName) {
      const volumes = planned(state.read<State>(name), nodeName);
      if (volumes !== undefined) binder.revert(volumes);
    },
    preBindNeeded: (state, _pod, nodeName) => planned(state.read<State>(name), nodeName) !== undefined,
    async preBind(state, _pod, nodeName, signal) {
      const volumes = planned(state.read<State>(name), nodeName);
      const node = nodes.get(nodeName);
      if (volumes === undefined) return undefined;
      if (node === undefined) return failure(name, new Error(`binding volumes: failed to get node "${nodeName}"`));
      try {
        await binder.bind(volumes, node.node, signal);
        return undefined;
      } catch (error) {
        return failure(name, error);
      }
    },
    events: () => [
      {
        event: { resource: 'StorageClass', action: action.add | action.update },
        hint: (_pod, old, fresh) =>
          when(
            old === undefined ||
              !semanticEqual((old as StorageClass).allowedTopologies, (fresh as StorageClass).allowedTopologies),
          ),
      },
      {
        event: { resource: 'PersistentVolumeClaim', action: action.add | action.update },
        hint: (pod, _old, fresh) => when(usesClaim(pod, fresh as PersistentVolumeClaim)),
      },
      { event: { resource: 'PersistentVolume', action: action.add | action.update } },
      { event: { resource: 'Node', action: action.add | action.updateNodeLabel } },
      { event: { resource: 'CSINode', action: action.add } },
      { event: { resource: 'CSIDriver', action: action.update } },
      { event: { resource: 'CSIStorageCapacity', action: action.add | action.update } },
    ],
  };
}
