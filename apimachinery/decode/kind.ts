// Which kind a body claims to be, and whether the resource takes it (runtime.DefaultMetaFactory, gvkWithDefaults,
// runtime.NewNotRegisteredErrForKind and the handlers' check of the version).
import { type Definition, definitionOf } from '../../schemas/schemas.ts';
import { apiVersionOf, type GroupVersionKind, parseApiVersion } from '../object.ts';
import { newBadRequest, type StatusError } from '../status.ts';

/** Go's name for the type that only holds kind and apiVersion. */
const metaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function goKindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/**
 * The group, version and kind of a parsed body, filled up from `expected`. Throws what `unrecognized` makes of upstream's
 * message where they cannot be read, and where they are missing and nothing is expected.
 */
export function interpret(
  value: unknown,
  expected: GroupVersionKind | undefined,
  unrecognized: (message: string) => StatusError,
  text: string,
): GroupVersionKind {
  const parseError = (message: string): StatusError =>
    unrecognized(`couldn't get version/kind; json parse error: json: cannot unmarshal ${message}`);
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw parseError(`${goKindOf(value)} into Go value of type ${metaStruct}`);
  }
  const fields = (value ?? {}) as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (name !== 'apiVersion' && name !== 'kind') continue;
    const field = fields[name];
    if (typeof field === 'string' || field === null) continue;
    throw parseError(`${goKindOf(field)} into Go struct field .${name} of type string`);
  }
  const apiVersion = (fields['apiVersion'] as string | null | undefined) ?? '';
  if (apiVersion.split('/').length > 2) throw unrecognized(`unexpected GroupVersion string: ${apiVersion}`);
  const kind = (fields['kind'] as string | null | undefined) ?? '';
  const gvk = withDefaults({ ...parseApiVersion(apiVersion), kind }, expected);
  if (gvk.kind === '') throw unrecognized(`Object 'Kind' is missing in '${text}'`);
  if (gvk.version === '') throw unrecognized(`Object 'apiVersion' is missing in '${text}'`);
  return gvk;
}

function withDefaults(actual: GroupVersionKind, expected: GroupVersionKind | undefined): GroupVersionKind {
  if (expected === undefined) return actual;
  const gvk = { ...actual };
  if (gvk.kind === '') gvk.kind = expected.kind;
  if (gvk.version === '' && gvk.group === '') gvk.group = expected.group;
  if (gvk.version === '' && gvk.group === expected.group) gvk.version = expected.version;
  return gvk;
}

/** Where upstream's schemes are made; the words are part of the message. */
function schemeOf(expected: GroupVersionKind): string {
  if (expected.group === 'apiextensions.k8s.io') return 'k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:55';
  if (expected.group === 'apiregistration.k8s.io') return 'k8s.io/kube-aggregator/pkg/apiserver/scheme/scheme.go:28';
  return 'pkg/api/legacyscheme/scheme.go:30';
}

/** Throws StatusError 400 unless a body of kind `gvk` may be sent where `expected` is taken. */
export function checkKind(gvk: GroupVersionKind, expected: GroupVersionKind): void {
  if (gvk.kind === expected.kind && gvk.version === expected.version && gvk.group === expected.group) return;
  if (definitionFor(gvk, expected) === definitionOf(expected) && definitionOf(expected) !== undefined) return;
  const reason = mismatch(gvk, expected);
  if (reason !== undefined) {
    throw newBadRequest(
      `${gvk.kind} in version ${JSON.stringify(gvk.version)} cannot be handled as a ${expected.kind}: ${reason}`,
    );
  }
  throw newBadRequest(
    `the API version in the data (${apiVersionOf(gvk.group, gvk.version)}) does not match the expected API version (${apiVersionOf(expected.group, expected.version)})`,
  );
}

/**
 * The definition that a body of kind `gvk` is read as where `expected` is taken. Kinds that every group has (DeleteOptions) are the
 * same in all of them, and in meta.k8s.io/v1, which dynamic clients write.
 */
export function definitionFor(gvk: GroupVersionKind, expected: GroupVersionKind | undefined): Definition | undefined {
  const known = definitionOf(gvk);
  if (known !== undefined || expected === undefined || gvk.group !== 'meta.k8s.io' || gvk.kind !== expected.kind)
    return known;
  const shared = definitionOf(expected);
  return shared !== undefined && shared.kinds.length > 1 ? shared : undefined;
}

/** Why `gvk` cannot be read as `expected`; undefined where only the version differs. */
export function mismatch(gvk: GroupVersionKind, expected: GroupVersionKind): string | undefined {
  const known = definitionOf(gvk);
  if (known === undefined && definitionOf(expected) !== undefined) {
    const apiVersion = JSON.stringify(apiVersionOf(gvk.group, gvk.version));
    return `no kind ${JSON.stringify(gvk.kind)} is registered for version ${apiVersion} in scheme ${JSON.stringify(schemeOf(expected))}`;
  }
  if (gvk.kind === expected.kind) return undefined;
  const into = `${internalPackage(expected.group)}.${expected.kind}`;
  return `converting (${known?.goName ?? gvk.kind}) to (${into}): unknown conversion`;
}

/** The Go package of a group's internal types: `core`, `apps`, `rbac`. */
export function internalPackage(group: string): string {
  return group === '' ? 'core' : group.split('.')[0]!;
}
