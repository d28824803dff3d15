// A front proxy says who the user is, in headers (k8s.io/apiserver pkg/authentication/request/headerrequest). Believed only on
// connections whose client certificate is of the front proxy's CA and, where names are given, has one of them.
import { X509Certificate } from 'node:crypto';
import { readSubject } from '../certificate.ts';
import type { AuthenticationRequest, Authenticator, UserInfo } from '../types.ts';

/** --requestheader-… flags. */
export interface RequestHeaderOptions {
  /** Common names of client certificates that are believed; none: every one of the CA. */
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeadersPrefix: readonly string[];
}

export const defaultRequestHeaderOptions: RequestHeaderOptions = {
  allowedNames: ['front-proxy-client'],
  usernameHeaders: ['X-Remote-User'],
  uidHeaders: ['X-Remote-Uid'],
  groupHeaders: ['X-Remote-Group'],
  extraHeadersPrefix: ['X-Remote-Extra-'],
};

/** Users that are remembered, so that the same one is the same object and authorization can remember decisions by it. */
const maxKnownUsers = 4096;

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** The values of headers as they were sent: a list joined by commas could not be told from one value with commas. */
function valuesOf(rawHeaders: readonly string[], matches: (name: string) => boolean): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (matches(name)) found.push([name, rawHeaders[at + 1]!]);
  }
  return found;
}

export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const lower = (names: readonly string[]) => names.map((name) => name.trim().toLowerCase());
  const usernames = lower(options.usernameHeaders);
  const uids = lower(options.uidHeaders);
  const groups = lower(options.groupHeaders);
  const prefixes = lower(options.extraHeadersPrefix);
  const known = new Map<string, UserInfo>();
  const allowed = new WeakMap<AuthenticationRequest['connection'], boolean>();

  const isAllowed = ({ connection, proxyCertificate }: AuthenticationRequest): boolean => {
    let answer = allowed.get(connection);
    if (answer === undefined) {
      const raw = proxyCertificate?.();
      answer = raw !== undefined && hasAllowedName(raw, options.allowedNames);
      allowed.set(connection, answer);
    }
    return answer;
  };

  const extraOf = (rawHeaders: readonly string[]): Record<string, string[]> => {
    const extra = new Map<string, string[]>();
    for (const prefix of prefixes)
      for (const [name, value] of valuesOf(rawHeaders, (header) => header.startsWith(prefix))) {
        const key = unescapeKey(name.slice(prefix.length));
        extra.set(key, [...(extra.get(key) ?? []), value]);
      }
    return Object.fromEntries(extra);
  };

  return {
    authenticate(request) {
      const nameHeader = usernames.find((header) => request.headers[header]);
      if (nameHeader === undefined || !isAllowed(request)) return undefined;
      const { rawHeaders } = request.source;
      const first = (headers: readonly string[]) =>
        valuesOf(rawHeaders, (header) => headers.includes(header)).find(([, value]) => value !== '')?.[1];
      const uid = first(uids);
      const extra = extraOf(rawHeaders);
      const user: UserInfo = {
        name: first([nameHeader])!,
        ...(uid === undefined ? {} : { uid }),
        groups: valuesOf(rawHeaders, (header) => groups.includes(header)).flatMap(([, value]) => value || []),
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
      };
      const key = JSON.stringify(user);
      const same = known.get(key);
      if (same !== undefined) return { user: same };
      if (known.size >= maxKnownUsers) known.clear();
      known.set(key, user);
      return { user };
    },
  };
}

/** Throws where the certificate is of nobody that is believed. */
function hasAllowedName(raw: Uint8Array, allowedNames: readonly string[]): boolean {
  const certificate = new X509Certificate(raw);
  const { commonName } = readSubject(certificate);
  const now = Date.now();
  if (now > certificate.validToDate.getTime() || now < certificate.validFromDate.getTime())
    throw new Error('x509: certificate has expired or is not yet valid');
  if (allowedNames.length > 0 && !allowedNames.includes(commonName))
    throw new Error(`x509: subject with cn=${commonName} is not in the allowed list`);
  return true;
}
