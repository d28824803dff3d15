// The CEL environments of admission policies and of match conditions, and the field errors of expressions that do not
// compile in them (apiserver pkg/admission/plugin/cel/{compile,composition}.go, pkg/cel/mutation).
import {
  baseEnvironment,
  boolType,
  CelCompileError,
  type CelEnvironment,
  type CelFieldTypes,
  type CelProgram,
  type CelType,
  dynType,
  intType,
  jsonPatchRows,
  libraryTypes,
  listType,
  mapType,
  nullType,
  objectType,
  runtimeTypeName,
  stringType,
  timestampType,
} from './cel/index.ts';
import { type FieldError, internalError, invalid } from './field.ts';

/** Which variables an expression may use. */
export interface PolicyVariables {
  /** `params`, where the policy has a paramKind. */
  readonly params: boolean;
  /** `authorizer` and `authorizer.requestResource`. */
  readonly authorizer: boolean;
  /** The types that mutations construct: `Object`, `Object.spec`, …, `JSONPatch`. */
  readonly patchTypes?: boolean;
  /** What `object` and `oldObject`, and `params`, are where that is known; otherwise they may be anything. */
  readonly typed?: { readonly object: CelType; readonly params?: CelType };
  /** What the policy's own variables evaluate to; absent where it cannot have any. */
  readonly variables?: CelFieldTypes;
}

const textList = listType(stringType);
const textMap = mapType(stringType, stringType);

function fieldsOf(type: CelType, ...names: string[]): CelFieldTypes {
  return Object.fromEntries(names.map((name) => [name, type]));
}

