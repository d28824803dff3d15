/**
 * What calls can cost, from the sizes that their arguments can have. Behaviour: apiserver pkg/cel/library/cost.go (EstimateCallCost), cel-go
 * checker/cost.go (functionCost), and the estimators of cel-go ext/{sets,lists}.go.
 */
import type { CelRange } from './cel.ts';
import type { EstimateNode } from './cost-estimate.ts';
import { addRanges, fixed, multiplyRanges, noCost, scaleRange, unbounded, unitCost } from './cost-range.ts';
import { cidrType, formatType, ipType, urlType } from './functions.ts';
import {
  authorizationCheckCost,
  listCreateBaseCost,
  regexStringLengthCostFactor,
  stringTraversalCostFactor,
} from './runtime-cost.ts';
import type { CelType } from './types.ts';

/** The cost of a call without its arguments', and the size of its result where that can be told. */
export interface CallEstimate {
  readonly cost: CelRange;
  readonly size?: CelRange | undefined;
}

interface CallParts {
  readonly overload: string;
  readonly target: EstimateNode | undefined;
  readonly args: readonly EstimateNode[];
  readonly sizeOf: (node: EstimateNode) => CelRange;
}

type Estimator = (call: CallParts) => CallEstimate | undefined;

const maxFormatSize = 64;
const maxNameFormatRegexSize = 128;

/** The estimate of one overload of a function. */
export function estimateCall(
  name: string,
  overload: string,
  target: EstimateNode | undefined,
  args: readonly EstimateNode[],
  sizeOf: (node: EstimateNode) => CelRange,
): CallEstimate {
  const call = { overload, target, args, sizeOf };
  const byOverload = listsAndSets(call);
  return byOverload ?? byFunction.get(name)?.(call) ?? core.get(overload)?.(call) ?? { cost: unitCost };
}

function traversal(size: CelRange, times = 1): CelRange {
  return scaleRange(size, times * stringTraversalCostFactor);
}

function sizeAt({ args, sizeOf }: CallParts, at: number): CelRange {
  return sizeOf(args[at] as EstimateNode);
}

/** The size of what the function is called on; of its first argument where it is called on nothing. */
function subject({ target, args, sizeOf }: CallParts): CelRange {
  return sizeOf(target ?? (args[0] as EstimateNode));
}

const one: Estimator = () => ({ cost: unitCost });
const traversesArgument: Estimator = (call) => ({ cost: traversal(sizeAt(call, 0)) });

function elementNode(list: EstimateNode): EstimateNode | undefined {
  const type = list.type.params[0];
  return type && { path: list.path && [...list.path, '@items'], type, expr: undefined, size: undefined };
}

const comparesElements: Estimator = ({ target, sizeOf }) => {
  if (!target) return undefined;
  const element = elementNode(target);
  if (!element) return { cost: traversal(sizeOf(target)) };
  const isText = element.type.kind === 'string' || element.type.kind === 'bytes';
  const each = isText ? addRanges(unitCost, traversal(sizeOf(element))) : unitCost;
  return { cost: multiplyRanges(sizeOf(target), each) };
};

const keepsSize: Estimator = (call) => {
  const size = subject(call);
  return { cost: traversal(size), size };
};

const replace: Estimator = (call) => {
  const size = subject(call);
  const old = sizeAt(call, 0);
  const by = sizeAt(call, 1);
  const most = replacements(size.max, old.min, by.max <= old.min);
  const fewest = replacements(size.min, old.max, old.max <= by.min);
  const count = { min: fewest.count, max: most.count };
  const result = addRanges(multiplyRanges(count, by), { min: fewest.retained, max: most.retained });
  return { cost: traversal(size, 2), size: result };
};

/** How often a part of `old` characters can be replaced in `size`, and how many of the characters stay. */
function replacements(size: number, old: number, keepsLength: boolean): { count: number; retained: number } {
  if (old === 0) return { count: size < unbounded ? size + 1 : size, retained: size };
  if (keepsLength) return { count: 0, retained: size };
  return { count: Math.ceil(size / old), retained: 0 };
}

const split: Estimator = (call) => {
  const size = subject(call);
  const limit = literalInteger(call.args[1]);
  return {
    cost: traversal(size, 2),
    size: { min: 0, max: limit === undefined ? size.max : limit < 0 ? unbounded : limit },
  };
};

