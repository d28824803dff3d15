/**
 * What calls cost when they run. Behaviour: cel-go interpreter/runtimecost.go, apiserver pkg/cel/library/cost.go (CallCost), and the
 * trackers of cel-go ext/{sets,lists}.go.
 */
import { actualSize, CelList, CelMap, CelOpaque, type CelValue } from './values.ts';

export const selectAndIdentCost = 1;
export const listCreateBaseCost = 10;
export const mapCreateBaseCost = 30;
export const structCreateBaseCost = 40;
export const stringTraversalCostFactor = 0.1;
export const regexStringLengthCostFactor = 0.25;
/** Two authorization checks fit into one evaluation. */
export const authorizationCheckCost = 350_000;
const costPerRequirement = listCreateBaseCost + structCreateBaseCost;

/** Prices a call that was made. */
export type CallCost = (args: readonly CelValue[], result: CelValue) => number;

/** The price of traversing strings of `size` characters in all. */
function traversal(size: number): number {
  return Math.ceil(size * stringTraversalCostFactor);
}

function argument(args: readonly CelValue[], at: number): CelValue {
  return args[at] as CelValue;
}

function regexCost(args: readonly CelValue[]): number {
  const pattern = Math.ceil(actualSize(argument(args, 1)) * regexStringLengthCostFactor);
  return traversal(1 + actualSize(argument(args, 0))) * pattern;
}

/** The price of a selector: parsing, and a requirement for every two characters. */
export function selectorCost(length: number): number {
  return listCreateBaseCost + traversal(length) + Math.ceil(Math.ceil(length * 0.5) * costPerRequirement);
}

/** What visiting every element and character costs. */
function deepTraversal(value: CelValue): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * stringTraversalCostFactor);
  if (value instanceof Uint8Array) return Math.floor(value.length * stringTraversalCostFactor);
  if (value instanceof CelList) {
    let cost = 0;
    for (let at = 0; at < value.size; at++) cost += deepTraversal(value.at(at));
    return cost;
  }
  if (value instanceof CelMap) {
    return value
      .keys()
      .reduce((sum: number, key) => sum + deepTraversal(key) + deepTraversal(value.find(key) as CelValue), 0);
  }
  return 1;
}

const traversesFirst: CallCost = (args) => traversal(actualSize(argument(args, 0)));
const traversesFirstTwice: CallCost = (args) => traversal(actualSize(argument(args, 0)) * 2);

function containsIpCost(args: readonly CelValue[], isText: boolean): number {
  const cost = traversal(actualSize(argument(args, 0)) * 2);
  return isText ? cost + traversal(actualSize(argument(args, 1))) : cost;
}

function containsCidrCost(args: readonly CelValue[], isText: boolean): number {
  return containsIpCost(args, isText) + traversal(actualSize(argument(args, 0))) + 1;
}

function allocatingListCost(factor: number, size: number): number {
  return Math.floor(size * factor) + 1 + listCreateBaseCost;
}

function selfCompareCost(list: CelValue): number {
  const size = actualSize(list);
  if (!(list instanceof CelList) || size === 0) return allocatingListCost(2, 0);
  const first = list.at(0);
  const isText = typeof first === 'string' || first instanceof Uint8Array;
  return allocatingListCost(isText ? 2 + stringTraversalCostFactor : 2, size * size);
}

const setsCost =
  (factor: number): CallCost =>
  (args) =>
    1 + Math.floor(actualSize(argument(args, 0)) * actualSize(argument(args, 1)) * factor);

const comparesSmaller: CallCost = (args) =>
  traversal(Math.min(actualSize(argument(args, 0)), actualSize(argument(args, 1))));

const equalsCost: CallCost = (args, result) => (args[0] instanceof CelOpaque ? 1 : comparesSmaller(args, result));

const one: CallCost = () => 1;