/** BuildRequestType. */
function newRequestType(): CelType {
  const kind = objectType('kubernetes.GroupVersionKind', fieldsOf(stringType, 'group', 'version', 'kind'));
  const resource = objectType('kubernetes.GroupVersionResource', fieldsOf(stringType, 'group', 'version', 'resource'));
  const userInfo = objectType('kubernetes.UserInfo', {
    ...fieldsOf(stringType, 'username', 'uid'),
    groups: textList,
    extra: mapType(stringType, textList),
  });
  return objectType('kubernetes.AdmissionRequest', {
    ...fieldsOf(kind, 'kind', 'requestKind'),
    ...fieldsOf(resource, 'resource', 'requestResource'),
    ...fieldsOf(stringType, 'subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
    userInfo,
    dryRun: boolType,
    options: dynType,
  });
}

/** BuildNamespaceType: what a policy may see of the object's namespace. */
function newNamespaceType(): CelType {
  const condition = objectType('kubernetes.NamespaceCondition', {
    ...fieldsOf(stringType, 'status', 'type', 'message', 'reason'),
    lastTransitionTime: timestampType,
  });
  const metadata = objectType('kubernetes.NamespaceMetadata', {
    ...fieldsOf(stringType, 'name', 'generateName', 'namespace', 'UID', 'resourceVersion'),
    ...fieldsOf(textMap, 'labels', 'annotations'),
    ...fieldsOf(timestampType, 'creationTimestamp', 'deletionTimestamp'),
    ...fieldsOf(intType, 'deletionGracePeriodSeconds', 'generation'),
    finalizers: textList,
  });
  const spec = objectType('kubernetes.NamespaceSpec', { finalizers: textList });
  const status = objectType('kubernetes.NamespaceStatus', { conditions: listType(condition), phase: stringType });
  return objectType('kubernetes.Namespace', { metadata, spec, status });
}

const jsonPatchType = objectType('JSONPatch', { ...fieldsOf(stringType, 'op', 'path', 'from'), value: dynType });

/** DynamicTypeResolver: any name of an object's part is a type, with any fields. */
function resolvePatchType(name: string): CelType | undefined {
  if (name === 'JSONPatch') return jsonPatchType;
  return name === 'Object' || name.startsWith('Object.') ? objectType(name, {}, { openFields: true }) : undefined;
}

/** What mutations of each patch type give. */
export const mutationTypes: Readonly<Record<string, CelType>> = {
  ApplyConfiguration: objectType('Object'),
  JSONPatch: listType(jsonPatchType),
};

/** What each kind of expression may give. */
export const resultTypes = {
  condition: [boolType],
  message: [stringType],
  auditAnnotation: [stringType, nullType],
} as const;

/** Environments by the variables that they have, but those of a policy's own. */
const environments = new Map<string, CelEnvironment>();

/** The environment of a policy's expression (createEnvForOpts). */
export function policyEnvironment({
  params,
  authorizer,
  patchTypes = false,
  typed,
  variables,
}: PolicyVariables): CelEnvironment {
  const key = JSON.stringify([params, authorizer, patchTypes]);
  let environment = environments.get(key);
  if (!environment) {
    environment = newEnvironment(params, authorizer, patchTypes);
    environments.set(key, environment);
  }
  if (typed) {
    const { object, params: paramsType } = typed;
    const known: Record<string, CelType> = params && paramsType ? { params: paramsType } : {};
    environment = environment.extend({ variables: { object, oldObject: object, ...known } });
  }
  if (!variables) return environment;
  return environment.extend({ variables: { variables: objectType('kubernetes.variables', variables) } });
}

function newEnvironment(params: boolean, authorizer: boolean, patchTypes: boolean): CelEnvironment {
  const environment = baseEnvironment().extend({
    variables: {
      object: dynType,
      oldObject: dynType,
      namespaceObject: newNamespaceType(),
      request: newRequestType(),
      ...(params ? { params: dynType } : {}),
      ...(authorizer ? authorizerVariables() : {}),
    },
  });
  return patchTypes ? environment.extend({ resolveType: resolvePatchType, functions: jsonPatchRows() }) : environment;
}

function authorizerVariables(): Record<string, CelType> {
  const types = libraryTypes();
  return {
    authorizer: types.get('kubernetes.authorization.Authorizer') as CelType,
    'authorizer.requestResource': types.get('kubernetes.authorization.ResourceCheck') as CelType,
  };
}

/** Compiles an expression and checks what it gives; `expected` empty means anything. Field errors name `shown`. */
export function compileExpression(
  environment: CelEnvironment,
  expression: string,
  expected: readonly CelType[],
  field: string,
  shown = expression,
): { program?: CelProgram; errors: FieldError[] } {
  const program = environment.compile(expression);
  if (program instanceof CelCompileError) {
    const isInvalid = program.stage === 'expression';
    const error = isInvalid
      ? invalid(field, shown, `compilation failed: ${program.message}`)
      : internalError(field, `program instantiation failed: ${program.message}`);
    return { errors: [error] };
  }
  if (expected.length === 0 || expected.some((type) => type.equals(program.outputType))) return { program, errors: [] };
  const [first] = expected as [CelType];
  const wanted = expected.length === 1 ? runtimeTypeName(first) : `one of [${expected.map(runtimeTypeName).join(' ')}]`;
  const detail = `must evaluate to ${wanted} but got ${runtimeTypeName(program.outputType)}`;
  return { errors: [invalid(field, shown, detail)] };
}

/** The type that later expressions see of a variable: scalars, lists and maps as they are, the rest as dyn. */
function variableType(type: CelType | undefined): CelType {
  if (!type) return dynType;
  if (type.kind === 'list') return listType(variableType(type.params[0]));
  if (type.kind === 'map') return mapType(variableType(type.params[0]), variableType(type.params[1]));
  return ['object', 'opaque', 'type', 'param', 'error'].includes(type.kind) ? dynType : type;
}

/** A policy's variables, each compiled with those before it. */
export class VariableTypes {
  readonly types: Record<string, CelType> = {};
  /** One for all of them: it sees `types` as they are when an expression is compiled. */
  readonly #environment: CelEnvironment;

  constructor(params: boolean, typed?: PolicyVariables['typed']) {
    this.#environment = policyEnvironment({
      ...{ params, authorizer: true, variables: this.types },
      ...(typed ? { typed } : {}),
    });
  }

  /** Compiles one more; the errors of its expression. */
  add({ name = '', expression = '' }: { name?: string; expression?: string }, field: string): FieldError[] {
    const { program, errors } = compileExpression(this.#environment, expression, [], field);
    this.types[name] = variableType(program?.outputType);
    return errors;
  }
}