const join: Estimator = (call) => {
  const { target, args, sizeOf } = call;
  if (!target) return undefined;
  const count = sizeOf(target);
  const element = elementNode(target);
  let size = element ? multiplyRanges(count, sizeOf(element)) : noCost;
  if (args.length > 0) {
    const separators = { min: Math.max(count.min - 1, 0), max: Math.max(count.max - 1, 0) };
    size = addRanges(size, multiplyRanges(sizeAt(call, 0), separators));
  }
  return { cost: traversal(size), size };
};

function patternCost(text: CelRange, pattern: CelRange): CelRange {
  return multiplyRanges(traversal(addRanges(text, unitCost)), scaleRange(pattern, regexStringLengthCostFactor));
}

const find: Estimator = (call) => {
  if (!call.target) return undefined;
  const text = subject(call);
  return { cost: patternCost(text, sizeAt(call, 0)), size: { min: 0, max: text.max } };
};

const addressSize: CelRange = { min: 4, max: 16 };

function containsAddress(call: CallParts, isText: boolean): CelRange {
  const cost = traversal(addRanges(addressSize, addressSize));
  return isText ? addRanges(cost, traversal(sizeAt(call, 0))) : cost;
}

const containsIP: Estimator = (call) => ({ cost: containsAddress(call, call.overload === 'cidr_contains_ip_string') });

const containsCIDR: Estimator = (call) => {
  const cost = containsAddress(call, call.overload === 'cidr_contains_cidr_string');
  return { cost: addRanges(cost, addRanges(traversal(addressSize), unitCost)) };
};

const selector: Estimator = (call) => {
  const length = sizeAt(call, 0);
  const requirements = scaleRange(scaleRange(length, 0.5), 50);
  return { cost: addRanges(fixed(listCreateBaseCost), addRanges(traversal(length), requirements)) };
};

const validateFormat: Estimator = (call) => ({
  cost: scaleRange(traversal(sizeAt(call, 0)), maxNameFormatRegexSize * regexStringLengthCostFactor),
});

/** Equality of values of libraries; of others see `core`. */
const equals: Estimator = ({ args }) => {
  const [left, right] = args as [EstimateNode, EstimateNode];
  if (!left.type.equals(right.type)) return undefined;
  const { type } = left;
  if (type.name === ipType.name || type.name === cidrType.name) return { cost: unitCost };
  if (type.kind !== 'object' || !type.name.startsWith('kubernetes.')) return undefined;
  if (type.name === formatType.name) return { cost: traversal({ min: 1, max: maxFormatSize }) };
  if (type.name === urlType.name) return { cost: traversal({ min: 1, max: right.size?.max ?? 1 }) };
  return isLibraryType(type) ? { cost: unitCost } : undefined;
};

function isLibraryType({ name }: CelType): boolean {
  return name === 'kubernetes.Quantity' || name === 'kubernetes.Semver' || name.startsWith('kubernetes.authorization.');
}

function rows(names: readonly string[], estimator: Estimator): [string, Estimator][] {
  return names.map((name) => [name, estimator]);
}

const byFunction = new Map<string, Estimator>([
  ['check', () => ({ cost: fixed(authorizationCheckCost) })],
  ...rows(['serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name'], one),
  ...rows(['allowed', 'reason', 'error', 'errored', 'format.named', 'sign', 'asInteger', 'isInteger'], one),
  ...rows(
    ['asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch'],
    one,
  ),
  ...rows(['getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery'], one),
  ...rows(['masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast'], one),
  ...rows(['isLinkLocalUnicast', 'isGlobalUnicast'], one),
  ...rows(['fieldSelector', 'labelSelector'], selector),
  ...rows(['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'], comparesElements),
  ...rows(['url', 'jsonpatch.escapeKey', 'lowerAscii', 'upperAscii', 'substring', 'trim'], keepsSize),
  ['replace', replace],
  ['split', split],
  ['join', join],
  ...rows(['find', 'findAll'], find),
  ...rows(['cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver'], traversesArgument),
  ['ip', (call) => (call.overload === 'cidr_ip' ? { cost: unitCost } : traversesArgument(call))],
  ['ip.isCanonical', (call) => ({ cost: traversal(sizeAt(call, 0), 2) })],
  ['containsIP', containsIP],
  ['containsCIDR', containsCIDR],
  ['validate', validateFormat],
  ['_==_', equals],
]);

