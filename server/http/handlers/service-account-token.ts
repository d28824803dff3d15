// POST serviceaccounts/x/token: a bound token (TokenRequest).
import { defaultExpirationSeconds, issueToken, type TokenIssuerOptions } from '../../auth/token-request.ts';
import { defaultTo, ensure } from '../../registry/fields.ts';
import type { CustomRoute } from '../resource-routes.ts';
import { readPosted, respondCreated, trackPosted } from './created.ts';

const tokenRequestKind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

export function tokenRoute(options: TokenIssuerOptions): CustomRoute {
  return {
    path: 'serviceaccounts/token',
    async handle(request, namespace) {
      const { object, options: createOptions } = await readPosted(request, tokenRequestKind);
      // SetDefaults_TokenRequest.
      defaultTo(ensure(object, 'spec'), 'expirationSeconds', defaultExpirationSeconds);
      trackPosted(request, object, tokenRequestKind, createOptions, 'token');
      const issued = await issueToken(options, { namespace, name: request.info.name }, object);
      request.warnings.push(...issued.warnings);
      await respondCreated(request, issued.object);
    },
  };
}
