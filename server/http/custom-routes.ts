// Resources and subresources with handlers of their own.
import type { TokenAuthenticator } from '../auth/authentication/bearer-token.ts';
import type { RbacAuthorizer } from '../auth/rbac.ts';
import type { ServiceAccountKeys } from '../auth/service-account-keys.ts';
import type { Authorizer } from '../auth/types.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { Store } from '../registry/store.ts';
import type { CustomRoute } from './resource-routes.ts';

export interface CustomRouteOptions {
  storeList: readonly Store[];
  cache: WatchCache;
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  tokens: TokenAuthenticator;
  keys: ServiceAccountKeys;
  issuer: string;
}

export function customRoutes(_options: CustomRouteOptions): CustomRoute[] {
  return [];
}
