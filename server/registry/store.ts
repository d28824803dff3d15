// The generic store: what every resource does on get, create, update and delete, built in or custom
// (k8s.io/apiserver pkg/registry/generic/registry/store.go). What differs is in the resource's descriptor.

import { limitCompilation } from '../../apimachinery/cel/index.ts';
import { normalizeObject } from '../../apimachinery/decode/decode.ts';
import { type FieldError, invalid, newInvalid } from '../../apimachinery/field.ts';
import { groupResourceOf, type JsonObject, type KubeObject } from '../../apimachinery/object.ts';
import {
  type GroupResource,
  newAlreadyExists,
  newConflict,
  newGenerateNameConflict,
  newNotFound,
  StatusError,
} from '../../apimachinery/status.ts';
import { type Storage, StorageError, type StoredObject } from '../../storage/storage.ts';
import type { AdmissionAttributes, AdmissionChain } from '../admission/types.ts';
import { CachedObject, type Selectable } from '../cache/cached-object.ts';
import type { ObjectFraming } from '../cache/framing.ts';
import type { EventSource, ResourceCache } from '../cache/resource-cache.ts';
import { storedText } from '../cache/stored-text.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { type DeleteOptions, decideDeletion, deletionStatus, type Finished, PreconditionFailure } from './deletion.ts';
import type { RequestContext, ResourceDescriptor, SubresourceDescriptor } from './descriptor.ts';
import { selectableReader } from './field-labels.ts';
import { FieldManagers } from './field-managers.ts';
import { fillSystemMetadata, generatedName, inheritMetadata, timestamp } from './metadata.ts';
import { validateChangedMetadata, validateNewMetadata } from './metadata-validation.ts';
import { copyOf, generationChanged, hasFinalizers, isUnchanged } from './object-changes.ts';
import { framingOfDescriptor, storedKindOf } from './stored-kind.ts';
import type { VersionCodec } from './version-codec.ts';
import type { Transaction, UpdateOptions, WriteHooks, WriteRequest } from './write-request.ts';

export interface StoreOptions {
  storage: Storage;
  cache: WatchCache;
  admission: AdmissionChain;
  hooks?: WriteHooks;
  codec?: VersionCodec;
}

/** Upstream tries a generated name this often before it answers AlreadyExists (RetryGenerateName). */
const generateNameAttempts = 8;
/** A write that loses the race for a key is tried again this often; then the client gets the conflict. */
const conflictAttempts = 32;

export const optimisticLockMessage =
  'the object has been modified; please apply your changes to the latest version and try again';

export class Store {
  readonly descriptor: ResourceDescriptor;
  readonly groupResource: GroupResource;
  /** How storage and the cache call the resource. */
  readonly storageName: string;
  readonly framing: ObjectFraming;
  readonly fieldManagers: FieldManagers;
  readonly cache: ResourceCache;
  readonly #storage: Storage;
  readonly #watchCache: WatchCache;
  readonly #admission: AdmissionChain;
  readonly #hooks: WriteHooks;
  /** Undefined where objects are stored as the descriptor's hooks see them. */
  readonly codec: VersionCodec | undefined;
  readonly #readSelectable: (object: KubeObject) => Selectable;

  constructor(descriptor: ResourceDescriptor, options: StoreOptions) {
    this.descriptor = descriptor;
    this.groupResource = { group: descriptor.group, resource: descriptor.resource };
    this.storageName = descriptor.storedAs ?? groupResourceOf(descriptor.group, descriptor.resource);
    this.framing = framingOfDescriptor(descriptor);
    this.fieldManagers = new FieldManagers(descriptor);
    this.#storage = options.storage;
    this.#watchCache = options.cache;
    this.cache = options.cache.resource(this.storageName);
    this.#admission = options.admission;
    this.#hooks = options.hooks ?? {};
    this.codec = options.codec;
    this.#readSelectable = selectableReader([descriptor]);
  }

  /** What selectors see of an object. */
  selectableOf(object: CachedObject): Selectable {
    return this.codec === undefined ? this.cache.selectableOf(object) : object.selectable(this.#readSelectable);
  }

  /** Where watches get their events from. */
  get source(): EventSource {
    return this.codec === undefined ? this.cache : this.codec.source();
  }

  /** What clients see of an object. What a dry run answers is that already. */
  #shown(object: CachedObject, dryRun = false): CachedObject | Promise<CachedObject> {
    return this.codec === undefined || dryRun ? object : this.codec.decode(object);
  }

