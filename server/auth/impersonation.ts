// Acting as somebody else (k8s.io/apiserver pkg/endpoints/filters/impersonation). Constrained impersonation (KEP-5284) has
// its place here, before the check of the plain `impersonate` verb.
import { newBadRequest } from '../../apimachinery/status.ts';
import { forbiddenError } from './forbidden.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from './types.ts';
import {
  allAuthenticated,
  allUnauthenticated,
  anonymousUser,
  serviceAccountGroups,
  serviceAccountUsername,
  splitServiceAccountUsername,
} from './user.ts';

const extraPrefix = 'impersonate-extra-';

/** One thing the caller wants to be: what it adds to the user, and the permission it takes. */
interface Wish {
  group: string;
  version: string;
  kind: 'ServiceAccount' | 'User' | 'Group' | 'UserExtra' | 'UID';
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

function wish(kind: Wish['kind'], resource: string, name: string, more: Partial<Wish> = {}): Wish {
  return { group: '', version: '', kind, resource, subresource: '', namespace: '', name, ...more };
}

const authentication = { group: 'authentication.k8s.io', version: 'v1' };

function extraKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Go's %v of the v1.ObjectReferences that upstream makes of the headers. */
function printWishes(wishes: readonly Wish[]): string {
  const printed = wishes.map(({ kind, namespace, name, group, version, subresource }) => {
    const apiVersion = group === '' ? '' : `${group}/${version}`;
    return `{${kind} ${namespace} ${name}  ${apiVersion}  ${subresource}}`;
  });
  return `[${printed.join(' ')}]`;
}

function wishesOf(rawHeaders: readonly string[]): Wish[] {
  let user: Wish | undefined;
  let uid: Wish | undefined;
  const groups: Wish[] = [];
  const extras: Wish[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at]!.toLowerCase();
    if (!header.startsWith('impersonate-')) continue;
    const value = rawHeaders[at + 1]!;
    if (header === 'impersonate-user' && value !== '' && user === undefined) {
      const account = splitServiceAccountUsername(value);
      user =
        account === undefined
          ? wish('User', 'users', value)
          : wish('ServiceAccount', 'serviceaccounts', account.name, { version: 'v1', namespace: account.namespace });
    } else if (header === 'impersonate-group') groups.push(wish('Group', 'groups', value));
    else if (header === 'impersonate-uid' && value !== '' && uid === undefined)
      uid = wish('UID', 'uids', value, authentication);
    else if (header.startsWith(extraPrefix)) {
      const subresource = extraKey(header.slice(extraPrefix.length));
      extras.push(wish('UserExtra', 'userextras', value, { ...authentication, subresource }));
    }
  }
  const others = [...groups, ...extras, ...(uid === undefined ? [] : [uid])];
  if (user === undefined && others.length > 0)
    throw newBadRequest(`requested ${printWishes(others)} without impersonating a user`);
  return user === undefined ? [] : [user, ...others];
}

function attributesOf(requestor: UserInfo, wanted: Wish): AuthorizationAttributes {
  const { group, version, resource, subresource, namespace, name } = wanted;
  return {
    user: requestor,
    verb: 'impersonate',
    namespace,
    group,
    version,
    resource,
    subresource,
    name,
    isResourceRequest: true,
    path: '',
  };
}

function defaultGroups(username: string, groups: readonly string[]): string[] {
  if (username === anonymousUser) return groups.includes(allUnauthenticated) ? [] : [allUnauthenticated];
  return groups.includes(allAuthenticated) || groups.includes(allUnauthenticated) ? [] : [allAuthenticated];
}

/** True when any header asks for impersonation; everything else passes `impersonate` by. */
export function wantsImpersonation(headers: Readonly<Record<string, unknown>>): boolean {
  for (const header in headers) if (header.startsWith('impersonate-')) return true;
  return false;
}

/**
 * The user to go on as: `requestor` when no Impersonate-* header is there, else the user they describe. `rawHeaders` is
 * Node's flat list of names and values, since repeated headers matter. Throws 400 for groups without a user, and 403 when
 * the requestor may not impersonate one of the things asked for.
 */
export async function impersonate(
  requestor: UserInfo,
  rawHeaders: readonly string[],
  authorizer: Authorizer,
): Promise<UserInfo> {
  const wishes = wishesOf(rawHeaders);
  if (wishes.length === 0) return requestor;
  const groups: string[] = [];
  const extra: Record<string, string[]> = {};
  let name = '';
  let uid: string | undefined;
  for (const wanted of wishes) {
    if (wanted.kind === 'User') name = wanted.name;
    else if (wanted.kind === 'ServiceAccount') name = serviceAccountUsername(wanted.namespace, wanted.name);
    else if (wanted.kind === 'Group') groups.push(wanted.name);
    else if (wanted.kind === 'UID') uid = wanted.name;
    else extra[wanted.subresource] = [...(extra[wanted.subresource] ?? []), wanted.name];
    const attributes = attributesOf(requestor, wanted);
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== 'Allow') throw forbiddenError(attributes, reason);
  }
  const account = wishes[0]!;
  if (account.kind === 'ServiceAccount' && groups.length === 0) groups.push(...serviceAccountGroups(account.namespace));
  groups.push(...defaultGroups(name, groups));
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
