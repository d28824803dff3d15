// Keeps metadata.managedFields with every write, and applies configurations (apimachinery/pkg/util/managedfields/internal:
// fieldmanager.go and the managers that it is a chain of). One for each resource, version and subresource.
import type { JsonObject, KubeObject } from '../object.ts';
import { newBadRequest } from '../status.ts';
import { appliedFields } from './applied-fields.ts';
import { compare } from './compare.ts';
import { ConflictError } from './conflict.ts';
import { difference, emptySet, type FieldSet, hasPath, isEmptySet, namedFields, union } from './field-set.ts';
import { hasLastApplied, lastAppliedConfiguration, setLastApplied } from './last-applied.ts';
import { ListElementError } from './list-element.ts';
import {
  identityOf,
  type ManagedEntry,
  ManagedFieldsError,
  type Managers,
  type Operation,
  readManagedFields,
  secondsOf,
  storedManagers,
  writeManagedFields,
} from './managers.ts';
import { Updater, type Versions } from './updater.ts';
import { typedError } from './validate.ts';

/** Fields that nobody owns. */
const strippedFields = namedFields([
  'apiVersion',
  'kind',
  'metadata',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
]);

/** More updaters than this, and the oldest share one entry. */
const maxUpdateManagers = 10;
const oldUpdatesManager = 'ancient-changes';
const beforeApplyManager = 'before-first-apply';
/** The manager whose applies take over from client-side apply. */
const kubectl = 'kubectl';

export interface FieldManagerOptions {
  versions: Versions;
  /** '' for the object itself. */
  subresource: string;
  /** The kind in the request's version, without content: what a create is compared with. */
  emptyObject: KubeObject;
}

/** Who writes, and when. */
export interface Write {
  manager: string;
  /** RFC 3339 with second precision. */
  now: string;
}

export interface Applied {
  /** The object with the configuration merged in, without managedFields, in the request's version and as the applier wrote it. */
  object: KubeObject;
  managedFields: JsonObject[] | undefined;
}

export class FieldManager {
  readonly #options: FieldManagerOptions;
  readonly #updater: Updater;

  constructor(options: FieldManagerOptions) {
    this.#options = options;
    this.#updater = new Updater(options.versions);
  }

  /**
   * The managedFields of `object` as an update makes them; `live` is what is stored, undefined for a create. Both are in the
   * request's version, and what they carry as managedFields is read, not changed. Undefined where there are none.
   */
  update(live: KubeObject | undefined, object: KubeObject, write: Write): JsonObject[] | undefined {
    try {
      const managers = this.#liveOrNew(live, object);
      // Where nobody is tracked, tracking begins with the first apply.
      if (managers.size === 0 && live?.metadata.uid) return undefined;
      this.#update(live ?? this.#options.emptyObject, object, managers, write);
      return writeManagedFields(managers);
    } catch (error) {
      // Upstream drops what it cannot compute, rather than refuse the write.
      if (error instanceof ListElementError) return undefined;
      throw error;
    }
  }

