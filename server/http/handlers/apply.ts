// PATCH with application/apply-patch+yaml: server-side apply (applyPatcher in k8s.io/apiserver pkg/endpoints/handlers/patch.go).
// It creates what is not there.
import { isUtf8 } from 'node:buffer';
import { checkStructure, type FieldValidation, receivedObject } from '../../../apimachinery/decode/decode.ts';
import { countKeys, textFacts } from '../../../apimachinery/decode/text.ts';
import { maxYamlBytes, YamlError, yamlToJson } from '../../../apimachinery/decode/yaml.ts';
import type { FieldManager } from '../../../apimachinery/managed-fields/field-manager.ts';
import type { GroupVersionKind, Json, JsonObject, KubeObject } from '../../../apimachinery/object.ts';
import { isObject } from '../../../apimachinery/patch/json-values.ts';
import { newBadRequest, newRequestEntityTooLarge } from '../../../apimachinery/status.ts';
import type { SubresourceDescriptor } from '../../registry/descriptor.ts';
import { timestamp } from '../../registry/metadata.ts';
import type { Store } from '../../registry/store.ts';
import type { ApiRequest } from '../api-request.ts';
import { type ApplyOptions, parseApplyOptions } from '../options.ts';
import { inVersion, renderObject, type View } from '../render.ts';
import { respond } from '../respond.ts';
import { checkName, maxBodyBytes, optionsObject, settleNamespace, toStored, writeRequest } from './write.ts';

/** A configuration as it came in. */
interface AppliedBody {
  applied: JsonObject;
  /** What strict decoding says of it. */
  strictErrors: readonly string[];
}

/** Reads an applied configuration: YAML, which JSON is as well. Throws StatusError 400, 413. */
function readApplied(body: Buffer): AppliedBody {
  if (!isUtf8(body)) throw newBadRequest('error decoding YAML: the body is not valid UTF-8');
  const text = body.toString('utf8');
  const { value, strictErrors } = parseJson(text) ?? parseYaml(text, body.length);
  if (value !== null && !isObject(value)) {
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw newBadRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    );
  }
  return { applied: value ?? {}, strictErrors };
}

/** The usual case: clients send JSON. Undefined where the text has to be read as YAML, repeated keys included. */
function parseJson(text: string): { value: Json; strictErrors: string[] } | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return textFacts(text).keys === countKeys(value) ? { value, strictErrors: [] } : undefined;
  } catch {
    return undefined;
  }
}

function parseYaml(text: string, bytes: number): { value: Json; strictErrors: string[] } {
  if (bytes > maxYamlBytes) throw newRequestEntityTooLarge(`limit is ${maxYamlBytes} for YAML`);
  try {
    const { json, strictErrors } = yamlToJson(text);
    return { value: JSON.parse(json) as Json, strictErrors };
  } catch (error) {
    if (error instanceof YamlError) throw newBadRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}

/** Throws 400 or warns, as the client wants it. */
function reportStrict(request: ApiRequest, errors: readonly string[], validation: FieldValidation): void {
  if (errors.length === 0 || validation === 'Ignore') return;
  const message = `error converting YAML to JSON: ${errors[0]}`;
  if (validation === 'Strict') throw newBadRequest(`error strict decoding YAML: ${message}`);
  request.warnings.push(message);
}

/** A merged object as its kind, as it would be after decoding. Throws 400. */
function typedObject(object: KubeObject, kind: GroupVersionKind): KubeObject {
  const { error } = checkStructure(object as JsonObject, kind);
  if (error !== undefined) throw newBadRequest(`failed to convert new object to proper version: ${error}`);
  return receivedObject(object, kind);
}

export interface ApplyRequest {
  request: ApiRequest;
  body: Buffer;
  fields: FieldManager;
  /** What is there, in the version of the request; undefined where there is nothing. */
  live: KubeObject | undefined;
  /** The kind that the request speaks. */
  kind: GroupVersionKind;
  options: ApplyOptions;
}

/** The object after an apply, with its managedFields. Throws StatusError 400, 409. */
export function appliedObject({ request, body, fields, live, kind, options }: ApplyRequest): KubeObject {
  const { applied, strictErrors } = readApplied(body);
  const result = fields.apply(live, applied, { manager: options.fieldManager, now: timestamp() }, options.force);
  const object = typedObject(result.object, kind);
  if (result.managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = result.managedFields;
  reportStrict(request, strictErrors, options.fieldValidation);
  return object;
}

export async function apply(
  request: ApiRequest,
  store: Store,
  view: View,
  namespace: string,
  subresource?: SubresourceDescriptor,
): Promise<void> {
  const options = parseApplyOptions(request.info.query);
  const { descriptor, version } = view;
  const kind = { group: descriptor.group, version, kind: descriptor.kind };
  const body = await request.exchange.body(maxBodyBytes);
  const fields = store.fieldManagers.for(version, subresource);
  const change = (current: KubeObject | undefined): KubeObject => {
    const live = current === undefined ? undefined : inVersion(current, view);
    const object = appliedObject({ request, body, fields, live, kind, options });
    settleNamespace(object, namespace);
    checkName(object, request.info.name);
    return toStored(object, descriptor, version);
  };
  const write = writeRequest(request, namespace, options.dryRun, optionsObject('PatchOptions', options));
  const { object, created } = await store.update(write, change, {
    allowUnconditional: true,
    ...(subresource ? { subresource } : { createFrom: () => change(undefined) }),
  });
  await respond(request, created ? 201 : 200, renderObject(object, view));
}
