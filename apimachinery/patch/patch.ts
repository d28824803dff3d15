// A PATCH request's body applied to the object as it stands, as upstream's handler does it
// (apiserver/pkg/endpoints/handlers/patch.go): read the patch, apply it, read the outcome as its kind again.
import { isUtf8 } from 'node:buffer';
import { definitionOf, typeOf } from '../../schemas/schemas.ts';
import { checkStructure, type Decoded, type FieldValidation, receivedObject } from '../decode/decode.ts';
import { JsonSyntaxError, maxDepth, parseTree, repeatedKeys } from '../decode/json-tree.ts';
import { mismatch } from '../decode/kind.ts';
import { countKeys, textFacts } from '../decode/text.ts';
import { anySchema, readUnstructured, type UnstructuredSchema } from '../decode/unstructured.ts';
import type { Findings } from '../decode/walker.ts';
import { invalid, newInvalid } from '../field.ts';
import {
  apiVersionOf,
  type GroupVersionKind,
  type Json,
  type JsonObject,
  type KubeObject,
  parseApiVersion,
} from '../object.ts';
import { newBadRequest, newUnsupportedMediaType } from '../status.ts';
import { conversionError } from './from-unstructured.ts';
import { goKind, jsonPatch } from './json-patch.ts';
import { isObject } from './json-values.ts';
import { mergePatch } from './merge-patch.ts';
import { goPrint } from './strategic-lists.ts';
import { strategicMergePatch } from './strategic-merge.ts';

/** The patches of this folder by media type; server-side apply is not one of them. */
export const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;

export type PatchType = (typeof patchTypes)[number];

export interface PatchRequest {
  type: PatchType;
  body: Buffer;
  /** The object as it stands, in the version that the request speaks. It is not changed. */
  current: KubeObject;
  kind: GroupVersionKind;
  fieldValidation: FieldValidation;
  /** Of a custom resource; without it, everything is kept. */
  schema?: UnstructuredSchema | undefined;
}

/** A patch that has been read. */
interface ReadPatch {
  patch: Json;
  /** Repeated and, in JSON patches, unknown fields of the patch itself. */
  strictErrors: string[];
}

/**
 * Applies a patch. The outcome is in the form in which Go would write it (see receivedObject), but without defaults. Throws
 * StatusError: 400 for a patch that cannot be read, 413 for too many operations, 422 for one that does not apply or whose
 * outcome is not of its kind, 415 for a strategic patch of a kind without a schema.
 */
export function applyPatch(request: PatchRequest): Decoded {
  const { kind, current } = request;
  const { patch, strictErrors } = readPatch(request);
  const patched = applyRead(request.type, current as JsonObject, patch, kind);
  const shown = request.type === 'application/strategic-merge-patch+json' ? goPrint(patch) : undefined;
  const refuse = (message: string): Error =>
    newInvalid({ group: '', kind: '' }, '', [invalid('patch', shown ?? JSON.stringify(patched), message)]);
  if (definitionOf(kind) === undefined) return applyToUnstructured(request, patched, strictErrors);
  const findings = examine(request, patched);
  if (findings.error !== undefined) throw refuse(findings.error);
  const strict = request.fieldValidation === 'Ignore' ? [] : [...strictErrors, ...findings.strictErrors];
  if (strict.length > 0 && request.fieldValidation === 'Strict') {
    throw refuse(`strict decoding error: ${strict.join(', ')}`);
  }
  checkSameKind(patched, kind, refuse);
  return { object: receivedObject(patched, kind), warnings: strict };
}