  #update(live: KubeObject, object: KubeObject, managers: Managers, write: Write): void {
    const changed = this.#updater.update(withoutManagedFields(live), withoutManagedFields(object), managers);
    const set = difference(changed, strippedFields);
    if (!isEmptySet(set)) {
      const entry = this.#entry('Update', write.manager, set, write.now);
      const key = identityOf(entry);
      const previous = managers.get(key);
      managers.set(key, previous === undefined ? entry : { ...entry, set: union(previous.set, set) });
    }
    capUpdateManagers(managers);
  }

  #entry(operation: Operation, manager: string, set: FieldSet, time: string | undefined): ManagedEntry {
    const { subresource, versions } = this.#options;
    return { manager: manager || 'unknown', operation, apiVersion: versions.apiVersion, subresource, set, time };
  }

  /** What the request says of managedFields counts where it can be read; a subresource's does not. */
  #liveOrNew(live: KubeObject | undefined, object: KubeObject): Managers {
    const given = object.metadata.managedFields;
    if (this.#options.subresource === '' && given !== undefined && given !== live?.metadata.managedFields) {
      if (isReset(given)) return new Map();
      const managers = readable(given);
      if (managers !== undefined && managers.size > 0) return managers;
    }
    return managersOf(live);
  }

  /**
   * Applies a configuration of the request's version. Throws StatusError: 400 for one that does not fit, 409 for conflicts that
   * are not forced.
   */
  apply(live: KubeObject | undefined, applied: JsonObject, write: Write, force: boolean): Applied {
    this.#check(applied);
    const present = live ?? this.#options.emptyObject;
    const run = (forced: boolean): Applied => this.#apply(present, applied, write, forced);
    let result: Applied;
    try {
      result = run(force);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const left = write.manager === kubectl ? this.#conflictsBeyondLastApplied(error, present) : error;
      if (left !== undefined) throw left.status();
      result = run(true);
    }
    if (write.manager === kubectl && hasLastApplied(result.object))
      result.object = setLastApplied(result.object, applied);
    return result;
  }

  #check(applied: JsonObject): void {
    const { versions, emptyObject } = this.#options;
    const { apiVersion, kind } = applied as { apiVersion?: string; kind?: string };
    if (apiVersion !== emptyObject.apiVersion || kind !== emptyObject.kind)
      throw newBadRequest(`invalid object type: ${printKind(apiVersion ?? '', kind ?? '')}`);
    const metadata = (applied['metadata'] ?? {}) as JsonObject;
    if (Array.isArray(metadata['managedFields'])) throw newBadRequest('metadata.managedFields must be nil');
    const error = typedError(applied, versions.typeIn(versions.apiVersion)!, { allowDuplicates: false });
    if (error === undefined) return;
    const name = `${metadata['namespace'] ?? ''}/${metadata['name'] ?? ''}; ${printKind(apiVersion, kind)}`;
    throw newBadRequest(`failed to create typed patch object (${name}): ${error}`);
  }

  #apply(live: KubeObject, applied: JsonObject, { manager, now }: Write, force: boolean): Applied {
    const managers = managersOf(live);
    if (managers.size === 0)
      this.#update(this.#options.emptyObject, live, managers, { manager: beforeApplyManager, now });
    const present = withoutManagedFields(live);
    const entry = this.#entry('Apply', manager, emptySet, undefined);
    const key = identityOf(entry);
    const before = managers.get(key)?.time;
    const changed = this.#updater.apply(present, applied, managers, { key, entry }, force);
    const own = managers.get(key);
    if (own !== undefined) {
      const set = difference(own.set, strippedFields);
      if (isEmptySet(set)) managers.delete(key);
      else managers.set(key, { ...own, set, time: changed === undefined ? before : now });
    }
    return { object: (changed ?? present) as KubeObject, managedFields: writeManagedFields(managers) };
  }

  /** Client-side apply's own fields are the same user's: kubectl takes those over. Undefined where no other conflict is left. */
  #conflictsBeyondLastApplied(error: ConflictError, live: KubeObject): ConflictError | undefined {
    const { versions } = this.#options;
    const type = versions.typeIn(versions.apiVersion)!;
    const last = lastAppliedConfiguration(live);
    if (last === undefined || last['apiVersion'] !== live.apiVersion) return error;
    if (typedError(last, type, { allowDuplicates: false }) !== undefined) return error;
    const { changed, removed } = compare(last, withoutManagedFields(live), type, 'present');
    const allowed = difference(difference(appliedFields(last, type), changed), removed);
    const left = error.conflicts.filter(({ path }) => !hasPath(allowed, path));
    return left.length === 0 ? undefined : new ConflictError(left);
  }
}

function printKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** An empty list, or a list of one empty entry, asks for a new beginning. */
function isReset(entries: readonly JsonObject[]): boolean {
  if (entries.length === 0) return true;
  return entries.length === 1 && Object.values(entries[0]!).every((value) => value === undefined || value === null);
}

function readable(entries: readonly JsonObject[] | undefined): Managers | undefined {
  try {
    return readManagedFields(entries);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return undefined;
    throw error;
  }
}

function managersOf(live: KubeObject | undefined): Managers {
  try {
    return storedManagers(live?.metadata.managedFields);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return new Map();
    throw error;
  }
}

/** Merges the oldest updaters into one entry for each version, until few enough are left. */
function capUpdateManagers(managers: Managers): void {
  if (managers.size <= maxUpdateManagers) return;
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update');
  if (updaters.length <= maxUpdateManagers) return;
  updaters.sort(([a, left], [b, right]) => secondsOf(left) - secondsOf(right) || (a < b ? -1 : 1));
  const firstOf = new Map<string, string>();
  let count = updaters.length;
  for (const [key, entry] of updaters) {
    if (count <= maxUpdateManagers) break;
    const { apiVersion } = entry;
    const bucket: ManagedEntry = { ...entry, manager: oldUpdatesManager, subresource: '' };
    const bucketKey = identityOf(bucket);
    const first = firstOf.get(apiVersion);
    if (first === undefined) {
      firstOf.set(apiVersion, key);
      continue;
    }
    const gathered = managers.get(bucketKey) ?? managers.get(first)!;
    if (!managers.has(bucketKey)) managers.delete(first);
    managers.set(bucketKey, { ...bucket, set: union(entry.set, gathered.set) });
    if (key !== bucketKey) managers.delete(key);
    count--;
  }
}
