// The paths beside resources that this server answers.
import type { ServiceAccountKeys } from '../auth/service-account-keys.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { ServerOptions } from '../options.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { versionInfo } from '../version.ts';
import type { Watches } from './handlers/watch.ts';
import type { Health } from './health.ts';
import type { NonResourceRoute } from './non-resource-routes.ts';
import { respondJson } from './respond.ts';

export interface PublicRouteOptions {
  descriptors: readonly ResourceDescriptor[];
  keys: ServiceAccountKeys;
  options: ServerOptions;
  health: Health;
  cache: WatchCache;
  watches: Watches;
}

export function publicRoutes({ health }: PublicRouteOptions): NonResourceRoute[] {
  const healthRoutes = ['/healthz', '/livez', '/readyz'].flatMap((path): NonResourceRoute[] => [
    { path, handle: (request) => health.handle(request) },
    { path: `${path}/*`, handle: (request) => health.handle(request), listed: false },
  ]);
  return [
    ...healthRoutes,
    {
      path: '/version',
      handle: (request) => respondJson(request, 200, versionInfo),
    },
  ];
}
