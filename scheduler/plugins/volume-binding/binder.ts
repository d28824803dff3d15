// Finds, reserves and binds the volumes of a pod (pkg/scheduler/framework/plugins/volumebinding/binder.go).
import { compareQuantities, quantityOf } from '../../../apimachinery/quantity.ts';
import { type LabelSelectorObject, selectorFromObject } from '../../../apimachinery/selectors.ts';
import type { Client } from '../../../client/client.ts';
import type { Clock } from '../../../client/clock.ts';
import type { Informers } from '../../../client/informers.ts';
import {
  CSIDriver,
  CSIStorageCapacity,
  type Node,
  PersistentVolume,
  PersistentVolumeClaim,
  type Pod,
  StorageClass,
} from '../../../client/kinds.ts';
import { keyOf } from '../../../client/resource.ts';
import { claimsOf, classOf } from '../shared/volumes.ts';
import { AssumeCache } from './assume-cache.ts';
import { findVolume, isBoundTo, reachable, requestedStorage } from './matching.ts';

const selectedNode = 'volume.kubernetes.io/selected-node';
const bindCompleted = 'pv.kubernetes.io/bind-completed';
const boundByController = 'pv.kubernetes.io/bound-by-controller';
const notSupportedProvisioner = 'kubernetes.io/no-provisioner';

/** A pod's claims by what has to happen to them. */
export interface PodClaims {
  bound: PersistentVolumeClaim[];
  /** To be bound to a volume that the pod's node can use. */
  delayed: PersistentVolumeClaim[];
  /** To be bound before the pod is scheduled. */
  immediate: PersistentVolumeClaim[];
}

/** What would be done on one node. */
export interface NodeVolumes {
  bindings: { volume: PersistentVolume; claim: PersistentVolumeClaim }[];
  provisions: PersistentVolumeClaim[];
}

type Found = { volumes: NodeVolumes } | { reasons: string[] };

