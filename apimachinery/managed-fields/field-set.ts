// A set of fields, in the very form of fieldsV1: a tree of path elements, so that reading and writing it is JSON.parse and
// JSON.stringify (sigs.k8s.io/structured-merge-diff fieldpath set.go, serialize.go).
//
// A node without entries is a member of the set. A node with entries is one where `.` is among them; without it, only fields below
// are. The root is never a member, and an empty root is the empty set. Sets are never changed once made: functions share parts.
import type { Json } from '../object.ts';
import type { MergeType } from './merge-type.ts';
import { comparePathElements, FieldSetError, fieldElement, parsePathElement } from './path-element.ts';

export interface FieldSet {
  [element: string]: FieldSet;
}

/** The set without fields, and the node that is a member and has nothing below. */
export const emptySet: FieldSet = Object.freeze({});

/** Marks a node with entries as a member. */
export const self = '.';

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether a node other than the root is a member. */
export function isMember(node: FieldSet): boolean {
  return node[self] !== undefined || isEmptySet(node);
}

/** The set with only this path in it. */
export function pathSet(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), emptySet);
}

/** The set of fields reached by names: `['status', 'metadata.labels']`. */
export function namedFields(paths: readonly string[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => union(set, pathSet(path.split('.').map(fieldElement))), emptySet);
}

/** The node that stands for what is gathered below it; undefined where that is nothing. */
export function nodeOf(member: boolean, below: FieldSet | undefined): FieldSet | undefined {
  if (below === undefined || isEmptySet(below)) return member ? emptySet : undefined;
  return member ? { [self]: emptySet, ...below } : below;
}

/** What is in `a`, in `b` or in both. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const all: FieldSet = { ...a };
  for (const element in b) {
    const [left, right] = [a[element], b[element]!];
    all[element] = left === undefined || element === self ? right : unionNodes(left, right);
  }
  return all;
}

/** The union of them all, made in pairs: one after another would copy what is gathered so far with each. */
export function unionOf(sets: readonly FieldSet[]): FieldSet {
  let left = sets;
  while (left.length > 1) left = left.flatMap((set, i) => (i % 2 === 1 ? [] : [union(set, left[i + 1] ?? emptySet)]));
  return left[0] ?? emptySet;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(a)) return b[self] === undefined && !isEmptySet(b) ? { [self]: emptySet, ...b } : b;
  if (isEmptySet(b)) return a[self] === undefined ? { [self]: emptySet, ...a } : a;
  return union(a, b);
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const both: FieldSet = {};
  for (const element in a) {
    const [left, right] = [a[element]!, b[element]];
    if (right === undefined || element === self) continue;
    const node = nodeOf(isMember(left) && isMember(right), intersection(left, right));
    if (node !== undefined) both[element] = node;
  }
  return both;
}

/** What is in `a` and not in `b`. Fields below one that is in `b` stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  const rest: FieldSet = {};
  for (const element in a) {
    if (element === self) continue;
    const [left, right] = [a[element]!, b[element]];
    const node =
      right === undefined ? left : nodeOf(isMember(left) && !isMember(right), difference(withoutSelf(left), right));
    if (node !== undefined) rest[element] = node;
  }
  return rest;
}

/** Whether all that is in `b` is in `a`. */
export function includes(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  for (const element in b) {
    if (element === self) continue;
    const [left, right] = [a[element], b[element]!];
    if (left === undefined || (isMember(right) && !isMember(left)) || !includes(left, right)) return false;
  }
  return true;
}

