// POST serviceaccounts/x/token: a bound token (TokenRequest).
import { issueToken, type TokenIssuerOptions } from '../../auth/token-request.ts';
import type { CustomRoute } from '../resource-routes.ts';
import { readPosted, respondCreated } from './created.ts';

export function tokenRoute(options: TokenIssuerOptions): CustomRoute {
  return {
    path: 'serviceaccounts/token',
    async handle(request, namespace) {
      const { object } = await readPosted(request, {
        group: 'authentication.k8s.io',
        version: 'v1',
        kind: 'TokenRequest',
      });
      const issued = await issueToken(options, { namespace, name: request.info.name }, object);
      request.warnings.push(...issued.warnings);
      await respondCreated(request, issued.object);
    },
  };
}