/** By function, whatever the overload. */
const byFunction = new Map<string, CallCost>([
  ['check', () => authorizationCheckCost],
  ...[
    'serviceAccount',
    'path',
    'group',
    'resource',
    'subresource',
    'namespace',
    'name',
    'allowed',
    'reason',
    'error',
    'errored',
  ].map((name): [string, CallCost] => [name, one]),
  ['fieldSelector', (args) => selectorCost(actualSize(argument(args, 1)))],
  ['labelSelector', (args) => selectorCost(actualSize(argument(args, 1)))],
  ...['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'].map((name): [string, CallCost] => [
    name,
    (args) => deepTraversal(argument(args, 0)),
  ]),
  ...['url', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'jsonpatch.escapeKey', 'cidr', 'isIP', 'isCIDR'].map(
    (name): [string, CallCost] => [name, traversesFirst],
  ),
  ...['quantity', 'isQuantity', 'semver', 'isSemver', 'ip'].map((name): [string, CallCost] => [name, traversesFirst]),
  ...['replace', 'split', 'ip.isCanonical'].map((name): [string, CallCost] => [name, traversesFirstTwice]),
  ['join', (_args, result) => traversal(actualSize(result) * 2)],
  ['find', regexCost],
  ['findAll', regexCost],
  ['_==_', equalsCost],
  [
    'validate',
    ([format, text]) => {
      const { maxRegexSize } = format as CelValue & { maxRegexSize: number };
      return traversal(1 + actualSize(text as CelValue)) * Math.ceil(maxRegexSize * regexStringLengthCostFactor);
    },
  ],
]);

/** By overload. Those of libraries come before what `byFunction` says, those of cel-go itself after it. */
const byOverload = new Map<string, CallCost>([
  ['cidr_ip', one],
  ['cidr_contains_ip_string', (args) => containsIpCost(args, true)],
  ['cidr_contains_ip_ip', (args) => containsIpCost(args, false)],
  ['cidr_contains_cidr_string', (args) => containsCidrCost(args, true)],
  ['cidr_contains_cidr', (args) => containsCidrCost(args, false)],
  ['list_sets_contains_list', setsCost(1)],
  ['list_sets_intersects_list', setsCost(1)],
  ['list_sets_equivalent_list', setsCost(2)],
  ...['list_slice', 'lists_range', 'list_reverse'].map((id): [string, CallCost] => [
    id,
    (_args, result) => allocatingListCost(1, actualSize(result)),
  ]),
  ['list_flatten', (args) => allocatingListCost(1, actualSize(argument(args, 0)))],
  ['list_flatten_int', (args) => allocatingListCost(Number(args[1]), actualSize(argument(args, 0)))],
  ['list_distinct', (args) => selfCompareCost(argument(args, 0))],
  ...[
    'starts_with_string',
    'ends_with_string',
    'string_to_bytes',
    'bytes_to_string',
    'strings_quote',
    'string_format',
  ].map((id): [string, CallCost] => [id, traversesFirst]),
  ['in_list', (args) => actualSize(argument(args, 1))],
  ...['less', 'less_equals', 'greater', 'greater_equals'].flatMap((name): [string, CallCost][] => [
    [`${name}_string`, comparesSmaller],
    [`${name}_bytes`, comparesSmaller],
  ]),
  ['not_equals', comparesSmaller],
  ['add_string', (args) => traversal(actualSize(argument(args, 0)) + actualSize(argument(args, 1)))],
  ['add_bytes', (args) => traversal(actualSize(argument(args, 0)) + actualSize(argument(args, 1)))],
  ['matches_string', regexCost],
  ['contains_string', (args) => traversal(actualSize(argument(args, 0))) * traversal(actualSize(argument(args, 1)))],
]);

/** How calls of a function are priced; `overload` is empty where only the values decide which one it is. Undefined means 1. */
export function callCost(name: string, overload: string): CallCost | undefined {
  if (/^list_\w+_sort$/.test(overload)) return (args) => selfCompareCost(argument(args, 0));
  if (/^list_\w+_sortByAssociatedKeys$/.test(overload)) return (args) => selfCompareCost(argument(args, 1));
  return byOverload.get(overload) ?? byFunction.get(name);
}