/** What is in `a`, and neither in `b` nor below a field that is. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  const rest: FieldSet = {};
  for (const element in a) {
    if (element === self) continue;
    const [left, right] = [a[element]!, b[element]];
    if (right === undefined) rest[element] = left;
    else if (!isMember(right)) {
      const node = nodeOf(isMember(left), recursiveDifference(withoutSelf(left), right));
      if (node !== undefined) rest[element] = node;
    }
  }
  return rest;
}

function withoutSelf(node: FieldSet): FieldSet {
  if (node[self] === undefined) return node;
  const { [self]: _, ...below } = node;
  return below;
}

/** The part of `set` that `pattern` takes in: a path, in which `*` stands for any element, and all below it. */
export function including(set: FieldSet, patterns: readonly (readonly string[])[]): FieldSet {
  if (patterns.some((pattern) => pattern.length === 0)) return set;
  const kept: FieldSet = {};
  for (const element in set) {
    if (element === self) continue;
    const further = patterns.filter(([first]) => first === '*' || first === element).map((pattern) => pattern.slice(1));
    if (further.length === 0) continue;
    const node = set[element]!;
    const below = nodeOf(isMember(node), including(withoutSelf(node), further));
    if (below !== undefined) kept[element] = below;
  }
  return kept;
}

export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.[element];
  return path.length > 0 && node !== undefined && isMember(node);
}

/** Calls `visit` with each path of the set, in order: of one node first its members, then what is below. The path is reused. */
export function forEachPath(set: FieldSet, visit: (path: readonly string[]) => void, path: string[] = []): void {
  const elements = Object.keys(set).filter((element) => element !== self);
  for (const element of elements) {
    if (!isMember(set[element]!)) continue;
    path.push(element);
    visit(path);
    path.pop();
  }
  for (const element of elements) {
    path.push(element);
    forEachPath(set[element]!, visit, path);
    path.pop();
  }
}

/** `set`, and with each field also the named fields (of structs) on the way to it. `type` is what the set is of. */
export function withNamedFields(set: FieldSet, type: MergeType | undefined): FieldSet {
  const all: FieldSet = {};
  for (const element in set) {
    if (element === self) continue;
    const node = set[element]!;
    const named = element[0] === 'f' && type?.map?.fields.has(element.slice(2)) === true;
    const below = withNamedFields(node, typeBelow(type, element));
    all[element] = nodeOf(isMember(node) || named, below) ?? below;
  }
  return all;
}

/** The type of what `element` leads to; undefined where the schema has none. */
export function typeBelow(type: MergeType | undefined, element: string): MergeType | undefined {
  if (element[0] === 'f') return type?.map?.fields.get(element.slice(2))?.type ?? type?.map?.element;
  return type?.list?.element;
}

/** `set` with the elements of each node in the order in which upstream writes them; itself where they are. */
export function inOrder(set: FieldSet): FieldSet {
  return isInOrder(set) ? set : sorted(set);
}

function isInOrder(set: FieldSet): boolean {
  let last: string | undefined;
  for (const element in set) {
    if (last !== undefined && compareWritten(last, element) > 0) return false;
    if (!isInOrder(set[element]!)) return false;
    last = element;
  }
  return true;
}

function sorted(set: FieldSet): FieldSet {
  const ordered: FieldSet = {};
  for (const element of Object.keys(set).sort(compareWritten)) ordered[element] = sorted(set[element]!);
  return ordered;
}

function compareWritten(a: string, b: string): number {
  if (a === self) return b === self ? 0 : -1;
  return b === self ? 1 : comparePathElements(a, b);
}

/** fieldsV1 from outside as a set: elements in canonical form, unknown kinds of elements left out. Throws FieldSetError. */
export function parseFieldSet(fields: Json | undefined): FieldSet {
  return parseNode(fields ?? {}).below;
}

function parseNode(fields: Json): { member: boolean; below: FieldSet } {
  if (fields === null) return { member: true, below: emptySet };
  if (typeof fields !== 'object' || Array.isArray(fields)) throw new FieldSetError('ReadMapCB: expect { or n');
  let member = false;
  const below: FieldSet = {};
  for (const key of Object.keys(fields)) {
    if (key === self) {
      member = true;
      continue;
    }
    const element = parsePathElement(key);
    if (element === undefined) continue;
    const child = parseNode(fields[key]!);
    const node = nodeOf(child.member, child.below) ?? emptySet;
    const known = below[element];
    below[element] = known === undefined ? node : unionNodes(known, node);
  }
  return { member: member || isEmptySet(below), below };
}
