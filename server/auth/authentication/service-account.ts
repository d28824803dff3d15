// Bound service account tokens (kubernetes pkg/serviceaccount jwt.go, claims.go; KEP-1205, KEP-4193).
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { ObjectReader } from '../../registry/objects.ts';
import { printList } from '../go-format.ts';
import { type ServiceAccountKeys, unverifiedClaims } from '../service-account-keys.ts';
import type { AuthenticationResult, UserInfo } from '../types.ts';
import { credentialIdKey, serviceAccountGroups, serviceAccountUsername } from '../user.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

/** A reference from a token to an object that must still exist. */
export interface TokenReference {
  name: string;
  uid: string;
}

/** The claims of a service account token; times are seconds since the epoch. */
export interface ServiceAccountClaims {
  aud?: string[] | string;
  exp?: number;
  iat?: number;
  nbf?: number;
  iss: string;
  jti?: string;
  sub: string;
  'kubernetes.io': {
    namespace: string;
    serviceaccount: TokenReference;
    pod?: TokenReference;
    secret?: TokenReference;
    node?: TokenReference;
    warnafter?: number;
  };
}

export interface ServiceAccountAuthenticatorOptions {
  keys: ServiceAccountKeys;
  /** Accepted issuers; tokens of others are left to the next authenticator. */
  issuers: readonly string[];
  /** The API server's own audiences. */
  audiences: readonly string[];
  objects: ObjectReader;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** How many verified tokens to remember. */
  cacheSize?: number;
}

/** How long a look at the objects behind a token counts. Upstream's token cache holds for ten seconds. */
const recheckMs = 1000;

/** Clocks may differ this much (go-jose's DefaultLeeway). */
const leewaySeconds = 60;

interface CacheEntry {
  claims: ServiceAccountClaims;
  user: UserInfo;
  audiences: readonly string[];
  /** The answer for the API server's own audiences; the same object each time. */
  own: AuthenticationResult | undefined;
  /** When the objects behind it were last looked at, in milliseconds since the epoch. */
  checkedMs: number;
}

/**
 * Checks signature and claims once per token, on every use that it has not expired, and every second that the service account
 * and the object it is bound to still exist with the same uid. A remembered token costs no crypto, and is answered at once.
 */
export function serviceAccountAuthenticator(options: ServiceAccountAuthenticatorOptions): TokenAuthenticator {
  const { objects } = options;
  const now = options.now ?? Date.now;
  const cacheSize = options.cacheSize ?? 10_000;
  const issuers = new Set(options.issuers);
  // Two generations: a token is dropped when it was not used while the younger one filled up. Nearly LRU, for one look-up.
  let recent = new Map<string, CacheEntry>();
  let older = new Map<string, CacheEntry>();

  const verify = async (token: string): Promise<CacheEntry | undefined> => {
    const unverified = await unverifiedClaims(token);
    if (typeof unverified?.iss !== 'string' || !issuers.has(unverified.iss)) return undefined;
    if (!(await options.keys.verified(token))) throw new Error('go-jose/go-jose: error in cryptographic primitive');
    const claims = unverified as unknown as ServiceAccountClaims;
    const audiences = audiencesOf(claims, options.audiences);
    const user = userOf(claims);
    const shared = intersect(audiences, options.audiences);
    const own = shared.length === 0 ? undefined : { user, audiences: shared };
    return { claims, user, audiences, own, checkedMs: 0 };
  };

  const remember = (token: string, entry: CacheEntry) => {
    if (recent.size >= cacheSize / 2) {
      older = recent;
      recent = new Map();
    }
    recent.set(token, entry);
  };

  const known = (token: string): CacheEntry | undefined => {
    const entry = recent.get(token);
    if (entry !== undefined) return entry;
    const found = older.get(token);
    if (found !== undefined) remember(token, found);
    return found;
  };

  const learn = async (token: string): Promise<CacheEntry | undefined> => {
    const verified = await verify(token);
    // Of requests that come with a new token at once, the first to be done counts for all.
    const entry = known(token) ?? verified;
    if (entry !== undefined && entry === verified) remember(token, entry);
    return entry;
  };

  const answer = (token: string, entry: CacheEntry, wanted: readonly string[] | undefined): AuthenticationResult => {
    const result = wanted === undefined ? entry.own : forAudiences(entry, wanted);
    if (result === undefined) {
      const target = printList(wanted ?? options.audiences);
      throw new Error(`token audiences ${printList(entry.audiences)} is invalid for the target audiences ${target}`);
    }
    try {
      const nowMs = now();
      validateTimes(entry.claims, nowMs / 1000);
      if (nowMs - entry.checkedMs >= recheckMs) {
        validateReferences(entry.claims, objects, nowMs);
        entry.checkedMs = nowMs;
      }
    } catch (error) {
      recent.delete(token);
      older.delete(token);
      throw error;
    }
    return result;
  };

  return {
    authenticateToken(token, wanted) {
      const entry = known(token);
      if (entry !== undefined) return answer(token, entry, wanted);
      return learn(token).then((learnt) => (learnt === undefined ? undefined : answer(token, learnt, wanted)));
    },
  };
}

