// The order in which a request's credentials are looked at (kubernetes pkg/kubeapiserver/authenticator config.go).
import type { AuthenticationRequest, AuthenticationResult, Authenticator, UserInfo } from '../types.ts';
import { withAuthenticatedGroup } from '../user.ts';

/** Nobody: the request has no credentials that count. Rejected: it has some, and they are bad. Both are a 401. */
export type AuthenticationOutcome = AuthenticationResult | undefined;

/**
 * Asks the authenticators in order (front proxy, client certificate, bearer token, …); the first answer wins and gets the
 * group system:authenticated. Errors make the request fail only when nobody answers, and then before `anonymous` is asked.
 * The same credential gives the same UserInfo object each time, so that authorization can remember decisions by it.
 */
export function authenticatorChain(authenticators: readonly Authenticator[], anonymous?: Authenticator): Authenticator {
  const completed = new WeakMap<UserInfo, AuthenticationResult>();

  const complete = (result: AuthenticationResult): AuthenticationResult => {
    const known = completed.get(result.user);
    if (known !== undefined && known.audiences === result.audiences) return known;
    const made = { ...result, user: withAuthenticatedGroup(result.user) };
    completed.set(result.user, made);
    return made;
  };

  const ask = (
    request: AuthenticationRequest,
    from: number,
    error: unknown,
  ): AuthenticationOutcome | Promise<AuthenticationOutcome> => {
    let failure = error;
    for (let at = from; at < authenticators.length; at++) {
      try {
        const result = authenticators[at]!.authenticate(request);
        if (result instanceof Promise) {
          return result.then(
            (answer) => (answer === undefined ? ask(request, at + 1, failure) : complete(answer)),
            (reason) => ask(request, at + 1, failure ?? reason),
          );
        }
        if (result !== undefined) return complete(result);
      } catch (reason) {
        failure ??= reason;
      }
    }
    if (failure !== undefined) throw failure;
    return anonymous?.authenticate(request);
  };
  return { authenticate: (request) => ask(request, 0, undefined) };
}
