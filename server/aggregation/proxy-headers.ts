// What goes to another API server with a request that is passed on: the client's own headers but for its credentials and what
// belongs to the connection, and who the user is (client-go transport SetAuthProxyHeaders).
import type { UserInfo } from '../auth/types.ts';
import type { RequestHeaders } from '../http/exchange.ts';

/** RFC 9110 7.6.1; they are about one connection. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

function isIdentity(name: string): boolean {
  return name === 'authorization' || name.startsWith('impersonate-') || name.startsWith('x-remote-');
}

/** Header names may not hold everything that keys of extra information may (client-go headerKeyEscape: RFC 7230 tokens, no `%`). */
function escapeHeaderKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[!#$&'*+.^_`|~0-9A-Za-z-]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** The user as X-Remote- headers. */
export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): Record<string, string | string[]> {
  return {
    'X-Remote-User': name,
    ...(uid ? { 'X-Remote-Uid': uid } : {}),
    ...(groups.length > 0 ? { 'X-Remote-Group': [...groups] } : {}),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`X-Remote-Extra-${escapeHeaderKey(key)}`, [...values]]),
    ),
  };
}

export interface Forwarded {
  user: UserInfo;
  auditId: string;
  remoteAddress: string;
}

/** The headers of the request that is passed on. */
export function forwardedHeaders(headers: RequestHeaders, { user, auditId, remoteAddress }: Forwarded) {
  const result: Record<string, string | string[]> = {};
  const connectionHeaders = String(headers['connection'] ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':') || name === 'host' || hopByHop.has(name)) continue;
    if (isIdentity(name) || connectionHeaders.includes(name)) continue;
    result[name] = value;
  }
  const before = result['x-forwarded-for'];
  result['x-forwarded-for'] = before === undefined ? remoteAddress : `${[before].flat().join(', ')}, ${remoteAddress}`;
  result['audit-id'] = auditId;
  return { ...result, ...identityHeaders(user) };
}

/** The answer's headers as a flat list, without those of the connection. */
export function answerHeaders(rawHeaders: readonly string[]): string[] {
  const result: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!hopByHop.has(rawHeaders[i]!.toLowerCase())) result.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  return result;
}
