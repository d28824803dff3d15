// ConfigMaps and Secrets (pkg/apis/core/validation).
import { JsonSyntaxError, parseTree } from '../../../apimachinery/decode/json-tree.ts';
import { type FieldError, forbidden, invalid, required, tooLong } from '../../../apimachinery/field.ts';
import { byteLength, isConfigMapKey } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import type { Fields } from '../fields.ts';
import { pushInvalid } from './checks.ts';

/** All values of a ConfigMap or a Secret together, in bytes. */
const maxBytes = 1024 * 1024;

/** The length in bytes of what is encoded. */
function decodedLength(base64: string | null): number {
  return Buffer.byteLength(base64 ?? '', 'base64');
}

export function validateConfigMap(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data = (object['data'] ?? {}) as Record<string, string>;
  const binaryData = (object['binaryData'] ?? {}) as Record<string, string>;
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    pushInvalid(errors, `data[${key}]`, key, isConfigMapKey(key));
    if (Object.hasOwn(binaryData, key))
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    bytes += byteLength(value ?? '');
  }
  for (const [key, value] of Object.entries(binaryData)) {
    pushInvalid(errors, `binaryData[${key}]`, key, isConfigMapKey(key));
    bytes += decodedLength(value);
  }
  if (bytes > maxBytes) errors.push(tooLong('', maxBytes));
  return errors;
}

export function validateConfigMapUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [...checkImmutable(object, old, ['data', 'binaryData']), ...validateConfigMap(object)];
}

/** Once `immutable` is set, neither it nor the data changes. */
function checkImmutable(object: Fields, old: Fields, fields: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  const detail = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) errors.push(forbidden('immutable', detail));
  for (const field of fields) if (!semanticEqual(object[field], old[field])) errors.push(forbidden(field, detail));
  return errors;
}

const serviceAccountName = 'kubernetes.io/service-account.name';

export function validateSecret(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data = (object['data'] ?? {}) as Record<string, string>;
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    pushInvalid(errors, `data[${key}]`, key, isConfigMapKey(key));
    bytes += decodedLength(value);
  }
  if (bytes > maxBytes) errors.push(tooLong('data', maxBytes));
  checkSecretType(object, data, errors);
  return errors;
}

/** What the types that Kubernetes knows must hold. */
function checkSecretType(object: KubeObject, data: Record<string, string>, errors: FieldError[]): void {
  const need = (key: string): void => {
    if (!(key in data)) errors.push(required(`data[${key}]`));
  };
  switch (object['type']) {
    case 'kubernetes.io/service-account-token':
      if (!object.metadata.annotations?.[serviceAccountName]) {
        errors.push(required(`metadata.annotations[${serviceAccountName}]`));
      }
      break;
    case 'kubernetes.io/dockercfg':
      need('.dockercfg');
      checkJsonObject(data, '.dockercfg', errors);
      break;
    case 'kubernetes.io/dockerconfigjson':
      need('.dockerconfigjson');
      checkJsonObject(data, '.dockerconfigjson', errors);
      break;
    case 'kubernetes.io/basic-auth':
      if ('username' in data || 'password' in data) break;
      need('username');
      need('password');
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      need('tls.crt');
      need('tls.key');
      break;
  }
}

/** The message never shows the contents. */
function checkJsonObject(data: Record<string, string>, key: string, errors: FieldError[]): void {
  if (!(key in data)) return;
  const text = Buffer.from(data[key]!, 'base64').toString('utf8');
  const problem = jsonObjectProblem(text);
  if (problem !== undefined) errors.push(invalid(`data[${key}]`, '<secret contents redacted>', problem));
}

/** What Go's json.Unmarshal into a map says, for the cases that people meet. */
function jsonObjectProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined;
    const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  } catch {
    return syntaxProblem(text);
  }
}

function syntaxProblem(text: string): string | undefined {
  try {
    parseTree(text);
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

export function validateSecretUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (object['type'] !== old['type']) errors.push(invalid('type', object['type'] ?? '', 'field is immutable'));
  return [...errors, ...checkImmutable(object, old, ['data']), ...validateSecret(object)];
}
