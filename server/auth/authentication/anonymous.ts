// Requests without credentials (k8s.io/apiserver pkg/authentication/request/anonymous).
import type { AuthenticationResult, Authenticator } from '../types.ts';
import { allUnauthenticated, anonymousUser } from '../user.ts';

/** What an anonymous caller may reach by default: health and version, which RBAC opens with system:public-info-viewer. */
export const anonymousPaths: readonly string[] = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const anonymous: AuthenticationResult = { user: { name: anonymousUser, groups: [allUnauthenticated] } };

/**
 * Says `system:anonymous` on the given paths (upstream's `anonymous.conditions[].path`), and nothing elsewhere, which makes
 * it a 401. `paths` undefined: everywhere, and authorization decides, as kube-apiserver does without conditions.
 */
export function anonymousAuthenticator(paths: readonly string[] | undefined): Authenticator {
  const allowed = paths === undefined ? undefined : new Set(paths);
  return {
    authenticate: (request) => (allowed === undefined || allowed.has(request.path) ? anonymous : undefined),
  };
}
