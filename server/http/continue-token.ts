// Continue tokens: where the next page of a list begins, and at which revision (k8s.io/apiserver pkg/storage/continue.go).
import { newBadRequest } from '../../apimachinery/status.ts';

export interface ContinueToken {
  /** The exact revision of the list; -1 for "whatever is newest", which an expired token is answered with. */
  revision: number;
  after: { namespace: string; name: string };
}

const tokenVersion = 'meta.k8s.io/v1';

export function encodeContinueToken({ revision, after }: ContinueToken): string {
  const start = `${after.namespace}/${after.name}\u0000`;
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start })).toString('base64url');
}

function invalidToken(why: string): Error {
  return newBadRequest(`invalid continue token: ${why}`);
}

function isTraversal(segment: string): boolean {
  return segment === '.' || segment === '..';
}

/** Throws 400 for anything that this server did not make. */
export function decodeContinueToken(token: string): ContinueToken {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(token))
    throw invalidToken('continue key is not valid: illegal base64 data at input byte 0');
  const text = Buffer.from(token, 'base64url').toString('latin1');
  let parsed: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    parsed = JSON.parse(Buffer.from(text, 'latin1').toString());
  } catch {
    throw invalidToken(
      `continue key is not valid: invalid character '${text[0] ?? ''}' looking for beginning of value`,
    );
  }
  if (parsed?.v !== tokenVersion)
    throw invalidToken(`server does not recognize this encoded version ${JSON.stringify(parsed?.v ?? '')}`);
  const { rv, start } = parsed;
  if (rv === 0 || !Number.isSafeInteger(rv))
    throw invalidToken('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || !start.endsWith('\u0000')) throw invalidToken('encoded start key not valid: empty');
  const [namespace, name, ...more] = start.slice(0, -1).split('/');
  if (namespace === undefined || name === undefined || more.length > 0 || isTraversal(namespace) || isTraversal(name))
    throw invalidToken(`continue key is not valid: ${start}`);
  return { revision: rv as number, after: { namespace, name } };
}
