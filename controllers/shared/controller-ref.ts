// Who controls an object, and how controllers take up orphans that match their selector and let go what no longer does
// (apimachinery meta/v1/controller_ref.go, pkg/controller/controller_ref_manager.go).
import type { OwnerReference } from '../../apimachinery/object.ts';
import type { LabelSelector } from '../../apimachinery/selectors.ts';
import { isInvalid, isNotFound } from '../../client/errors.ts';
import type { ApiObject } from '../../client/resource.ts';
import type { ResourceClient } from '../../client/resource-client.ts';
import { aggregate, messageOf } from './aggregate.ts';

/** The reference to an object's controller (metav1.GetControllerOf). */
export function controllerOf({ metadata }: ApiObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

export function isControlledBy(object: ApiObject, owner: ApiObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** metav1.NewControllerRef. */
export function newControllerRef({ apiVersion, kind, metadata: { name = '', uid = '' } }: ApiObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export interface ClaimOptions<T extends ApiObject> {
  /** The controlling object, as the cache has it. */
  owner: ApiObject;
  selector: LabelSelector;
  /** What must hold besides the selector. */
  filter?: (object: T) => boolean;
  /** Patches what is adopted and released, as the controller. */
  client: ResourceClient<T>;
  /** Reads the owner from the server, before the first adoption. */
  fresh: () => Promise<ApiObject>;
  /** Added when an object is adopted, removed when it is released. */
  finalizers?: readonly string[];
}

/** Throws unless the owner is, on the server too, the one that the cache has and is not being deleted (RecheckDeletionTimestamp). */
async function assertAlive({ owner, fresh }: Pick<ClaimOptions<ApiObject>, 'owner' | 'fresh'>): Promise<void> {
  const { namespace, name, uid } = owner.metadata;
  const { metadata } = await fresh().catch((error: unknown) => {
    throw new Error(`can't recheck DeletionTimestamp: ${messageOf(error)}`, { cause: error });
  });
  if (metadata.uid !== uid)
    throw new Error(
      `can't recheck DeletionTimestamp: original ${owner.kind} ${namespace}/${name} is gone: got uid ${metadata.uid}, wanted ${uid}`,
    );
  if (metadata.deletionTimestamp !== undefined)
    throw new Error(`${namespace}/${name} has just been deleted at ${metadata.deletionTimestamp}`);
}

/**
 * Of these objects those that the owner controls: it adopts orphans that match and releases what no longer matches. Objects that are gone are
 * passed over; anything else that fails is thrown once all have been tried.
 */
export async function claim<T extends ApiObject>(objects: readonly T[], options: ClaimOptions<T>): Promise<T[]> {
  const { owner, selector, filter } = options;
  const matches = (object: T) => selector.matches(object.metadata.labels) && (filter?.(object) ?? true);
  const ownerGoes = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  const errors: unknown[] = [];
  let alive: Promise<void> | undefined;
  for (const object of objects) {
    const controller = controllerOf(object);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    if (matches(object)) {
      if (controller === undefined) {
        if (ownerGoes || object.metadata.deletionTimestamp !== undefined || !sameNamespace(owner, object)) continue;
        alive ??= assertAlive(options);
        if (!(await attempt(adopt(object, options, alive), errors))) continue;
      }
      claimed.push(object);
    } else if (controller !== undefined && !ownerGoes) {
      await attempt(release(object, options), errors);
    }
  }
  if (errors.length > 0) throw aggregate(errors);
  return claimed;
}

function sameNamespace(owner: ApiObject, object: ApiObject): boolean {
  return owner.metadata.namespace === undefined || owner.metadata.namespace === object.metadata.namespace;
}

/** True when it succeeded; what failed for another reason than that the object is gone is noted. */
async function attempt(writing: Promise<unknown>, errors: unknown[]): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (!isNotFound(error)) errors.push(error);
    return false;
  }
}

async function adopt<T extends ApiObject>(object: T, options: ClaimOptions<T>, alive: Promise<void>): Promise<void> {
  const { namespace, name, uid, finalizers: present = [] } = object.metadata;
  try {
    await alive;
  } catch (error) {
    throw new Error(`can't adopt ${object.kind} ${namespace}/${name} (${uid}): ${messageOf(error)}`, { cause: error });
  }
  const { owner, client, finalizers = [] } = options;
  const added = finalizers.length === 0 ? {} : { finalizers: [...new Set([...present, ...finalizers])] };
  await client.patch(object.metadata, 'strategic', {
    metadata: { ownerReferences: [newControllerRef(owner)], uid, ...added },
  });
}

/** Resolves also when the object is gone, or is another one by now. */
async function release<T extends ApiObject>(object: T, { owner, client, finalizers }: ClaimOptions<T>): Promise<void> {
  const { uid } = object.metadata;
  const removed = finalizers === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': finalizers };
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  try {
    await client.patch(object.metadata, 'strategic', { metadata: { uid, ownerReferences, ...removed } });
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
