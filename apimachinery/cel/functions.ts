/**
 * Declarations of functions: names, overloads, what they take and give, and their code. Libraries are tables of these. Behaviour: cel-go
 * common/decls.
 */
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  objectType,
  opaqueType,
  optionalType,
  paramType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts';
import type { CelValue } from './values.ts';

/** The code of an overload. Throws EvaluationFault. */
// biome-ignore lint/suspicious/noExplicitAny: the declared types say what each overload gets
export type Implementation = (...args: any[]) => CelValue;

/** One way to call a function. */
export interface Overload {
  readonly id: string;
  readonly function: string;
  /** Called on its first argument. */
  readonly isMember: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly hasTypeParams: boolean;
  readonly implementation: Implementation;
}

/** Overloads by function name, in order of declaration. */
export type FunctionTable = ReadonlyMap<string, readonly Overload[]>;

/** A row of a library: function, overload, signature (`string.(string, int) list(string)`), code. */
export type OverloadRow = readonly [name: string, id: string, signature: string, implementation: Implementation];

export const quantityType = objectType('kubernetes.Quantity');
export const urlType = objectType('kubernetes.URL');
export const semverType = objectType('kubernetes.Semver');
export const formatType = objectType('kubernetes.NamedFormat');
export const ipType = opaqueType('net.IP');
export const cidrType = opaqueType('net.CIDR');
export const authorizerType = objectType('kubernetes.authorization.Authorizer');
export const pathCheckType = objectType('kubernetes.authorization.PathCheck');
export const groupCheckType = objectType('kubernetes.authorization.GroupCheck');
export const resourceCheckType = objectType('kubernetes.authorization.ResourceCheck');
export const decisionType = objectType('kubernetes.authorization.Decision');

const namedTypes: Readonly<Record<string, CelType>> = {
  ...{ bool: boolType, int: intType, uint: uintType, double: doubleType, string: stringType, bytes: bytesType },
  ...{ null: nullType, dyn: dynType, timestamp: timestampType, duration: durationType },
  ...{ Quantity: quantityType, URL: urlType, Semver: semverType, Format: formatType, IP: ipType, CIDR: cidrType },
  ...{ Authorizer: authorizerType, PathCheck: pathCheckType, GroupCheck: groupCheckType },
  ...{ ResourceCheck: resourceCheckType, Decision: decisionType },
};

/** The types of libraries by their full names. */
export function libraryTypes(): ReadonlyMap<string, CelType> {
  return typesByFullName;
}

const typesByFullName: ReadonlyMap<string, CelType> = new Map(
  Object.values(namedTypes)
    .filter(({ name }) => name.includes('.'))
    .map((type) => [type.name, type]),
);

const typeConstructors: Readonly<Record<string, (params: CelType[]) => CelType>> = {
  list: ([element]) => listType(element as CelType),
  map: ([key, value]) => mapType(key as CelType, value as CelType),
  optional: ([type]) => optionalType(type as CelType),
  type: ([type]) => typeType(type),
};

function parseTypes(text: string): CelType[] {
  const types: CelType[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (at === text.length || (text[at] === ',' && depth === 0)) {
      const part = text.slice(start, at).trim();
      if (part) types.push(parseType(part));
      start = at + 1;
    }
  }
  return types;
}

function parseType(text: string): CelType {
  const open = text.indexOf('(');
  const name = open < 0 ? text : text.slice(0, open);
  if (open >= 0) {
    const construct = typeConstructors[name];
    if (construct) return construct(parseTypes(text.slice(open + 1, -1)));
  }
  const type = namedTypes[name] ?? (/^[A-Z]$/.test(name) ? paramType(name) : undefined);
  if (!type) throw new Error(`no such type in a signature: ${text}`);
  return type;
}

function parseRow([name, id, signature, implementation]: OverloadRow): Overload {
  const dot = signature.indexOf('.(');
  const open = dot < 0 ? 0 : dot + 1;
  const close = closingParenthesis(signature, open);
  if (signature[open] !== '(' || close < 0) throw new Error(`not a signature: ${signature}`);
  const params = parseTypes(signature.slice(open + 1, close));
  if (dot >= 0) params.unshift(parseType(signature.slice(0, dot)));
  const result = parseType(signature.slice(close + 1).trim());
  const hasTypeParams = /\b[A-Z]\b/.test(signature);
  return { id, function: name, isMember: dot >= 0, params, result, hasTypeParams, implementation };
}

function closingParenthesis(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return -1;
}

/** The table that rows declare. Throws for a row that is no declaration. */
export function functionTable(rows: Iterable<OverloadRow>): FunctionTable {
  const table = new Map<string, Overload[]>();
  for (const row of rows) {
    const overloads = table.get(row[0]);
    if (overloads) overloads.push(parseRow(row));
    else table.set(row[0], [parseRow(row)]);
  }
  return table;
}
