// The table of resources and subresources with handlers of their own.
import type { Storage } from '../../storage/storage.ts';
import type { AdmissionChain } from '../admission/types.ts';
import type { TokenAuthenticator } from '../auth/authentication/bearer-token.ts';
import type { ServiceAccountKeys } from '../auth/service-account-keys.ts';
import type { Authorizer } from '../auth/types.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { findResource } from '../registry/registry.ts';
import type { Store } from '../registry/store.ts';
import { admittedPosts } from './handlers/admitted-posts.ts';
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
  admission: AdmissionChain;
  /** Issuer of service account tokens, and the audience of the API server itself. */
  issuer: string;
}

export function customRoutes(options: CustomRouteOptions): CustomRoute[] {
  const { authorizer, tokens, issuer, keys, cache, storage } = options;
  const readPosted = admittedPosts(options.admission);
  const store = (storageName: string): Store => {
    const found = options.stores.find((candidate) => candidate.storageName === storageName);
    if (found === undefined) throw new Error(`no store for ${storageName}`);
    return found;
  };
  return [
    ...reviewRoutes({ authorizer, tokens, audiences: [issuer], readPosted }),
    ...podRoutes({
      pods: store('pods'),
      nodes: store('nodes'),
      budgets: store('poddisruptionbudgets.policy'),
      readPosted,
    }),
    tokenRoute({ keys, issuer, audiences: [issuer], objects: cache }, readPosted),
    componentStatusRoute(findResource('', 'v1', 'componentstatuses')!, storage),
  ];
}
