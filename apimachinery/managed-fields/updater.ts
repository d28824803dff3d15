// Who owns which field after a write (sigs.k8s.io/structured-merge-diff merge/update.go): an update owns what it changed, an apply
// owns what it sets, and takes away what it set before and sets no longer.
import type { JsonObject } from '../object.ts';
import { deepEqual } from '../patch/json-values.ts';
import { appliedFields } from './applied-fields.ts';
import { type Comparison, compare, type EmptyFields } from './compare.ts';
import { type Conflict, ConflictError } from './conflict.ts';
import {
  difference,
  emptySet,
  type FieldSet,
  forEachPath,
  inOrder,
  intersection,
  isEmptySet,
  isMember,
  union,
  withNamedFields,
} from './field-set.ts';
import type { ManagedEntry, Managers } from './managers.ts';
import { merge } from './merge.ts';
import type { MergeType } from './merge-type.ts';
import { reconcileFieldSet } from './reconcile.ts';
import { removeFields } from './remove.ts';

/** How the objects of one resource look in each of their versions. Objects given and taken are in `apiVersion`'s form. */
export interface Versions {
  /** The version in which the request speaks. */
  readonly apiVersion: string;
  /** The type of the object in that version; undefined where the version is not served (any more). */
  typeIn(apiVersion: string): MergeType | undefined;
  /** An object of version `from` in version `to`. Both are served. */
  convert(object: JsonObject, from: string, to: string): JsonObject;
  /** What owners may have of `set`: fields that writes in this version put back are nobody's. */
  filter(set: FieldSet, apiVersion: string): FieldSet;
}

export class Updater {
  readonly #versions: Versions;

  constructor(versions: Versions) {
    this.#versions = versions;
  }

  get #type(): MergeType {
    return this.#versions.typeIn(this.#versions.apiVersion)!;
  }

  /** Takes what has changed from all `managers`, in place. Returns what the update owns by that. */
  update(live: JsonObject, object: JsonObject, managers: Managers): FieldSet {
    const comparisons = this.#comparisons(live, object, 'omitted');
    const compared = comparisons(this.#versions.apiVersion)!;
    if (needsReconcile(managers, compared)) this.#reconcile(managers);
    takeAway(managers, comparisons, undefined);
    return compared.changed;
  }

  /**
   * Applies a configuration for the manager `identity`, whose entry is made or changed in `managers`, as others' are. Returns the
   * object as it is then; undefined where it does not change. Throws ConflictError unless forced.
   */
  apply(
    live: JsonObject,
    applied: JsonObject,
    managers: Managers,
    identity: { key: string; entry: Omit<ManagedEntry, 'set'> },
    force: boolean,
  ): JsonObject | undefined {
    const { apiVersion } = this.#versions;
    this.#reconcile(managers);
    const merged = merge(live, applied, this.#type);
    const last = managers.get(identity.key);
    const set = this.#versions.filter(appliedFields(applied, this.#type), apiVersion);
    managers.set(identity.key, { ...identity.entry, apiVersion, set });
    const pruned = this.#prune(merged, managers, last);
    const comparisons = this.#comparisons(live, pruned, 'present');
    if (!force) refuseConflicts(managers, comparisons, identity.key);
    takeAway(managers, comparisons, identity.key);
    return deepEqual(live, pruned) ? undefined : pruned;
  }

  /** What differs between the two, as managers of each version see it; undefined for versions that are not served. */
  #comparisons(
    live: JsonObject,
    object: JsonObject,
    empty: EmptyFields,
  ): (apiVersion: string) => Comparison | undefined {
    const versions = this.#versions;
    const known = new Map<string, Comparison | undefined>();
    return (apiVersion) => {
      if (known.has(apiVersion)) return known.get(apiVersion);
      const type = versions.typeIn(apiVersion);
      let compared: Comparison | undefined;
      if (type !== undefined) {
        const [before, after] = [live, object].map((one) => this.#convert(one, versions.apiVersion, apiVersion));
        const { changed, removed } = compare(before!, after!, type, empty);
        compared = { changed: versions.filter(changed, apiVersion), removed: versions.filter(removed, apiVersion) };
      }
      known.set(apiVersion, compared);
      return compared;
    };
  }

  #reconcile(managers: Managers): void {
    for (const [key, entry] of managers) {
      const type = this.#versions.typeIn(entry.apiVersion);
      if (type === undefined) managers.delete(key);
      else managers.set(key, { ...entry, set: reconcileFieldSet(entry.set, type) });
    }
  }

  /** Removes what the applier set last time, does not set now, and nobody else owns. */
  #prune(merged: JsonObject, managers: Managers, last: ManagedEntry | undefined): JsonObject {
    const { apiVersion } = this.#versions;
    if (last === undefined || isEmptySet(last.set)) return merged;
    const type = this.#versions.typeIn(last.apiVersion);
    if (type === undefined) return merged;
    const before = this.#convert(merged, apiVersion, last.apiVersion);
    const lastSet = withNamedFields(last.set, type);
    const without = removeFields(before, lastSet, type);
    const owned = this.#addBackOwned(before, without, last.apiVersion, managers);
    const kept = withNamedFields(appliedFields(owned, type), type);
    const all = withNamedFields(appliedFields(before, type), type);
    const pruned = removeFields(before, intersection(difference(all, kept), lastSet), type);
    return this.#convert(pruned, last.apiVersion, apiVersion);
  }

  #convert(object: JsonObject, from: string, to: string): JsonObject {
    return from === to ? object : this.#versions.convert(object, from, to);
  }

  /** Puts back what was removed though some manager owns it, version by version, the one of `without` first. */
  #addBackOwned(before: JsonObject, without: JsonObject, apiVersion: string, managers: Managers): JsonObject {
    const owned = new Map<string, FieldSet>([[apiVersion, emptySet]]);
    for (const { apiVersion: version, set } of managers.values())
      owned.set(version, union(owned.get(version) ?? emptySet, set));
    let rest = without;
    for (const [version, set] of owned) {
      const type = this.#versions.typeIn(version);
      if (type === undefined || isEmptySet(set)) continue;
      const [all, left] = [this.#convert(before, apiVersion, version), this.#convert(rest, apiVersion, version)];
      const named = (fields: FieldSet): FieldSet => withNamedFields(fields, type);
      const gone = difference(named(appliedFields(all, type)), union(named(appliedFields(left, type)), named(set)));
      rest = this.#convert(removeFields(all, gone, type), version, apiVersion);
    }
    return rest;
  }
}

