// From a request's body to an object, as upstream's codecs do it: bytes, text, JSON, the right kind, the structure, the
// form in which Go would write it. The order of the checks and every message is upstream's
// (apimachinery/pkg/runtime/serializer/json, apiserver/pkg/endpoints/handlers/rest.go).
import { isUtf8 } from 'node:buffer';
import { type Definition, definitionOf } from '../../schemas/schemas.ts';
import { apiVersionOf, type GroupVersionKind, type JsonObject, type KubeObject } from '../object.ts';
import { decodeMessage, protobufMediaType, readEnvelope } from '../protobuf/decode.ts';
import { ProtobufError } from '../protobuf/reader.ts';
import { newBadRequest, newRequestEntityTooLarge, type StatusError } from '../status.ts';
import { JsonSyntaxError, maxDepth, parseTree, repeatedKeys, treeOf } from './json-tree.ts';
import { checkKind, definitionFor, interpret } from './kind.ts';
import { type Form, normalize } from './normalize.ts';
import { fits, warmUp } from './structure.ts';
import { countKeys, textFacts } from './text.ts';
import { anySchema, normalizeUnstructured, readUnstructured, type UnstructuredSchema } from './unstructured.ts';
import { type Findings, walk } from './walker.ts';
import { maxYamlBytes, YamlError, yamlToJson } from './yaml.ts';

/** What to do about unknown and repeated fields (metav1.FieldValidation*). */
export type FieldValidation = 'Ignore' | 'Strict' | 'Warn';

export interface DecodeRequest {
  body: Buffer;
  contentType: 'application/json' | 'application/yaml' | typeof protobufMediaType;
  /** The kind that the resource takes; the body may leave kind and apiVersion out then. Undefined: the body must say. */
  expected: GroupVersionKind | undefined;
  fieldValidation: FieldValidation;
  /** Of a custom resource; without it, everything is kept. */
  schema?: UnstructuredSchema | undefined;
}

export interface Decoded {
  object: KubeObject;
  /** Texts for `Warning` headers, without the `299 -` frame. */
  warnings: string[];
}

/** Text that is known to be JSON, with what reading it brought. */
interface ReadBody {
  text: string;
  value: unknown;
  strictErrors: string[];
}

/** Decodes a body. Throws StatusError 400 with upstream's message. */
export function decodeObject(request: DecodeRequest): Decoded {
  const { body, expected } = request;
  const unrecognized = (message: string): StatusError =>
    newBadRequest(
      expected === undefined
        ? message
        : `the object provided is unrecognized (must be of type ${expected.kind}): ${message} (${summarize(body)})`,
    );
  if (request.contentType === protobufMediaType) return decodeProtobuf(request, unrecognized);
  const read = readBody(request, unrecognized);
  // A custom resource's body must say what it is; a wrong kind is found by its validation.
  const custom = request.schema !== undefined;
  const gvk = interpret(read.value, custom ? undefined : expected, unrecognized, read.text);
  if (expected !== undefined) checkKind(gvk, custom ? { ...expected, kind: gvk.kind } : expected);
  const definition = custom ? undefined : definitionFor(gvk, expected);
  if (definition === undefined)
    return decodeUnstructured(read, gvk, request.fieldValidation, request.schema ?? anySchema);
  return decodeTyped(read, gvk, definition, request.fieldValidation);
}

/** summarizeData: the start of a body, as text where it looks like JSON and in hexadecimal otherwise. */
function summarize(body: Buffer): string {
  const length = 30;
  if (body.length === 0) return '<empty>';
  const more = body.length > length ? ' ...' : '';
  return body.subarray(0, length).toString(body[0] === 0x7b ? 'utf8' : 'hex') + more;
}

function readBody(request: DecodeRequest, unrecognized: (message: string) => StatusError): ReadBody {
  if (!isUtf8(request.body)) throw unrecognized('the body is not valid UTF-8');
  const text = request.body.toString('utf8');
  if (request.contentType === 'application/json')
    return { text, value: parseJson(text, unrecognized), strictErrors: [] };
  if (request.body.length > maxYamlBytes) throw newRequestEntityTooLarge(`limit is ${maxYamlBytes} for YAML`);
  try {
    const { json, strictErrors } = yamlToJson(text);
    return { text: json, value: JSON.parse(json), strictErrors };
  } catch (error) {
    if (error instanceof YamlError) throw unrecognized(error.message);
    throw error;
  }
}

/** Protobuf says nothing twice, and what it does not know is passed over: there are no strict errors, and no wrong types left. */
function decodeProtobuf({ body, expected }: DecodeRequest, unrecognized: (message: string) => StatusError): Decoded {
  const { apiVersion, kind, raw } = orRefuse(() => readEnvelope(body), unrecognized);
  const typeMeta = `runtime.TypeMeta{APIVersion:${JSON.stringify(apiVersion)}, Kind:${JSON.stringify(kind)}}`;
  const gvk = interpret({ apiVersion, kind }, expected, unrecognized, typeMeta);
  if (expected !== undefined) checkKind(gvk, expected);
  const definition = definitionFor(gvk, expected);
  const refuse = (message: string): StatusError => cannotBeHandled(gvk, message);
  if (definition === undefined) throw refuse(noProtobuf);
  const fields = orRefuse(() => decodeMessage(raw, definition), refuse);
  return { object: typedObject(fields, gvk, definition), warnings: [] };
}

/** What upstream's serializer says of custom resources. */
const noProtobuf =
  'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message';

function orRefuse<Value>(read: () => Value, refuse: (message: string) => StatusError): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError) throw refuse(error.message);
    throw error;
  }
}