  /** The object as cached. `fresh` waits until the cache holds every write acknowledged before the call. Throws 404. */
  async get(namespace: string, name: string, fresh: boolean): Promise<CachedObject> {
    if (fresh) await this.#watchCache.waitFresh();
    const object = this.cache.lookup(namespace, name);
    if (object === undefined) throw newNotFound(this.groupResource, name);
    return this.#shown(object);
  }

  async create(object: KubeObject, request: WriteRequest): Promise<CachedObject> {
    if (request.fields !== undefined)
      this.fieldManagers.track(undefined, object, request.fields, undefined, timestamp());
    const generate = !object.metadata.name && Boolean(object.metadata.generateName);
    for (let attempt = 1; ; attempt++) {
      const candidate = generate && attempt < generateNameAttempts ? copyOf(object) : object;
      try {
        return await this.#shown(await this.#createOnce(candidate, request), request.dryRun);
      } catch (error) {
        const taken = error instanceof StatusError && error.reason === 'AlreadyExists';
        if (!taken || !generate) throw error;
        if (attempt >= generateNameAttempts)
          throw newGenerateNameConflict(this.groupResource, candidate.metadata.name ?? '');
      }
    }
  }

  async #createOnce(object: KubeObject, request: WriteRequest): Promise<CachedObject> {
    const { descriptor } = this;
    const attributes = this.#attributes('CREATE', '', request, object, undefined);
    await this.#admission.admit(attributes);
    fillSystemMetadata(object, descriptor.hasGeneration, timestamp());
    if (!object.metadata.name && object.metadata.generateName)
      object.metadata.name = generatedName(object.metadata.generateName);
    const context = contextOf(request);
    descriptor.prepareForCreate?.(object, context);
    // Without a name nothing can be taken for it, and validation refuses it.
    const pending = object.metadata.name ? this.#hooks.beforeCreate?.(object, request) : undefined;
    return this.#withTransaction(pending, async () => {
      this.#refuse(object, this.#validateCreate(object));
      for (const warning of descriptor.warnings?.(object, undefined) ?? []) request.warn(warning);
      descriptor.canonicalize?.(object);
      await this.#hooks.authorizeWrite?.(object, undefined, request);
      attributes.name = object.metadata.name!;
      if (request.name !== '') await this.#hooks.authorizeCreate?.(request);
      await this.#admission.validate(attributes);
      if (request.dryRun) return this.#dryRunCreate(this.#normal(object), request);
      return this.#storeNew(this.#normal(object), request);
    });
  }

  /** As Go would write it: hooks and plugins leave empty values behind, or take away what is always there. */
  #normal(object: KubeObject): KubeObject {
    return normalizeObject(object, storedKindOf(this.descriptor));
  }

  #dryRunCreate(object: KubeObject, request: WriteRequest): CachedObject {
    if (this.cache.lookup(request.namespace, object.metadata.name!) !== undefined) {
      throw newAlreadyExists(this.groupResource, object.metadata.name!);
    }
    return this.#unstored(object);
  }

  async #storeNew(object: KubeObject, request: WriteRequest): Promise<CachedObject> {
    const name = object.metadata.name!;
    const key = { resource: this.storageName, namespace: request.namespace, name };
    try {
      const { object: stored } = await this.#storage.write({
        type: 'create',
        key,
        uid: object.metadata.uid!,
        value: storedText(this.codec === undefined ? object : await this.codec.encode(object)),
      });
      return this.#cached(stored);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.reason === 'KeyExists') throw newAlreadyExists(this.groupResource, name);
      throw error;
    }
  }

  /** Custom resources check metadata among their own. */
  #validateCreate(object: KubeObject): FieldError[] {
    const { descriptor } = this;
    if (descriptor.custom !== undefined) return descriptor.validate?.(object) ?? [];
    const errors = limitCompilation(() => descriptor.validate?.(object) ?? []);
    if (descriptor.metadataLast && errors.length > 0) return errors;
    return [...validateNewMetadata(descriptor, object.metadata), ...errors];
  }

  /**
   * Reads, changes and writes back, again and again while others get in between. `change` gets a copy of what is stored and
   * returns the object to store; it may be called more than once. A resourceVersion in the result is a precondition.
   * Where nothing is stored, `createFrom` (PUT on resources that allow it) makes a create of it.
   */
  async update(
    request: WriteRequest,
    change: (current: KubeObject) => KubeObject | Promise<KubeObject>,
    more: UpdateOptions & { createFrom?: () => KubeObject } = {},
  ): Promise<{ object: CachedObject; created: boolean }> {
    let current = await this.#present(request, more.createFrom !== undefined);
    for (let attempt = 1; ; attempt++) {
      if (current === undefined) {
        if (more.createFrom === undefined) throw newNotFound(this.groupResource, request.name);
        const object = more.createFrom();
        if (object.metadata.uid) throw more.replaces ? this.#uidConflict(object, '') : this.#uidOfNothing(object);
        return { object: await this.create(object, request), created: true };
      }
      let failure: unknown;
      try {
        const object = await this.#updateOnce(current, request, change, more);
        if (object !== current) return { object: await this.#shown(object, request.dryRun), created: false };
      } catch (error) {
        failure = error;
      }
      const now: CachedObject | undefined = await this.#afterNoWrite(current, failure, request, attempt);
      if (now === current) return { object: await this.#shown(current), created: false };
      current = now;
    }
  }

  /**
   * What to do when nothing was written, be it a failure, or no change to write: that must hold for what is stored, not only for
   * what this process's cache held, which another server's write may have overtaken (upstream: etcd3 store.go GuaranteedUpdate,
   * `origStateIsCurrent`). Returns `current` where it does and nothing failed, throws the failure where it does, and returns what
   * is stored instead, for another attempt, where it does not.
   */
  async #afterNoWrite(
    current: CachedObject,
    failure: unknown,
    request: WriteRequest,
    attempt: number,
  ): Promise<CachedObject | undefined> {
    if (failure instanceof StaleRead) {
      if (attempt >= conflictAttempts) throw failure.conflict;
      const stored = failure.stored ?? (await this.#storage.get(this.#key(request)));
      return stored === undefined ? undefined : new CachedObject(stored, this.framing);
    }
    const about = failure === undefined || failure instanceof StatusError || failure instanceof PreconditionFailure;
    if (!about || attempt >= conflictAttempts)
      throw failure ?? newConflict(this.groupResource, request.name, optimisticLockMessage);
    await this.#watchCache.waitFresh();
    const now = this.cache.lookup(request.namespace, request.name);
    if (now !== undefined && now.revision > current.revision) return now;
    if (now === undefined) return undefined;
    if (failure !== undefined) throw failure;
    return current;
  }

  /** What the cache holds; where it holds nothing, a fresh look before the client is told 404. */
  async #present(request: WriteRequest, mayCreate: boolean): Promise<CachedObject | undefined> {
    const cached = this.cache.lookup(request.namespace, request.name);
    if (cached !== undefined) return cached;
    await this.#watchCache.waitFresh();
    const fresh = this.cache.lookup(request.namespace, request.name);
    if (fresh === undefined && !mayCreate) throw newNotFound(this.groupResource, request.name);
    return fresh;
  }

  async #updateOnce(
    current: CachedObject,
    request: WriteRequest,
    change: (current: KubeObject) => KubeObject | Promise<KubeObject>,
    more: UpdateOptions,
  ): Promise<CachedObject> {
    const { descriptor } = this;
    const shown = this.codec === undefined ? current : await this.codec.decode(current);
    const old = shown.parse();
    const object = await change(more.replaces ? old : shown.parse());
    if (more.replaces) this.#checkUid(object, current);
    this.#checkPreconditions(object, current, more.allowUnconditional ?? descriptor.allowUnconditionalUpdate);
    object.metadata.resourceVersion = String(current.revision);
    if (request.fields !== undefined)
      this.fieldManagers.track(old, object, request.fields, more.subresource, timestamp());
    const attributes = this.#attributes('UPDATE', more.subresource?.name ?? '', request, object, old);
    if (!more.admitted) await this.#admission.admit(attributes);
    inheritMetadata(object, old);
    const strategy = more.subresource ?? descriptor;
    strategy.prepareForUpdate?.(object, old, contextOf(request));
    if (more.subresource === undefined && descriptor.hasGeneration && generationChanged(descriptor, object, old)) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    const pending = more.subresource === undefined ? this.#hooks.beforeUpdate?.(object, old, request) : undefined;
    return this.#withTransaction(pending, async () => {
      this.#refuse(object, this.#validateUpdate(object, old, more.subresource, request));
      if (more.subresource === undefined)
        for (const warning of descriptor.warnings?.(object, old) ?? []) request.warn(warning);
      descriptor.canonicalize?.(object);
      await this.#hooks.authorizeWrite?.(object, old, request);
      if (!more.admitted) await this.#admission.validate(attributes);
      const normal = this.#normal(object);
      // An update that changes nothing writes nothing.
      if (isUnchanged(normal, old) && this.codec?.isCurrent(current) !== false) return current;
      if (request.dryRun) return this.#unstored(normal, current.revision);
      if (
        object.metadata.deletionTimestamp !== undefined &&
        !hasFinalizers(object) &&
        (object.metadata.deletionGracePeriodSeconds ?? 0) === 0
      ) {
        return this.#deleteNow(current, object);
      }
      return this.#storeChanged(normal, current);
    });
  }

  #validateUpdate(
    object: KubeObject,
    old: KubeObject,
    subresource: SubresourceDescriptor | undefined,
    { warn }: WriteRequest,
  ): FieldError[] {
    const { descriptor } = this;
    const validate = () => (subresource ?? descriptor).validateUpdate?.(object, old, warn) ?? [];
    if (descriptor.custom !== undefined) return validate();
    const errors = limitCompilation(validate);
    return [...validateChangedMetadata(descriptor, subresource?.name, object.metadata, old.metadata), ...errors];
  }

  /** A uid that is sent with a PUT is a precondition; what a patch makes of it is left to validation. */
  #checkUid(object: KubeObject, current: CachedObject): void {
    const { uid } = object.metadata;
    if (uid && uid !== current.uid) throw this.#uidConflict(object, current.uid);
  }

  #checkPreconditions(object: KubeObject, current: CachedObject, allowUnconditional: boolean): void {
    const { resourceVersion, name } = object.metadata;
    if (!resourceVersion || resourceVersion === '0') {
      if (!allowUnconditional) {
        throw newInvalid({ group: this.groupResource.group, kind: this.groupResource.resource }, name ?? '', [
          invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
        ]);
      }
      return;
    }
    const wanted = Number(resourceVersion);
    if (wanted === current.revision) return;
    const conflict = newConflict(this.groupResource, name ?? '', optimisticLockMessage);
    // This process's cache may be older than what the client saw elsewhere.
    if (wanted > current.revision) throw new StaleRead(conflict, undefined);
    throw conflict;
  }

  #uidConflict({ metadata }: KubeObject, stored: string): StatusError {
    const message = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${stored}`;
    return newConflict(this.groupResource, metadata.name ?? '', message);
  }

  #uidOfNothing({ metadata }: KubeObject): StatusError {
    const message = `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`;
    return newConflict(this.groupResource, metadata.name ?? '', message);
  }

  async #storeChanged(object: KubeObject, current: CachedObject): Promise<CachedObject> {
    const key = { resource: this.storageName, namespace: current.namespace, name: current.name };
    const value = storedText(this.codec === undefined ? object : await this.codec.encode(object));
    try {
      const { object: stored } = await this.#storage.write({
        type: 'update',
        key,
        value,
        preconditions: { revision: current.revision },
      });
      return this.#cached(stored);
    } catch (error) {
      throw this.#staleOr(error, object.metadata.name!);
    }
  }

  #staleOr(error: unknown, name: string): unknown {
    if (!(error instanceof StorageError)) return error;
    if (error.reason === 'Conflict')
      return new StaleRead(newConflict(this.groupResource, name, optimisticLockMessage), error.object);
    if (error.reason === 'KeyNotFound') return newNotFound(this.groupResource, name);
    return error;
  }

  /** Deletes, or marks as being deleted where finalizers or grace ask for it. */
  async delete(request: WriteRequest, options: DeleteOptions): Promise<Finished> {
    const attributes = this.#attributes('DELETE', '', request, undefined, undefined);
    let current = await this.#present(request, false);
    for (let attempt = 1; ; attempt++) {
      if (current === undefined) throw newNotFound(this.groupResource, request.name);
      const old = (await this.#shown(current)).parse();
      attributes.old = old;
      await this.#admission.admit(attributes);
      await this.#admission.validate(attributes);
      let failure: unknown;
      try {
        const finished = await this.#deleteOnce(current, old, request, options);
        if (finished.object !== current) {
          return { ...finished, object: await this.#shown(finished.object, request.dryRun || finished.done) };
        }
      } catch (error) {
        failure = error;
      }
      let now: CachedObject | undefined;
      try {
        now = await this.#afterNoWrite(current, failure, request, attempt);
      } catch (error) {
        if (!(error instanceof PreconditionFailure)) throw error;
        throw newConflict(this.#deleteConflictResource(), request.name, error.message);
      }
      if (now === current) return { object: await this.#shown(current), done: false };
      current = now;
    }
  }

  /** A failed precondition of a delete names the kind where everything else names the resource; namespaces do not. */
  #deleteConflictResource(): GroupResource {
    const { group, kind, resource } = this.descriptor;
    return resource === 'namespaces' ? this.groupResource : { group, resource: kind };
  }

  async #deleteOnce(
    current: CachedObject,
    old: KubeObject,
    request: WriteRequest,
    options: DeleteOptions,
  ): Promise<Finished> {
    const decision = decideDeletion(this.descriptor, old, options, timestamp());
    if (decision.kind === 'unchanged') return { object: current, done: false };
    if (decision.kind === 'mark') {
      if (request.dryRun) return { object: this.#unstored(decision.object, current.revision), done: false };
      return { object: await this.#storeChanged(decision.object, current), done: false };
    }
    if (request.dryRun) return { object: this.#unstored(decision.object, current.revision), done: true };
    const last = decision.kind === 'markAndRemove' ? await this.#storeChanged(decision.object, current) : current;
    return { object: await this.#deleteNow(last, decision.object), done: true };
  }

  async #deleteNow(current: CachedObject, object: KubeObject): Promise<CachedObject> {
    const key = { resource: this.storageName, namespace: current.namespace, name: current.name };
    try {
      const { object: stored } = await this.#storage.write({
        type: 'delete',
        key,
        preconditions: { revision: current.revision },
      });
      await this.#hooks.afterDelete?.(object);
      return new CachedObject({ ...stored, value: storedText(object) }, this.framing);
    } catch (error) {
      throw this.#staleOr(error, current.name);
    }
  }

  /** The Status a finished delete answers with. */
  deletedStatus(object: CachedObject): JsonObject {
    return deletionStatus(this.groupResource, object);
  }

  async #withTransaction(
    pending: Promise<Transaction | undefined> | undefined,
    write: () => Promise<CachedObject>,
  ): Promise<CachedObject> {
    const transaction = pending === undefined ? undefined : await pending;
    if (transaction === undefined) return write();
    let written: CachedObject;
    try {
      written = await write();
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
    await transaction.commit();
    return written;
  }

  #key(request: WriteRequest): { resource: string; namespace: string; name: string } {
    return { resource: this.storageName, namespace: request.namespace, name: request.name };
  }

  /** The cache has mostly applied a write by the time it is acknowledged; then its bytes are used again. */
  #cached(stored: StoredObject): CachedObject {
    const cached = this.cache.lookup(stored.namespace, stored.name);
    return cached?.revision === stored.revision ? cached : new CachedObject(stored, this.framing);
  }

  /** What a dry run answers: `revision` is the stored object's, or none for a create. */
  #unstored(object: KubeObject, revision?: number): CachedObject {
    const { namespace = '', name, uid } = object.metadata;
    return CachedObject.unstored(
      object,
      { namespace, name: name!, uid: uid!, ...(revision === undefined ? {} : { revision }) },
      this.framing,
    );
  }

  #refuse(object: KubeObject, errors: readonly FieldError[]): void {
    if (errors.length === 0) return;
    const { group, kind } = storedKindOf(this.descriptor);
    throw newInvalid(
      { group, kind: this.descriptor.custom === undefined ? kind : object.kind },
      object.metadata.name ?? '',
      errors,
    );
  }

  #attributes(
    operation: AdmissionAttributes['operation'],
    subresource: string,
    request: WriteRequest,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
  ): AdmissionAttributes {
    const { namespace, user, dryRun, options, warn } = request;
    const name = request.name === '' ? (object?.metadata.name ?? '') : request.name;
    return {
      operation,
      descriptor: this.descriptor,
      subresource,
      namespace,
      name,
      object,
      old,
      options,
      user,
      dryRun,
      warn,
    };
  }
}

/** What was read is no longer what is stored; the write is to be tried again on the present state. */
class StaleRead extends Error {
  readonly conflict: StatusError;
  readonly stored: StoredObject | undefined;

  constructor(conflict: StatusError, stored: StoredObject | undefined) {
    super(conflict.message);
    this.conflict = conflict;
    this.stored = stored;
  }
}

function contextOf(request: WriteRequest): RequestContext {
  return { user: request.user, namespace: request.namespace, timestamp: timestamp(), dryRun: request.dryRun };
}
