// Tokens of secrets of type kubernetes.io/service-account-token: they do not expire, and are good as long as their secret holds them
// (kubernetes pkg/serviceaccount legacy.go). The date of their last use is written on the secret, once a day (KEP-2799).
import { timingSafeEqual } from 'node:crypto';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { ObjectReader } from '../../registry/objects.ts';
import { type ServiceAccountKeys, unverifiedClaims } from '../service-account-keys.ts';
import type { AuthenticationResult, UserInfo } from '../types.ts';
import { serviceAccountGroups, serviceAccountUsername, splitServiceAccountUsername } from '../user.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

export const legacyIssuer = 'kubernetes/serviceaccount';
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';
const dayMs = 86_400_000;
/** Verified tokens that are remembered. */
const cacheSize = 1000;

export interface LegacyAuthenticatorOptions {
  keys: ServiceAccountKeys;
  /** The API server's own; such a token has none of its own. */
  audiences: readonly string[];
  objects: ObjectReader;
  /** Labels a secret that has been used; what fails is not this one's. */
  label(secret: KubeObject, name: string, value: string): void;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

interface LegacyClaims {
  namespace: string;
  secretName: string;
  name: string;
  user: UserInfo;
}

function claimsOf(unverified: Record<string, unknown>): LegacyClaims {
  const claim = (name: string, key: string): string => {
    const value = unverified[key];
    if (typeof value !== 'string' || value === '') throw new Error(`${name} claim is missing`);
    return value;
  };
  const sub = claim('sub', 'sub');
  const namespace = claim('namespace', 'kubernetes.io/serviceaccount/namespace');
  const secretName = claim('secretName', 'kubernetes.io/serviceaccount/secret.name');
  const name = claim('serviceAccountName', 'kubernetes.io/serviceaccount/service-account.name');
  const uid = claim('serviceAccountUID', 'kubernetes.io/serviceaccount/service-account.uid');
  const subject = splitServiceAccountUsername(sub);
  if (subject?.namespace !== namespace || subject.name !== name) throw new Error('sub claim is invalid');
  const user = {
    name: serviceAccountUsername(namespace, name),
    uid,
    groups: serviceAccountGroups(namespace),
    extra: {},
  };
  return { namespace, secretName, name, user };
}

/** The signature is checked once per token, its secret and account on every use. */
export function legacyServiceAccountAuthenticator(options: LegacyAuthenticatorOptions): TokenAuthenticator {
  const { keys, audiences, objects, label } = options;
  const now = options.now ?? Date.now;
  const known = new Map<string, LegacyClaims>();

  const verify = async (token: string): Promise<LegacyClaims | undefined> => {
    const unverified = await unverifiedClaims(token);
    if (unverified?.iss !== legacyIssuer) return undefined;
    if (!(await keys.verified(token))) throw new Error('go-jose/go-jose: error in cryptographic primitive');
    const claims = claimsOf(unverified as Record<string, unknown>);
    // The oldest goes: there are few such tokens.
    if (known.size >= cacheSize) known.delete(known.keys().next().value!);
    known.set(token, claims);
    return claims;
  };

  const markUsed = (secret: KubeObject): void => {
    const today = dateOf(now());
    const lastUsed = secret.metadata.labels?.[lastUsedLabel];
    if (lastUsed !== today && lastUsed !== dateOf(now() + dayMs)) label(secret, lastUsedLabel, today);
  };

  const answer = (token: string, claims: LegacyClaims, wanted: readonly string[] | undefined): AuthenticationResult => {
    const { namespace, secretName, name, user } = claims;
    const secret = objects.resource('secrets').get(namespace, secretName);
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined)
      throw new Error('Token has been invalidated');
    if (!holds(secret, token)) throw new Error("Token does not match server's copy");
    const account = objects.resource('serviceaccounts').get(namespace, name);
    if (account === undefined) throw new Error(`serviceaccounts ${JSON.stringify(name)} not found`);
    if (account.metadata.deletionTimestamp !== undefined)
      throw new Error(`ServiceAccount ${namespace}/${name} has been deleted`);
    if (account.metadata.uid !== user.uid)
      throw new Error(`ServiceAccount UID (${account.metadata.uid}) does not match claim (${user.uid})`);
    markUsed(secret);
    if (secret.metadata.labels?.[invalidSinceLabel])
      throw new Error(
        `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`,
      );
    const shared = wanted === undefined ? audiences : audiences.filter((audience) => wanted.includes(audience));
    if (shared.length === 0) throw new Error('token audiences is invalid for the target audiences');
    return { user, audiences: shared };
  };

  return {
    authenticateToken(token, wanted) {
      const claims = known.get(token);
      if (claims !== undefined) return answer(token, claims, wanted);
      return verify(token).then((found) => (found === undefined ? undefined : answer(token, found, wanted)));
    },
  };
}

/** `2006-01-02`, in UTC. */
function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function holds(secret: KubeObject, token: string): boolean {
  const stored = Buffer.from((secret['data'] as { token?: string } | undefined)?.token ?? '', 'base64');
  const given = Buffer.from(token);
  return stored.length === given.length && timingSafeEqual(stored, given);
}
