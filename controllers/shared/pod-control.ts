// Creating, deleting and patching Pods for their owner, with the events that tell of it (pkg/controller RealPodControl).
import type { Client } from '../../client/client.ts';
import { isNamespaceTerminating, isNotFound } from '../../client/errors.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import { Pod } from '../../client/kinds.ts';
import type { ApiObject, NewObject, ObjectKey } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import { messageOf } from './aggregate.ts';
import { newControllerRef } from './controller-ref.ts';
import { type PodTemplateSpec, podFromTemplate } from './pod-template.ts';

export class PodControl {
  readonly pods: ResourceClient<Pod>;
  readonly #recorder: EventRecorder;

  /** With the controller's own client, and the recorder of its events. */
  constructor(client: Client, recorder: EventRecorder) {
    this.pods = client.resource(Pod);
    this.#recorder = recorder;
  }

  /** A Pod of the owner's template; a random name begins as `generateName` says, by default with the owner's. Throws as `createPod`. */
  create(template: PodTemplateSpec, owner: ApiObject, generateName?: string): Promise<Pod> {
    const pod = podFromTemplate(template, owner, newControllerRef(owner));
    if (generateName !== undefined) pod.metadata.generateName = generateName;
    return this.createPod(pod, owner);
  }

  /** Throws what the server says; nothing is recorded where the namespace is being deleted. */
  async createPod(pod: NewObject<Pod>, owner: ApiObject): Promise<Pod> {
    if (Object.keys(pod.metadata.labels ?? {}).length === 0) throw new Error('unable to create pods, no labels');
    try {
      const created = await this.pods.create(pod);
      this.#recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error))
        this.#recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Throws NotFound for a Pod that is gone, and for everything else an error that says so. */
  async delete(pod: ObjectKey, owner: ApiObject): Promise<void> {
    try {
      await this.pods.delete(pod);
    } catch (error) {
      if (isNotFound(error)) throw error;
      this.#recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw new Error(`unable to delete pods: ${messageOf(error)}`, { cause: error });
    }
    this.#recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.name}`);
  }

  /** A strategic merge patch. */
  patch(pod: ObjectKey, patch: unknown): Promise<Pod> {
    return this.pods.patch(pod, 'strategic', patch);
  }
}