function audiencesOf(claims: ServiceAccountClaims, fallback: readonly string[]): readonly string[] {
  const audiences = claims.aud === undefined ? [] : Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return audiences.length === 0 ? fallback : audiences;
}

function intersect(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((audience) => others.includes(audience));
}

function forAudiences(entry: CacheEntry, wanted: readonly string[]): AuthenticationResult | undefined {
  const shared = intersect(entry.audiences, wanted);
  return shared.length === 0 ? undefined : { user: entry.user, audiences: shared };
}

function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  const extra: Record<string, string[]> = {};
  if (claims.jti !== undefined && claims.jti !== '') extra[credentialIdKey] = [`JTI=${claims.jti}`];
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    if (node.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return {
    name: serviceAccountUsername(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: serviceAccountGroups(namespace),
    extra,
  };
}

function validateTimes(claims: ServiceAccountClaims, nowSeconds: number): void {
  if (claims.nbf !== undefined && nowSeconds + leewaySeconds < claims.nbf)
    throw new Error('service account token is not valid yet');
  if (claims.exp !== undefined && nowSeconds - leewaySeconds > claims.exp)
    throw new Error('service account token has expired');
  if (claims.iat !== undefined && nowSeconds + leewaySeconds < claims.iat)
    throw new Error('service account token is issued in the future');
}

function isGone(object: KubeObject, nowMs: number): boolean {
  const { deletionTimestamp } = object.metadata;
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < nowMs - leewaySeconds * 1000;
}

function validateReferences(claims: ServiceAccountClaims, objects: ObjectReader, nowMs: number): void {
  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
  const account = objects.resource('serviceaccounts').get(namespace, serviceaccount.name);
  if (account === undefined) throw new Error(`serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`);
  if (account.metadata.uid !== serviceaccount.uid)
    throw new Error(`service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`);
  if (isGone(account, nowMs)) throw new Error(`service account ${namespace}/${serviceaccount.name} has been deleted`);
  if (secret !== undefined) validateBound(objects, 'secret', namespace, secret, nowMs);
  if (pod !== undefined) validateBound(objects, 'pod', namespace, pod, nowMs);
  // The node of a pod-bound token is information only.
  else if (node !== undefined) validateBound(objects, 'node', '', node, nowMs);
}

function validateBound(
  objects: ObjectReader,
  kind: 'secret' | 'pod' | 'node',
  namespace: string,
  reference: TokenReference,
  nowMs: number,
): void {
  const object = objects.resource(`${kind}s`).get(namespace, reference.name);
  if (object === undefined) throw new Error('service account token has been invalidated');
  if (object.metadata.uid !== reference.uid) {
    const word = kind === 'node' ? 'node UID' : `${kind} UID`;
    throw new Error(
      `${word} (${object.metadata.uid}) does not match service account ${kind} ref claim (${reference.uid})`,
    );
  }
  if (isGone(object, nowMs)) throw new Error('service account token has been invalidated');
}