function parseJson(text: string, unrecognized: (message: string) => StatusError): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return text.includes('\\u') && loneSurrogate.test(text) ? wellFormed(value) : value;
  } catch (error) {
    throw unrecognized(`couldn't get version/kind; json parse error: ${syntaxError(text, error)}`);
  }
}

/** An escaped half of a UTF-16 pair, perhaps with its other half. */
const loneSurrogate = /\\u[dD][89a-fA-F]/;

/** Go reads half of a pair as U+FFFD. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]));
}

function syntaxError(text: string, otherwise: unknown): string {
  try {
    parseTree(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return String(otherwise);
}

function cannotBeHandled(gvk: GroupVersionKind, message: string): StatusError {
  return newBadRequest(
    `${gvk.kind} in version ${JSON.stringify(gvk.version)} cannot be handled as a ${gvk.kind}: ${message}`,
  );
}

function decodeTyped(read: ReadBody, gvk: GroupVersionKind, definition: Definition, mode: FieldValidation): Decoded {
  const { error, strictErrors } = examine(read, definition);
  if (error !== undefined) throw cannotBeHandled(gvk, error);
  const warnings = applyMode([...read.strictErrors, ...strictErrors], gvk, mode);
  return { object: typedObject(read.value, gvk, definition), warnings };
}

function applyMode(strictErrors: string[], gvk: GroupVersionKind, mode: FieldValidation): string[] {
  if (strictErrors.length === 0 || mode === 'Ignore') return [];
  if (mode === 'Strict') throw cannotBeHandled(gvk, `strict decoding error: ${strictErrors.join(', ')}`);
  return strictErrors;
}

/** The fast check first; the walker only when that finds something, or when JSON.parse may have hidden something. */
function examine(read: ReadBody, definition: Definition): Findings {
  const facts = textFacts(read.text);
  if (facts.depth > maxDepth) return { error: 'exceeded max depth', strictErrors: [] };
  try {
    const plain = !facts.fractions && facts.keys === countKeys(read.value);
    if (plain && fits(read.value, definition)) return { strictErrors: [] };
    return walk(parseTree(read.text), definition);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return { error: error.message, strictErrors: [] };
    throw error;
  }
}

function typedObject(
  value: unknown,
  gvk: GroupVersionKind,
  definition: Definition,
  form: Form = 'received',
): KubeObject {
  const fields = (value ?? {}) as Record<string, unknown>;
  const apiVersion = apiVersionOf(gvk.group, gvk.version);
  const said = fields['kind'] === gvk.kind && fields['apiVersion'] === apiVersion;
  return normalize(said ? fields : { ...fields, kind: gvk.kind, apiVersion }, definition, form) as KubeObject;
}

/** Kinds without a definition of ours: custom resources. */
function decodeUnstructured(
  read: ReadBody,
  gvk: GroupVersionKind,
  mode: FieldValidation,
  schema: UnstructuredSchema,
): Decoded {
  const facts = textFacts(read.text);
  if (facts.depth > maxDepth) throw cannotBeHandled(gvk, 'exceeded max depth');
  const value = { ...(read.value as JsonObject | null) };
  const repeated = facts.keys === countKeys(value) ? [] : repeatedKeys(parseTree(read.text));
  const { object, error, strictErrors } = readUnstructured(value, gvk, schema);
  if (error !== undefined) throw cannotBeHandled(gvk, error);
  const warnings = applyMode([...read.strictErrors, ...repeated, ...strictErrors], gvk, mode);
  return { object, warnings };
}

function examineObject(value: unknown, definition: Definition): Findings {
  return fits(value, definition) ? { strictErrors: [] } : walk(treeOf(value), definition);
}

/**
 * The errors of Go's typed decoding for an object that did not come as text (the outcome of a patch): a wrong type in
 * `error`, unknown fields in `strictErrors`. Kinds without a schema of ours have none.
 */
export function checkStructure(object: JsonObject, gvk: GroupVersionKind): Findings {
  const definition = definitionOf(gvk);
  return definition === undefined ? { strictErrors: [] } : examineObject(object, definition);
}

/**
 * The form in which Go would write `object` after reading it: see normalize.ts. `object` must have passed checkStructure but for
 * unknown fields, is not changed, and shares with the result only parts that have no schema. Takes the hooks' changes into
 * account when it is called after them: an empty `status` that a hook deleted is there again. Upstream's store is taken
 * into account too, where empty lists become null.
 */
export function normalizeObject(object: JsonObject | KubeObject, gvk: GroupVersionKind): KubeObject {
  const definition = definitionOf(gvk);
  return definition === undefined
    ? normalizeUnstructured(object as KubeObject)
    : typedObject(object, gvk, definition, 'stored');
}

/** The form of an object that goes into an answer without ever being stored: of a review. */
export function writtenObject(object: JsonObject, gvk: GroupVersionKind): KubeObject {
  const definition = definitionOf(gvk);
  return definition === undefined ? ({ ...object } as KubeObject) : typedObject(object, gvk, definition, 'written');
}

/**
 * The same for an object that has just been put together from what a client sent: as decodeObject leaves it, with the lists and maps
 * that are there but empty. `object` must have passed checkStructure.
 */
export function receivedObject(object: JsonObject, gvk: GroupVersionKind): KubeObject {
  const definition = definitionOf(gvk);
  return definition === undefined ? ({ ...object } as KubeObject) : typedObject(object, gvk, definition);
}

/**
 * Makes ready to decode these kinds at full speed (a tenth of a second for the Pod and all below it). To be called once a
 * server serves; works in slices of about a millisecond.
 */
export async function warmUpKinds(kinds: readonly GroupVersionKind[]): Promise<void> {
  await warmUp(kinds.map(definitionOf).filter((definition) => definition !== undefined));
}
