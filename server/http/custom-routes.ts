// The table of resources and subresources with handlers of their own.
import type { Storage } from '../../storage/storage.ts';
import type { TokenAuthenticator } from '../auth/authentication/bearer-token.ts';
import type { ServiceAccountKeys } from '../auth/service-account-keys.ts';
import type { Authorizer } from '../auth/types.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { findResource } from '../registry/registry.ts';
import type { Store } from '../registry/store.ts';
import { componentStatusRoute } from './handlers/component-statuses.ts';
import { podRoutes } from './handlers/pods.ts';
import { reviewRoutes } from './handlers/reviews.ts';
import { tokenRoute } from './handlers/service-account-token.ts';
import type { CustomRoute } from './resource-routes.ts';

export interface CustomRouteOptions {
  stores: readonly Store[];
  storage: Storage;
  cache: WatchCache;
  authorizer: Authorizer;
  tokens: TokenAuthenticator;
  keys: ServiceAccountKeys;
  /** Issuer of service account tokens, and the audience of the API server itself. */
  issuer: string;
}

export function customRoutes(options: CustomRouteOptions): CustomRoute[] {
  const { authorizer, tokens, issuer, keys, cache, storage } = options;
  const store = (storageName: string): Store => {
    const found = options.stores.find((candidate) => candidate.storageName === storageName);
    if (found === undefined) throw new Error(`no store for ${storageName}`);
    return found;
  };
  return [
    ...reviewRoutes({ authorizer, tokens, audiences: [issuer] }),
    ...podRoutes({ pods: store('pods'), nodes: store('nodes'), budgets: store('poddisruptionbudgets.policy') }),
    tokenRoute({ keys, issuer, audiences: [issuer], objects: cache }),
    componentStatusRoute(findResource('', 'v1', 'componentstatuses')!, storage),
  ];
}