/** Takes changed and removed fields from all managers but `except`; one that is left without any goes. */
function takeAway(
  managers: Managers,
  comparisons: (apiVersion: string) => Comparison | undefined,
  except: string | undefined,
): void {
  for (const [key, entry] of managers) {
    if (key === except) {
      if (isEmptySet(entry.set)) managers.delete(key);
      continue;
    }
    const compared = comparisons(entry.apiVersion);
    const set = compared === undefined ? emptySet : remaining(entry.set, compared);
    if (isEmptySet(set)) managers.delete(key);
    else if (set !== entry.set) managers.set(key, { ...entry, set });
  }
}

function remaining(set: FieldSet, { changed, removed }: Comparison): FieldSet {
  const taken = intersection(changed, set);
  return difference(isEmptySet(taken) ? set : difference(set, taken), intersection(removed, set));
}

function refuseConflicts(
  managers: Managers,
  comparisons: (apiVersion: string) => Comparison | undefined,
  except: string,
): void {
  const conflicts: Conflict[] = [];
  for (const [key, entry] of managers) {
    const compared = key === except ? undefined : comparisons(entry.apiVersion);
    if (compared === undefined) continue;
    forEachPath(inOrder(intersection(entry.set, compared.changed)), (path) => {
      conflicts.push({ manager: entry, path: [...path] });
    });
  }
  if (conflicts.length > 0) throw new ConflictError(conflicts);
}

/**
 * Sets that go deeper than a changed leaf were written under another schema, or the leaf was an object with owners inside: only
 * then does the schema have to be consulted.
 */
function needsReconcile(managers: Managers, { changed, removed }: Comparison): boolean {
  for (const { set } of managers.values()) if (goesDeeper(set, changed) || goesDeeper(set, removed)) return true;
  return false;
}

function goesDeeper(set: FieldSet, leaves: FieldSet): boolean {
  for (const element in leaves) {
    const [leaf, node] = [leaves[element]!, set[element]];
    if (node === undefined || isEmptySet(node)) continue;
    if (isMember(leaf) && isEmptySet(leaf)) return true;
    if (goesDeeper(node, leaf)) return true;
  }
  return false;
}
