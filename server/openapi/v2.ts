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

const objectTypes: readonly string[] = ['application/json', 'application/yaml'];

/** What answers are written in; upstream also has protobuf. */
const produced: Readonly<Record<Media, readonly string[]>> = {
  custom: objectTypes,
  object: objectTypes,
  watchable: [...objectTypes, 'application/json;stream=watch'],
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

/** Parameters that many operations have stand in the document once. */
class SharedParameters {
  readonly #byKey = new Map<string, { name: string; parameter: OpenAPIV2.Parameter }>();
  readonly #used = new Map<string, number>();

  /** A reference to `parameter`; names of objects differ by kind and are written in place. */
  refer(parameter: OpenAPIV2.Parameter): ParameterOrReference {
    if (parameter.name === 'name') return parameter;
    const key = JSON.stringify(parameter);
    let known = this.#byKey.get(key);
    if (known === undefined) {
      const { name } = parameter;
      const count = (this.#used.get(name) ?? 0) + 1;
      this.#used.set(name, count);
      known = { name: count === 1 ? name : `${name}-${count}`, parameter };
      this.#byKey.set(key, known);
    }
    return { $ref: `#/parameters/${known.name}` };
  }

  all(): OpenAPIV2.ParametersDefinitionsObject {
    const sorted = byName([...this.#byKey.values()]);
    return Object.fromEntries(sorted.map(({ name, parameter }) => [name, parameter]));
  }
}

function pathItem(path: Path, shared: SharedParameters): PathItem {
  const common = [...sharedParameters(path)];
  const item: PathItem = {};
  for (const operation of path.operations) item[operation.method] = operationObject(operation, common, shared);
  if (common.length > 0) item.parameters = common.map((p) => shared.refer(parameterObject(p)));
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
    ...own.map((parameter) => shared.refer(parameterObject(parameter))),
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
  // Only those that nearly every resource has are worth sharing.
  return body.patch || !body.required ? shared.refer(parameter) : parameter;
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
