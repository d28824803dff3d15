// Creating, updating and deleting Pods of a stateful set with their claims, and the events that tell of it
// (pkg/controller/statefulset/stateful_pod_control.go).

import type { Client } from '../../client/client.ts';
import { isAlreadyExists, isNotFound, retryOnConflict } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import { PersistentVolumeClaim, Pod, type StatefulSet } from '../../client/kinds.ts';
import { keyOf, type NewObject } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import { aggregate, messageOf } from '../shared/aggregate.ts';
import type { WrittenRevisions } from '../shared/written-revisions.ts';
import {
  claimsOf,
  identityMatches,
  ordinalOf,
  type Replica,
  storageMatches,
  withIdentity,
  withStorage,
} from './identity.ts';
import { hasUnexpectedController, isOwnerUpToDate, isStaleFor, wantedReferences } from './retention.ts';

export interface StatefulPodControlOptions {
  client: Client;
  pods: Informer<Pod>;
  claims: Informer<PersistentVolumeClaim>;
  recorder: EventRecorder;
  written: WrittenRevisions;
}

type Verb = 'Create' | 'Update' | 'Delete';

export class StatefulPodControl {
  readonly pods: ResourceClient<Pod>;
  readonly #claims: ResourceClient<PersistentVolumeClaim>;
  readonly #options: StatefulPodControlOptions;

  constructor(options: StatefulPodControlOptions) {
    this.#options = options;
    this.pods = options.client.resource(Pod);
    this.#claims = options.client.resource(PersistentVolumeClaim);
  }

  /** The claims first. Throws what failed. */
  async create(set: StatefulSet, pod: Replica): Promise<void> {
    try {
      await this.#createClaims(set, pod);
      const created = await this.pods.create(pod);
      this.#options.written.wrote(keyOf(set), this.#options.pods, created);
    } catch (error) {
      // The cache will show it.
      if (!isAlreadyExists(error)) this.#podEvent('Create', set, pod, error);
      throw error;
    }
    await this.#updateClaims(set, pod);
    this.#podEvent('Create', set, pod);
  }

  /** Gives a Pod its identity and storage, and its claims their owners. */
  async update(set: StatefulSet, pod: Pod): Promise<void> {
    let attempted = false;
    let current = pod;
    try {
      await retryOnConflict(async () => {
        if (attempted) current = await this.pods.get(pod.metadata);
        let wanted = current;
        if (!identityMatches(set, wanted)) wanted = withIdentity(set, wanted);
        if (!storageMatches(set, wanted)) {
          wanted = withStorage(set, wanted);
          await this.#createClaims(set, wanted);
        }
        await this.#updateClaims(set, wanted);
        if (wanted === current) return;
        attempted = true;
        const updated = await this.pods.update(wanted);
        this.#options.written.wrote(keyOf(set), this.#options.pods, updated);
      });
    } catch (error) {
      this.#podEvent('Update', set, pod, error);
      throw error;
    }
    if (attempted) this.#podEvent('Update', set, pod);
  }

  /** This Pod, and not another one that has come by its name. */
  async delete(set: StatefulSet, pod: Replica): Promise<void> {
    const { uid } = pod.metadata;
    try {
      await this.pods.delete(pod.metadata, uid === undefined ? {} : { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) {
        this.#podEvent('Delete', set, pod, error);
        throw error;
      }
    }
    this.#podEvent('Delete', set, pod);
  }

  /** A claim of a Pod by this name that was scaled away has not gone yet. */
  hasStaleClaim(set: StatefulSet, pod: Replica): boolean {
    return this.#presentClaims(set, pod).some((claim) => isStaleFor(claim, set, pod));
  }

  claimsMatchRetentionPolicy(set: StatefulSet, pod: Replica): boolean {
    return this.#presentClaims(set, pod).every((claim) => isOwnerUpToDate(claim, set, pod));
  }

  /** Gives the claims of a Pod, as far as there are any, the owners that the policy says. */
  async #updateClaims(set: StatefulSet, pod: Replica): Promise<void> {
    for (const claim of this.#presentClaims(set, pod)) {
      const { name } = claim.metadata;
      if (hasUnexpectedController(claim, set, pod))
        this.#options.recorder.event(
          set,
          'Warning',
          'ConflictingController',
          `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`,
        );
      if (isOwnerUpToDate(claim, set, pod)) continue;
      const ownerReferences = wantedReferences(claim, set, pod);
      try {
        const updated = await this.#claims.update({ ...claim, metadata: { ...claim.metadata, ownerReferences } });
        this.#options.written.wrote(keyOf(set), this.#options.claims, updated);
      } catch (error) {
        throw new Error(`could not update claim ${name} for delete policy ownerRefs: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
  }

  updateClaimsForRetentionPolicy(set: StatefulSet, pod: Replica): Promise<void> {
    return this.#updateClaims(set, pod);
  }

  /** Claims that a pending Pod waits for, should somebody have deleted them. */
  async createMissingClaims(set: StatefulSet, pod: Replica): Promise<void> {
    await this.#createClaims(set, pod);
    try {
      await this.#updateClaims(set, pod);
    } catch (error) {
      this.#podEvent('Update', set, pod, error);
      throw error;
    }
  }

  #presentClaims(set: StatefulSet, pod: Replica): PersistentVolumeClaim[] {
    const { lister } = this.#options.claims;
    return claimsOf(set, ordinalOf(pod))
      .map(({ claim }) => lister.get(set.metadata.namespace, claim.metadata.name!))
      .filter((claim) => claim !== undefined);
  }

  async #createClaims(set: StatefulSet, pod: Replica): Promise<void> {
    const errors: unknown[] = [];
    for (const { claim } of claimsOf(set, ordinalOf(pod))) {
      const { name } = claim.metadata;
      const present = this.#options.claims.lister.get(set.metadata.namespace, name!);
      if (present?.metadata.deletionTimestamp !== undefined) errors.push(new Error(`pvc ${name} is being deleted`));
      if (present !== undefined) continue;
      try {
        const created = await this.#claims.create(claim);
        this.#options.written.wrote(keyOf(set), this.#options.claims, created);
        this.#claimEvent(set, pod, claim);
      } catch (error) {
        errors.push(new Error(`failed to create PVC ${name}: ${messageOf(error)}`, { cause: error }));
        if (!isAlreadyExists(error)) this.#claimEvent(set, pod, claim, error);
      }
    }
    if (errors.length > 0) throw aggregate(errors);
  }

  #podEvent(verb: Verb, set: StatefulSet, pod: Replica, error?: unknown): void {
    const what = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    const { recorder } = this.#options;
    if (error === undefined) recorder.event(set, 'Normal', `Successful${verb}`, `${what} successful`);
    else recorder.event(set, 'Warning', `Failed${verb}`, `${what} failed error: ${messageOf(error)}`);
  }

  #claimEvent(set: StatefulSet, pod: Replica, claim: NewObject<PersistentVolumeClaim>, error?: unknown): void {
    const [of, name] = [`Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`, claim.metadata.name];
    const { recorder } = this.#options;
    if (error === undefined) recorder.event(set, 'Normal', 'SuccessfulCreate', `Create Claim ${name} ${of} success`);
    else
      recorder.event(
        set,
        'Warning',
        'FailedCreate',
        `Create Claim ${name} for ${of} failed error: ${messageOf(error)}`,
      );
  }
}
