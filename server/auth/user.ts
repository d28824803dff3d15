// Names that mean something to the API server itself (k8s.io/apiserver pkg/authentication/user and serviceaccount).
import type { UserInfo } from './types.ts';

export const anonymousUser = 'system:anonymous';
export const allAuthenticated = 'system:authenticated';
export const allUnauthenticated = 'system:unauthenticated';
/** Members may do everything; no rule is asked. */
export const privilegedGroup = 'system:masters';

/** Key of `extra` that says which credential was used: `JTI=…` or `X509SHA256=…`. */
export const credentialIdKey = 'authentication.kubernetes.io/credential-id';

const serviceAccountPrefix = 'system:serviceaccount:';

/** `system:serviceaccount:<namespace>:<name>`. */
export function serviceAccountUsername(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** The namespace and name in a service account's user name; undefined for other users and malformed names. */
export function splitServiceAccountUsername(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined;
  const parts = username.slice(serviceAccountPrefix.length).split(':');
  const [namespace, name] = parts;
  if (parts.length !== 2 || !isDnsLabel(namespace!) || !isDnsSubdomain(name!)) return undefined;
  return { namespace: namespace!, name: name! };
}

function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part));
}

/** The user with `system:authenticated` among its groups (group.AuthenticatedGroupAdder). Anonymous stays as it is. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.name === anonymousUser) return user;
  if (user.groups.includes(allAuthenticated) || user.groups.includes(allUnauthenticated)) return user;
  return { ...user, groups: [...user.groups, allAuthenticated] };
}