export class VolumeBinder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #bindTimeoutMs: number;
  readonly #volumes: AssumeCache<PersistentVolume>;
  readonly #claims: AssumeCache<PersistentVolumeClaim>;
  readonly #classes;
  readonly #drivers;
  readonly #capacities;
  /** Those who wait for a volume or claim to change. */
  readonly #waiting = new Set<() => void>();

  constructor(client: Client, informers: Informers, clock: Clock, bindTimeoutMs: number) {
    this.#client = client;
    this.#clock = clock;
    this.#bindTimeoutMs = bindTimeoutMs;
    const volumes = informers.of(PersistentVolume);
    const claims = informers.of(PersistentVolumeClaim);
    this.#volumes = new AssumeCache(volumes.lister);
    this.#claims = new AssumeCache(claims.lister);
    this.#classes = informers.of(StorageClass).lister;
    this.#drivers = informers.of(CSIDriver).lister;
    this.#capacities = informers.of(CSIStorageCapacity).lister;
    const changed = () => {
      for (const wake of this.#waiting) wake();
    };
    volumes.addHandler({ add: changed, update: changed, delete: changed });
    claims.addHandler({ update: changed, delete: changed });
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }

  /** Throws for a claim that is not there. */
  claimsOf(pod: Pod): PodClaims {
    const sorted: PodClaims = { bound: [], delayed: [], immediate: [] };
    const { namespace } = pod.metadata;
    for (const { name } of claimsOf(pod)) {
      const claim = this.claim(namespace, name);
      if (claim === undefined) throw new Error(`error getting PVC "${namespace}/${name}": could not find it`);
      if (isFullyBound(claim)) sorted.bound.push(claim);
      else if (this.#isDelayed(claim) && !claim.spec?.volumeName) sorted.delayed.push(claim);
      else sorted.immediate.push(claim);
    }
    return sorted;
  }

  #isDelayed(claim: PersistentVolumeClaim): boolean {
    return this.#classes.get(undefined, classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
  }

  /** What binding the pod's volumes on a node takes, or why they cannot be. */
  find({ bound, delayed }: PodClaims, node: Node): Found {
    const reasons: string[] = [];
    let missing = false;
    for (const { spec } of bound) {
      const volume = this.#volumes.get(spec!.volumeName!);
      missing = volume === undefined;
      if (volume !== undefined && reachable(volume, node)) continue;
      if (!missing) reasons.push("node(s) didn't match PersistentVolume's node affinity");
      break;
    }
    const found = this.#findDelayed(delayed, node);
    if (typeof found === 'string') reasons.push(found);
    if (missing) reasons.push('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
    return reasons.length > 0 || typeof found === 'string' ? { reasons } : { volumes: found };
  }

  #findDelayed(delayed: readonly PersistentVolumeClaim[], node: Node): NodeVolumes | string {
    const conflict = "node(s) didn't find available persistent volumes to bind";
    const found: NodeVolumes = { bindings: [], provisions: [] };
    const toMatch: PersistentVolumeClaim[] = [];
    for (const claim of delayed) {
      const selected = claim.metadata.annotations?.[selectedNode];
      if (selected === undefined) toMatch.push(claim);
      else if (selected !== node.metadata.name) return conflict;
      else found.provisions.push(claim);
    }
    const taken = new Set<string>();
    const bySize = toMatch.toSorted((a, b) => compareQuantities(requestedStorage(a), requestedStorage(b)));
    const all = bySize.length === 0 ? [] : this.#volumes.list();
    for (const claim of bySize) {
      const volume = findVolume(claim, all, node, taken);
      if (volume === undefined) found.provisions.push(claim);
      else {
        taken.add(volume.metadata.name);
        found.bindings.push({ volume, claim });
      }
    }
    for (const claim of found.provisions) {
      const storageClass = this.#classes.get(undefined, classOf(claim));
      if (storageClass === undefined || !storageClass.provisioner) return conflict;
      if (storageClass.provisioner === notSupportedProvisioner || !allowedOn(storageClass, node)) return conflict;
      if (!this.#hasCapacity(storageClass, claim, node)) return 'node(s) did not have enough free storage';
    }
    return found;
  }

  /** Of a driver that tells how much there is (KEP-1472); any other has enough. */
  #hasCapacity({ metadata: { name }, provisioner }: StorageClass, claim: PersistentVolumeClaim, node: Node): boolean {
    if (!this.#drivers.get(undefined, provisioner)?.spec?.storageCapacity) return true;
    const wanted = requestedStorage(claim);
    return this.#capacities.list().some((capacity) => {
      const { storageClassName, nodeTopology, maximumVolumeSize, capacity: free } = capacity;
      if (storageClassName !== name || nodeTopology === undefined) return false;
      const limit = maximumVolumeSize ?? free;
      if (limit === undefined || compareQuantities(quantityOf(limit), wanted) < 0) return false;
      return selectorFromObject(nodeTopology as LabelSelectorObject).matches(node.metadata.labels);
    });
  }

  /** Keeps others from taking these volumes. Throws where something has changed; nothing is kept then. */
  assume(volumes: NodeVolumes, nodeName: string): void {
    try {
      for (const binding of volumes.bindings) {
        binding.volume = boundVolume(binding.volume, binding.claim);
        this.#volumes.assume(binding.volume);
      }
      volumes.provisions = volumes.provisions.map((claim) => {
        const annotations = { ...claim.metadata.annotations, [selectedNode]: nodeName };
        const assumed = { ...claim, metadata: { ...claim.metadata, annotations } };
        this.#claims.assume(assumed);
        return assumed;
      });
    } catch (error) {
      this.revert(volumes);
      throw error;
    }
  }

  revert({ bindings, provisions }: NodeVolumes): void {
    for (const { volume } of bindings) this.#volumes.restore(keyOf(volume));
    for (const claim of provisions) this.#claims.restore(keyOf(claim));
  }

  /** Writes what was assumed and waits until the claims are bound. Rejects where that fails or takes too long. */
  async bind(volumes: NodeVolumes, node: Node, signal: AbortSignal): Promise<void> {
    const { bindings, provisions } = volumes;
    const client = this.#client;
    for (const { volume } of bindings) await client.resource(PersistentVolume).update(volume, { signal });
    for (const claim of provisions) await client.resource(PersistentVolumeClaim).update(claim, { signal });
    const deadline = this.#clock.now() + this.#bindTimeoutMs;
    while (!this.#isBound(volumes, node)) {
      if (signal.aborted) throw signal.reason;
      const leftMs = deadline - this.#clock.now();
      if (leftMs <= 0) throw new Error('binding volumes: context deadline exceeded');
      await this.#change(leftMs, signal);
    }
  }

  #isBound({ bindings, provisions }: NodeVolumes, node: Node): boolean {
    for (const { volume, claim } of bindings) {
      const served = this.#volumes.served(keyOf(volume));
      if (served === undefined)
        throw new Error(
          `binding volumes: failed to check binding: persistentvolume "${volume.metadata.name}" not found`,
        );
      if (!isFullyBound(this.#claims.served(keyOf(claim)))) return false;
      if (!reachable(served, node))
        throw new Error(
          `binding volumes: pv "${served.metadata.name}" node affinity doesn't match node "${node.metadata.name}"`,
        );
    }
    for (const claim of provisions) {
      const served = this.#claims.served(keyOf(claim));
      if (served === undefined)
        throw new Error(`binding volumes: failed to check provisioning pvc: ${keyOf(claim)} is gone`);
      // Not heard of our own change yet.
      if (served.metadata.resourceVersion === claim.metadata.resourceVersion) return false;
      if (served.metadata.annotations?.[selectedNode] !== node.metadata.name)
        throw new Error(`binding volumes: provisioning failed for PVC "${claim.metadata.name}"`);
      if (!isFullyBound(served)) return false;
    }
    return true;
  }

  /** Resolves when a volume or claim has changed, or the time is over. */
  #change(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.clear();
        this.#waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#clock.setTimeout(end, timeoutMs);
      this.#waiting.add(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

function isFullyBound(claim: PersistentVolumeClaim | undefined): boolean {
  return Boolean(claim?.spec?.volumeName) && claim?.metadata.annotations?.[bindCompleted] !== undefined;
}

/** Where a class's volumes can be made (MatchTopologySelectorTerms). */
function allowedOn({ allowedTopologies = [] }: StorageClass, { metadata: { labels = {} } }: Node): boolean {
  if (allowedTopologies.length === 0) return true;
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key])),
  );
}

/** The volume as it says whose it is (GetBindVolumeToClaim). */
function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const reference = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
  const meant = isBoundTo(volume, claim);
  const annotations = meant
    ? volume.metadata.annotations
    : { ...volume.metadata.annotations, [boundByController]: 'yes' };
  const claimRef = volume.spec?.claimRef?.uid === uid ? volume.spec.claimRef : reference;
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) },
    spec: { ...volume.spec, claimRef } as PersistentVolume['spec'],
  };
}
