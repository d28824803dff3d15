// Tokens for service accounts: create of serviceaccounts/token (kubernetes pkg/registry/core/serviceaccount/storage token.go,
// pkg/serviceaccount claims.go).
import { randomUUID } from 'node:crypto';
import { type FieldError, invalid, newInvalid } from '../../apimachinery/field.ts';
import { type KubeObject, parseApiVersion } from '../../apimachinery/object.ts';
import { newBadRequest, newConflict, newNotFound } from '../../apimachinery/status.ts';
import type { ObjectReader } from '../registry/objects.ts';
import type { ServiceAccountClaims, TokenReference } from './authentication/service-account.ts';
import type { ServiceAccountKeys } from './service-account-keys.ts';
import { serviceAccountUsername } from './user.ts';

export interface TokenIssuerOptions {
  keys: ServiceAccountKeys;
  /** `--service-account-issuer`. */
  issuer: string;
  /** `--api-audiences`; what a request without audiences gets. */
  audiences: readonly string[];
  objects: ObjectReader;
  /** `--service-account-max-token-expiration`; longer requests are shortened, with a warning. */
  maxExpirationSeconds?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

const group = 'authentication.k8s.io';
const kind = 'TokenRequest';

export const defaultExpirationSeconds = 3600;
const minExpirationSeconds = 600;
const maxExpirationSeconds = 2 ** 32;
/** What kubelet asks for on behalf of pods; such tokens live a year, and warn after the hour that was asked for. */
const warnOnlyExpirationSeconds = 3607;
const extendedExpirationSeconds = 365 * 24 * 3600;

/** Upstream's names for the objects a token can be bound to. */
const boundResources: Record<string, string> = { Pod: 'pods', Node: 'nodes', Secret: 'secrets' };

interface Binding {
  pod?: TokenReference;
  node?: TokenReference;
  secret?: TokenReference;
}

function mustMatch(field: 'name' | 'namespace', given: string | undefined, actual: string, name: string): void {
  if (given === undefined || given === '' || given === actual) return;
  const error = invalid(`metadata.${field}`, given, `must match the service account ${field} if specified`);
  throw newInvalid({ group, kind }, name, [error]);
}

function validateSpec(expirationSeconds: number): void {
  const errors: FieldError[] = [];
  const field = 'spec.expirationSeconds';
  if (expirationSeconds < minExpirationSeconds)
    errors.push(invalid(field, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  if (expirationSeconds > maxExpirationSeconds)
    errors.push(invalid(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  if (errors.length > 0) throw newInvalid({ group, kind }, '', errors);
}

function referenceTo(object: KubeObject): TokenReference {
  return { name: object.metadata.name!, uid: object.metadata.uid! };
}

/** The claims of a pod's token, with its node where it has one, known or not. */
function bindToPod(objects: ObjectReader, pod: KubeObject, account: string): Binding {
  if (pod['spec']?.serviceAccountName !== account)
    throw newBadRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  const nodeName: string = pod['spec'].nodeName ?? '';
  if (nodeName === '') return { pod: referenceTo(pod) };
  const node = objects.resource('nodes').get('', nodeName);
  return { pod: referenceTo(pod), node: node === undefined ? { name: nodeName, uid: '' } : referenceTo(node) };
}

function bind(objects: ObjectReader, account: KubeObject, reference: KubeObject | undefined): Binding {
  if (reference === undefined || reference === null) return {};
  const gv = parseApiVersion(reference.apiVersion ?? '');
  const resource = gv.group === '' ? boundResources[reference.kind] : undefined;
  if (resource === undefined)
    throw newBadRequest(`cannot bind token to object of type ${gv.group}/${gv.version}, Kind=${reference.kind}`);
  const name: string = reference['name'] ?? '';
  const namespace = resource === 'nodes' ? '' : account.metadata.namespace!;
  const object = objects.resource(resource).get(namespace, name);
  if (object === undefined) throw newNotFound({ group: '', resource }, name);
  const bound =
    resource === 'pods'
      ? bindToPod(objects, object, account.metadata.name!)
      : resource === 'nodes'
        ? { node: referenceTo(object) }
        : { secret: referenceTo(object) };
  if (reference['uid'] && reference['uid'] !== object.metadata.uid)
    throw newConflict(
      { group: gv.group, resource: reference.kind },
      name,
      `the UID in the bound object reference (${reference['uid']}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return bound;
}

function claimsOf(
  account: KubeObject,
  bound: Binding,
  issuer: string,
  audiences: string[],
  times: { nowSeconds: number; expirationSeconds: number; warnAfterSeconds: number },
): ServiceAccountClaims {
  const { nowSeconds, expirationSeconds, warnAfterSeconds } = times;
  const { namespace, name } = account.metadata;
  const reference = ({ name: to, uid }: TokenReference) =>
    ({ name: to, ...(uid === '' ? {} : { uid }) }) as TokenReference;
  return {
    aud: audiences,
    exp: nowSeconds + expirationSeconds,
    iat: nowSeconds,
    iss: issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace: namespace!,
      ...(bound.node === undefined ? {} : { node: reference(bound.node) }),
      ...(bound.pod === undefined ? {} : { pod: reference(bound.pod) }),
      ...(bound.secret === undefined ? {} : { secret: reference(bound.secret) }),
      serviceaccount: referenceTo(account),
      ...(warnAfterSeconds === 0 ? {} : { warnafter: nowSeconds + warnAfterSeconds }),
    },
    nbf: nowSeconds,
    sub: serviceAccountUsername(namespace!, name!),
  };
}

/** Checks that metadata, where given, is that of the service account, and fills in what is missing. */
function completeMetadata(request: KubeObject, account: KubeObject, timestamp: string): KubeObject['metadata'] {
  const { name, namespace, uid } = account.metadata;
  const given = request.metadata?.uid;
  if (given !== undefined && given !== '' && given !== uid)
    throw newConflict(
      { group, resource: kind },
      name!,
      `the UID in the token request (${given}) does not match the UID of the service account (${uid})`,
    );
  return { ...request.metadata, name: name!, namespace: namespace!, uid: uid!, creationTimestamp: timestamp };
}

/**
 * Answers a TokenRequest for the service account `namespace/name` with the same object, its metadata and status filled in.
 * Throws NotFound, Conflict, BadRequest and Invalid as upstream does.
 */
export async function issueToken(
  options: TokenIssuerOptions,
  target: { namespace: string; name: string },
  request: KubeObject,
): Promise<{ object: KubeObject; warnings: string[] }> {
  const { objects, audiences: ownAudiences } = options;
  const { namespace, name } = target;
  mustMatch('name', request.metadata?.name, name, name);
  mustMatch('namespace', request.metadata?.namespace, namespace, name);
  const account = objects.resource('serviceaccounts').get(namespace, name);
  if (account === undefined) throw newNotFound({ group: '', resource: 'serviceaccounts' }, name);
  const nowMs = (options.now ?? Date.now)();
  const rfc3339 = (milliseconds: number) => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
  const metadata = completeMetadata(request, account, rfc3339(nowMs));

  const spec = request['spec'] ?? {};
  const audiences: string[] = spec.audiences?.length > 0 ? spec.audiences : [...ownAudiences];
  let expirationSeconds: number = spec.expirationSeconds ?? defaultExpirationSeconds;
  validateSpec(expirationSeconds);
  const bound = bind(objects, account, spec.boundObjectRef);
  const warnings: string[] = [];
  const limit = options.maxExpirationSeconds ?? 0;
  if (limit > 0 && expirationSeconds > limit) {
    warnings.push(`requested expiration of ${expirationSeconds} seconds shortened to ${limit} seconds`);
    expirationSeconds = limit;
  }
  const extended =
    bound.pod !== undefined &&
    expirationSeconds === warnOnlyExpirationSeconds &&
    audiences.every((audience) => ownAudiences.includes(audience));
  const claims = claimsOf(account, bound, options.issuer, audiences, {
    nowSeconds: Math.floor(nowMs / 1000),
    expirationSeconds: extended ? extendedExpirationSeconds : expirationSeconds,
    warnAfterSeconds: extended ? expirationSeconds : 0,
  });
  const status = {
    token: await options.keys.sign(claims),
    expirationTimestamp: rfc3339(nowMs + expirationSeconds * 1000),
  };
  const boundObjectRef = spec.boundObjectRef ?? null;
  return {
    object: { ...request, metadata, spec: { ...spec, audiences, expirationSeconds, boundObjectRef }, status },
    warnings,
  };
}
