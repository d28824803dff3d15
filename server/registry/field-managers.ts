// The field managers of one resource: for each version and subresource, what its objects look like to managedFields and apply
// (k8s.io/apiserver pkg/endpoints/installer.go, where upstream makes one for each).
import { normalizeObject, writtenObject } from '../../apimachinery/decode/decode.ts';
import { mergeTypeOfKind } from '../../apimachinery/managed-fields/definition-types.ts';
import { FieldManager } from '../../apimachinery/managed-fields/field-manager.ts';
import {
  type FieldSet,
  including,
  namedFields,
  recursiveDifference,
} from '../../apimachinery/managed-fields/field-set.ts';
import { deducedType, type MergeType } from '../../apimachinery/managed-fields/merge-type.ts';
import type { Versions } from '../../apimachinery/managed-fields/updater.ts';
import { apiVersionOf, type GroupVersionKind, type JsonObject, type KubeObject } from '../../apimachinery/object.ts';
import type { ResourceDescriptor, ServedVersion, SubresourceDescriptor } from './descriptor.ts';
import { storedKindOf } from './stored-kind.ts';

/** Who is written down as the manager of what a write changes. */
export interface FieldTracking {
  manager: string;
  /** The version in which the request speaks; managedFields name their fields in it. */
  version: string;
}

/** How objects of `version` merge: by their built-in schema, by the one that the descriptor brings, or by their values alone. */
export function mergeTypeOf(descriptor: ResourceDescriptor, version: string): MergeType {
  const { group, kind } = descriptor;
  return descriptor.mergeType?.(version) ?? mergeTypeOfKind({ group, version, kind }) ?? deducedType;
}

/** One version of a resource: its kind, and how it is converted where it is not the stored one. */
interface KnownVersion {
  kind: GroupVersionKind;
  conversion: ServedVersion | undefined;
  type: MergeType;
}

export class FieldManagers {
  readonly #descriptor: ResourceDescriptor;
  readonly #managers = new Map<string, FieldManager>();
  #versions: ReadonlyMap<string, KnownVersion> | undefined;

  constructor(descriptor: ResourceDescriptor) {
    this.#descriptor = descriptor;
  }

  /** The field manager for requests in `version`, made when it is first asked for. */
  for(version: string, subresource: SubresourceDescriptor | undefined): FieldManager {
    const key = `${version}/${subresource?.name ?? ''}`;
    let manager = this.#managers.get(key);
    if (manager === undefined) {
      manager = this.#make(version, subresource);
      this.#managers.set(key, manager);
    }
    return manager;
  }

  /**
   * Writes down in `object.metadata.managedFields` who manages what after a write of `object` in place of `live` (undefined for a
   * create). Both are in the stored version; `live` is not changed.
   */
  track(
    live: KubeObject | undefined,
    object: KubeObject,
    { manager, version }: FieldTracking,
    subresource: SubresourceDescriptor | undefined,
    now: string,
  ): void {
    const entries = this.for(version, subresource).update(
      live === undefined ? undefined : this.inVersion(live, version),
      this.#written(object, version),
      { manager, now },
    );
    if (entries === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = entries;
  }

  /** The stored object in the request's version. */
  inVersion(object: KubeObject, version: string): KubeObject {
    const conversion = this.#known().get(apiVersionOf(this.#descriptor.group, version))?.conversion;
    const { versionedForm } = this.#descriptor;
    const versioned = versionedForm === undefined ? object : versionedForm(object);
    return conversion === undefined ? versioned : conversion.fromStored(versioned);
  }

  /**
   * The object in the request's version, as it would be written: empty lists and maps, which a client may have sent, have no owner. Empty
   * managedFields ask to forget all managers, so they are kept.
   */
  #written(object: KubeObject, version: string): KubeObject {
    const shown = this.inVersion(object, version);
    const known = this.#known().get(apiVersionOf(this.#descriptor.group, version));
    if (known === undefined) return shown;
    const written = writtenObject(shown, known.kind);
    const { managedFields } = object.metadata;
    if (managedFields !== undefined && written !== shown) written.metadata = { ...written.metadata, managedFields };
    return written;
  }

