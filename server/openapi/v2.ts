// The OpenAPI v2 document: all paths and definitions in one.
import type { OpenAPIV2 } from 'openapi-types';
import type { Definition } from '../../schemas/schemas.ts';
import { customDefinitions } from './custom-definitions.ts';
import { definitionSchema, type OperationExtensions, reachableDefinitions, refTo, type Schema } from './definitions.ts';
import {
  byName,
  codeWords,
  consumedTypes,
  type DocumentPlan,
  definitionsOfPaths,
  sameParameter,
  sharedParameters,
} from './documents.ts';
import type { Media, Operation, Path } from './operations.ts';
import type { Parameter } from './parameters.ts';
import { apiInfo, securityScheme } from './v3.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const objectTypes: readonly string[] = ['application/json', 'application/yaml', protobuf];

/** What answers are written in. */
const produced: Readonly<Record<Media, readonly string[]>> = {
  custom: ['application/json', 'application/yaml'],
  object: objectTypes,
  watchable: [...objectTypes, 'application/json;stream=watch', `${protobuf};stream=watch`],
  text: ['text/plain', ...objectTypes],
  any: ['*/*'],
  json: ['application/json'],
  keys: ['application/jwk-set+json'],
  'plain-json': ['application/json'],
};

type PathItem = OpenAPIV2.PathItemObject<OperationExtensions>;
type ParameterOrReference = OpenAPIV2.Parameters[number];

/** Writes the document of all plans. */
export function openApiV2(plans: readonly DocumentPlan[]): OpenAPIV2.Document<OperationExtensions> {
  const paths = plans.flatMap((plan) => plan.paths()).sort((a, b) => (a.path < b.path ? -1 : 1));
  const custom = plans.flatMap(({ resources }) => resources.flatMap((resource) => customDefinitions(resource, 'v2')));
  const definitions = reachableDefinitions(definitionsOfPaths(paths));
  const shared = new SharedParameters();
  const items = paths.map((path) => [path.path, pathItem(path, shared)] as const);
  const options = { dialect: 'v2', kinds: (definition: Definition) => definition.kinds } as const;
  return {
    swagger: '2.0',
    info: apiInfo,
    paths: Object.fromEntries(items),
    // openapi-types wants a type of every list's elements, which a reference in v3's form of it need not have.
    definitions: Object.fromEntries(
      [...definitions.map((d): [string, Schema] => [d.name, definitionSchema(d, options)]), ...custom].sort(
        ([a], [b]) => (a < b ? -1 : 1),
      ),
    ) as OpenAPIV2.DefinitionsObject,
    parameters: shared.all(),
    securityDefinitions: { BearerToken: securityScheme },
    security: [{ BearerToken: [] }],
  };
}

/** Parameters that many operations have stand in the document once, under upstream's names. */
class SharedParameters {
  readonly #byName = new Map<string, OpenAPIV2.Parameter>();

  /** A reference to `parameter`, or the parameter itself where it stands in each operation. */
  refer(parameter: OpenAPIV2.Parameter, sharedAs: string | undefined): ParameterOrReference {
    if (sharedAs === undefined) return parameter;
    const name = `${parameter.name}-${sharedAs}`;
    this.#byName.set(name, parameter);
    return { $ref: `#/parameters/${name}` };
  }

  all(): OpenAPIV2.ParametersDefinitionsObject {
    return Object.fromEntries([...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function pathItem(path: Path, shared: SharedParameters): PathItem {
  const common = [...sharedParameters(path)];
  const item: PathItem = {};
  for (const operation of path.operations) item[operation.method] = operationObject(operation, common, shared);
  if (common.length > 0) item.parameters = common.map((p) => shared.refer(parameterObject(p), p.sharedAs));
  return item;
}

function parameterObject(parameter: Parameter): OpenAPIV2.GeneralParameterObject {
  return {
    uniqueItems: true,
    type: parameter.type,
    description: parameter.description,
    name: parameter.name,
    in: parameter.in,
    ...(parameter.in === 'path' ? { required: true } : {}),
  };
}

function operationObject(
  operation: Operation,
  common: readonly Parameter[],
  shared: SharedParameters,
): OpenAPIV2.OperationObject<OperationExtensions> {
  const { body } = operation;
  const own = byName(operation.parameters).filter((p) => !common.some((c) => sameParameter(c, p)));
  const parameters = [
    ...(body ? [bodyParameter(body, shared)] : []),
    ...own.map((parameter) => shared.refer(parameterObject(parameter), parameter.sharedAs)),
  ];
  const consumes = consumedBy(operation);
  return {
    description: operation.description,
    ...(consumes ? { consumes: [...consumes] } : {}),
    produces: [...produced[operation.media]],
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.operationId,
    ...(parameters.length > 0 ? { parameters } : {}),
    responses: responses(operation),
    ...(operation.action ? { 'x-kubernetes-action': operation.action } : {}),
    ...(operation.kind && operation.action ? { 'x-kubernetes-group-version-kind': operation.kind } : {}),
  };
}

function bodyParameter(body: NonNullable<Operation['body']>, shared: SharedParameters): ParameterOrReference {
  const parameter: OpenAPIV2.InBodyParameterObject = {
    name: 'body',
    in: 'body',
    ...(body.required ? { required: true } : {}),
    schema: refTo(body.definition, 'v2'),
  };
  return shared.refer(parameter, body.sharedAs);
}

function consumedBy(operation: Operation): readonly string[] | undefined {
  if (operation.action !== undefined) return consumedTypes(operation, ['*/*']);
  if (operation.media === 'object') return objectTypes;
  return operation.media === 'plain-json' ? ['application/json'] : undefined;
}

function responses(operation: Operation): OpenAPIV2.ResponsesObject {
  const schema: OpenAPIV2.Schema = operation.answer === undefined ? { type: 'string' } : refTo(operation.answer, 'v2');
  const answers = [200, ...operation.moreCodes].map(
    (code) => [code, { description: codeWords[code]!, schema }] as const,
  );
  return { ...Object.fromEntries(answers), 401: { description: codeWords[401]! } };
}
