/**
 * What the rest of the project uses of CEL. See `cel.ts` for the interface.
 */
export * from './cel.ts';
export { baseEnvironment } from './environment.ts';
export { EvaluationFault, limitCompilation, maxCompilation } from './errors.ts';
export { escapeFieldName, unescapeFieldName } from './escaping.ts';
export { libraryTypes, type OverloadRow } from './functions.ts';
export { bindJson, celToJson } from './json.ts';
export {
  type AuthorizationDecision,
  type AuthorizationQuery,
  type Authorize,
  newAuthorizer,
  newResourceCheck,
} from './library/authorizers.ts';
export { jsonPatchRows } from './library/index.ts';
export * from './types.ts';
export {
  CelDuration,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
  StructValue,
} from './values.ts';