/** The outcome for a custom resource. What kind it has become is for its validation to say. */
function applyToUnstructured(request: PatchRequest, patched: JsonObject, strictErrors: readonly string[]): Decoded {
  const { kind, schema = anySchema, fieldValidation } = request;
  // Reading takes out what is unknown; errors show what was there.
  const shown = fieldValidation === 'Strict' ? JSON.stringify(patched) : undefined;
  const refuse = (message: string): Error =>
    newInvalid({ group: '', kind: '' }, '', [invalid('patch', shown ?? JSON.stringify(patched), message)]);
  const said = {
    ...parseApiVersion(String(patched['apiVersion'] ?? '') || apiVersionOf(kind.group, kind.version)),
    kind: String(patched['kind'] ?? '') || kind.kind,
  };
  const { object, error, strictErrors: unknown } = readUnstructured(patched, said, schema);
  if (error !== undefined) throw refuse(error);
  const strict = fieldValidation === 'Ignore' ? [] : [...strictErrors, ...unknown];
  if (strict.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${strict.join(', ')}`);
  return { object, warnings: strict };
}

/** The outcome of a strategic patch is judged by another part of upstream, which has words of its own and sorts what is unknown. */
function examine({ type, kind }: PatchRequest, patched: JsonObject): Findings {
  const findings = checkStructure(patched, kind);
  const definition = definitionOf(kind);
  if (type !== 'application/strategic-merge-patch+json' || definition === undefined) return findings;
  const error =
    findings.error === undefined ? undefined : (conversionError(patched, typeOf(definition)) ?? findings.error);
  return { ...(error === undefined ? {} : { error }), strictErrors: findings.strictErrors.toSorted() };
}

function applyRead(type: PatchType, current: JsonObject, patch: Json, kind: GroupVersionKind): JsonObject {
  switch (type) {
    case 'application/json-patch+json':
      return jsonPatch(current, patch);
    case 'application/merge-patch+json':
      return mergePatch(current, patch);
    case 'application/strategic-merge-patch+json': {
      const definition = definitionOf(kind);
      if (definition === undefined) {
        throw newUnsupportedMediaType(
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
        );
      }
      return strategicMergePatch(current, patch, typeOf(definition));
    }
  }
}

/** A patch may not make another kind of an object. */
function checkSameKind(patched: JsonObject, expected: GroupVersionKind, refuse: (message: string) => Error): void {
  const apiVersion = String(patched['apiVersion'] ?? '') || apiVersionOf(expected.group, expected.version);
  const kind = { ...parseApiVersion(apiVersion), kind: String(patched['kind'] ?? '') || expected.kind };
  const reason = mismatch(kind, expected);
  if (reason !== undefined) throw refuse(reason);
}

function readPatch({ type, body, fieldValidation }: PatchRequest): ReadPatch {
  const prefix = type === 'application/strategic-merge-patch+json' ? '' : 'error decoding patch: ';
  if (!isUtf8(body)) throw newBadRequest(`${prefix}the body is not valid UTF-8`);
  const text = body.toString('utf8');
  const patch = parse(text, prefix);
  const facts = textFacts(text);
  if (facts.depth > maxDepth) throw newBadRequest(`${prefix}exceeded max depth`);
  const isJsonPatch = type === 'application/json-patch+json';
  if (isJsonPatch ? !Array.isArray(patch) : !isObject(patch)) throw wrongForm(patch, isJsonPatch, prefix);
  if (fieldValidation === 'Ignore') return { patch, strictErrors: [] };
  const strictErrors = facts.keys === countKeys(patch) ? [] : repeatedKeys(parseTree(text));
  if (!isJsonPatch) return { patch, strictErrors };
  const words = [...strictErrors, ...unknownOperationFields(patch as Json[])];
  return { patch, strictErrors: words.map((message) => `json patch ${message}`) };
}

function parse(text: string, prefix: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    try {
      parseTree(text);
    } catch (error) {
      if (error instanceof JsonSyntaxError) throw newBadRequest(`${prefix}${error.message}`);
      throw error;
    }
    throw newBadRequest(`${prefix}invalid JSON`);
  }
}

function wrongForm(patch: Json, isJsonPatch: boolean, prefix: string): Error {
  if (patch === null) return newBadRequest('Invalid JSON Patch');
  const goType = isJsonPatch ? '[]handlers.jsonPatchOp' : 'map[string]interface {}';
  return newBadRequest(`${prefix}json: cannot unmarshal ${goKind(patch)} into Go value of type ${goType}`);
}

const operationFields = new Set(['op', 'path', 'from', 'value']);

function unknownOperationFields(operations: Json[]): string[] {
  return operations.flatMap((operation, i) =>
    isObject(operation)
      ? Object.keys(operation)
          .filter((key) => !operationFields.has(key))
          .map((key) => `unknown field ${JSON.stringify(`[${i}].${key}`)}`)
      : [],
  );
}
