// Bearer tokens: finds the token in the request and asks the token authenticators in order
// (k8s.io/apiserver pkg/authentication/request/bearertoken, request/websocket, token/union).
import { aggregate } from '../go-format.ts';
import type { AuthenticationResult, Authenticator } from '../types.ts';

export interface TokenAuthenticator {
  /**
   * Undefined: not a token of mine. Throws: mine, and bad. `audiences` are those the caller wants the token to be good
   * for; undefined stands for the API server's own.
   */
  authenticateToken(
    token: string,
    audiences?: readonly string[],
  ): AuthenticationResult | undefined | Promise<AuthenticationResult | undefined>;
}

/** What a request with a token that nobody knows fails with. */
export const invalidBearerToken = 'invalid bearer token';

const webSocketProtocolPrefix = 'base64url.bearer.authorization.k8s.io.';

function webSocketToken(header: string | undefined): string | undefined {
  for (const protocol of header?.split(',') ?? []) {
    const name = protocol.trim();
    if (!name.startsWith(webSocketProtocolPrefix)) continue;
    return Buffer.from(name.slice(webSocketProtocolPrefix.length), 'base64url').toString('utf8');
  }
  return undefined;
}

function tokenOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const { authorization } = headers;
  if (typeof authorization === 'string') {
    const [scheme, token] = authorization.trim().split(' ', 2);
    if (scheme?.toLowerCase() === 'bearer' && token !== undefined && token !== '') return token;
  }
  const protocols = headers['sec-websocket-protocol'];
  return protocols === undefined ? undefined : webSocketToken(String(protocols));
}

/** Asks each in turn; the first that answers wins. Errors count only when nobody answers. */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticateToken(token, audiences) {
      const errors: string[] = [];
      const ask = (index: number): ReturnType<TokenAuthenticator['authenticateToken']> => {
        for (let at = index; at < authenticators.length; at++) {
          try {
            const result = authenticators[at]!.authenticateToken(token, audiences);
            if (result instanceof Promise) {
              return result
                .catch((error: Error) => void errors.push(error.message))
                .then((answer) => answer ?? ask(at + 1));
            }
            if (result !== undefined) return result;
          } catch (error) {
            errors.push((error as Error).message);
          }
        }
        if (errors.length > 0) throw new Error(aggregate(errors));
        return undefined;
      };
      return ask(0);
    },
  };
}

/** A request with a token that no authenticator knows is refused, never passed on as anonymous. */
export function bearerTokenAuthenticator(tokens: TokenAuthenticator): Authenticator {
  const known = (result: AuthenticationResult | undefined): AuthenticationResult => {
    if (result === undefined) throw new Error(invalidBearerToken);
    return result;
  };
  return {
    authenticate(request) {
      const token = tokenOf(request.headers);
      if (token === undefined) return undefined;
      const result = tokens.authenticateToken(token);
      return result instanceof Promise ? result.then(known) : known(result);
    },
  };
}