  #make(version: string, subresource: SubresourceDescriptor | undefined): FieldManager {
    if (subresource?.kind !== undefined) return fieldManagerOfKind(subresource.kind, subresource.name);
    const { group, kind } = this.#descriptor;
    const versions = new ResourceVersions(
      apiVersionOf(group, version),
      this.#known(),
      ownable(this.#descriptor, subresource),
    );
    return new FieldManager({
      versions,
      subresource: subresource?.name ?? '',
      emptyObject: normalizeObject({ apiVersion: versions.apiVersion, kind, metadata: {} }, { group, version, kind }),
    });
  }

  #known(): ReadonlyMap<string, KnownVersion> {
    this.#versions ??= knownVersions(this.#descriptor);
    return this.#versions;
  }
}

const managersOfKinds = new Map<string, FieldManager>();

/**
 * The field manager of built-in kinds with one version that are not stored under their own name: Scale, reviews, token requests. Owners
 * may own all of them.
 */
export function fieldManagerOfKind(kind: GroupVersionKind, subresource: string): FieldManager {
  const apiVersion = apiVersionOf(kind.group, kind.version);
  const key = `${apiVersion}/${kind.kind}/${subresource}`;
  let manager = managersOfKinds.get(key);
  if (manager === undefined) {
    const known = { kind, conversion: undefined, type: mergeTypeOfKind(kind) ?? deducedType };
    manager = new FieldManager({
      versions: new ResourceVersions(apiVersion, new Map([[apiVersion, known]]), (set) => set),
      subresource,
      emptyObject: normalizeObject({ apiVersion, kind: kind.kind, metadata: {} }, kind),
    });
    managersOfKinds.set(key, manager);
  }
  return manager;
}

/** By apiVersion. What is stored under another group's kind is known in that group's version, too. */
function knownVersions(descriptor: ResourceDescriptor): ReadonlyMap<string, KnownVersion> {
  const { group, version, kind, otherVersions = [] } = descriptor;
  const known = new Map<string, KnownVersion>();
  const stored = storedKindOf(descriptor);
  if (stored.group !== group) {
    const type = mergeTypeOf({ ...descriptor, ...stored }, stored.version);
    known.set(apiVersionOf(stored.group, stored.version), { kind: stored, conversion: undefined, type });
  }
  for (const served of new Set([version, ...otherVersions.map((other) => other.version)])) {
    known.set(apiVersionOf(group, served), {
      kind: { group, version: served, kind },
      conversion: otherVersions.find((other) => other.version === served),
      type: mergeTypeOf(descriptor, served),
    });
  }
  return known;
}

/** Keeps what a write may own of a set. */
function ownable(
  descriptor: ResourceDescriptor,
  subresource: SubresourceDescriptor | undefined,
): (set: FieldSet) => FieldSet {
  const patterns = subresource?.ownedFields;
  if (patterns !== undefined) return (set) => including(set, patterns);
  const hasStatus = descriptor.subresources.some(({ name }) => name === 'status');
  const reset =
    subresource === undefined ? (descriptor.resetFields ?? (hasStatus ? ['status'] : [])) : subresource.resetFields;
  const excluded = namedFields(reset ?? []);
  return (set) => recursiveDifference(set, excluded);
}

class ResourceVersions implements Versions {
  readonly apiVersion: string;
  readonly filter: Versions['filter'];
  readonly #known: ReadonlyMap<string, KnownVersion>;

  constructor(apiVersion: string, known: ReadonlyMap<string, KnownVersion>, filter: (set: FieldSet) => FieldSet) {
    this.apiVersion = apiVersion;
    this.filter = filter;
    this.#known = known;
  }

  typeIn(apiVersion: string): MergeType | undefined {
    return this.#known.get(apiVersion)?.type;
  }

  convert(object: JsonObject, from: string, to: string): JsonObject {
    const source = this.#known.get(from)?.conversion;
    const target = this.#known.get(to);
    // Nothing need be left of an object of which fields have been taken away.
    const whole = { ...object, metadata: object['metadata'] ?? {} } as unknown as KubeObject;
    const stored = source === undefined ? whole : source.toStored(whole);
    const converted = target?.conversion === undefined ? stored : target.conversion.fromStored(stored);
    return (target === undefined ? converted : normalizeObject(converted, target.kind)) as JsonObject;
  }
}