/** The smaller of two values is what a comparison visits. */
const comparesSmaller: Estimator = (call) => {
  const max = Math.min(sizeAt(call, 0).max, sizeAt(call, 1).max);
  return { cost: traversal({ min: max > 0 ? 1 : 0, max }) };
};

const joinsText: Estimator = (call) => {
  const size = addRanges(sizeAt(call, 0), sizeAt(call, 1));
  return { cost: traversal(size), size };
};

const comparisons = ['less', 'less_equals', 'greater', 'greater_equals'].flatMap((name) => [
  `${name}_string`,
  `${name}_bytes`,
]);

const core = new Map<string, Estimator>([
  ['string_format', (call) => ({ cost: traversal(subject(call)) })],
  ['string_to_bytes', (call) => withSize(sizeAt(call, 0), ({ min, max }) => ({ min, max: max * 4 }))],
  ['bytes_to_string', (call) => withSize(sizeAt(call, 0), ({ min, max }) => ({ min: Math.floor(min / 4), max }))],
  ['strings_quote', (call) => withSize(sizeAt(call, 0), ({ min, max }) => ({ min: min + 2, max: max * 2 + 2 }))],
  ...rows(['starts_with_string', 'ends_with_string'], traversesArgument),
  ['in_list', (call) => ({ cost: sizeAt(call, 1) })],
  ['matches_string', (call) => ({ cost: patternCost(subject(call), sizeAt(call, 0)) })],
  ['contains_string', (call) => ({ cost: multiplyRanges(traversal(subject(call)), traversal(sizeAt(call, 0))) })],
  ...rows(['add_string', 'add_bytes'], joinsText),
  ['add_list', (call) => ({ cost: unitCost, size: addRanges(sizeAt(call, 0), sizeAt(call, 1)) })],
  ...rows([...comparisons, 'equals', 'not_equals'], comparesSmaller),
]);

function withSize(size: CelRange, result: (size: CelRange) => CelRange): CallEstimate {
  return { cost: traversal(size), size: result(size) };
}

function literalInteger(node: EstimateNode | undefined): number | undefined {
  const expr = node?.expr;
  return expr?.kind === 'literal' && typeof expr.value === 'bigint' ? Number(expr.value) : undefined;
}

function allocatingList(factor: number, size: CelRange, result = size): CallEstimate {
  return { cost: addRanges(scaleRange(size, factor), fixed(1 + listCreateBaseCost)), size: result };
}

/** A literal that is not negative; `otherwise` for what is no literal. */
function literalCount(node: EstimateNode | undefined, otherwise: number): number {
  const value = literalInteger(node);
  return value === undefined ? otherwise : Math.max(value, 0);
}

const listsAndSets: Estimator = (call) => {
  const { overload, args } = call;
  if (/^list_.+_sort(ByAssociatedKeys)?$/.test(overload)) return sortEstimate(call);
  switch (overload) {
    case 'list_sets_contains_list':
    case 'list_sets_intersects_list':
    case 'list_sets_equivalent_list': {
      const factor = overload === 'list_sets_equivalent_list' ? 2 : 1;
      return { cost: addRanges(scaleRange(multiplyRanges(sizeAt(call, 0), sizeAt(call, 1)), factor), unitCost) };
    }
    case 'list_slice': {
      const end = literalCount(args[1], subject(call).max);
      const length = end - literalCount(args[0], 0);
      return allocatingList(1, fixed(length < 0 ? unbounded : length));
    }
    case 'lists_range':
      return allocatingList(1, fixed(literalCount(args[0], unbounded)));
    case 'list_reverse':
    case 'list_flatten':
      return allocatingList(1, subject(call));
    case 'list_flatten_int':
      return allocatingList(literalCount(args[0], unbounded), subject(call));
    case 'list_distinct':
      return allocatingList(2, multiplyRanges(subject(call), subject(call)));
  }
  return undefined;
};

function sortEstimate(call: CallParts): CallEstimate {
  const size = call.overload.endsWith('_sort') ? subject(call) : sizeAt(call, 0);
  const isText = /^list_(string|bytes)_/.test(call.overload);
  return allocatingList(isText ? 2 + stringTraversalCostFactor : 2, multiplyRanges(size, size));
}
