// The paths beside resources that this server answers.
import type { Aggregator } from '../aggregation/aggregator.ts';
import { MergedDiscovery } from '../aggregation/merged-discovery.ts';
import { MergedOpenApi } from '../aggregation/merged-openapi.ts';
import type { ServiceAccountKeys } from '../auth/service-account-keys.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { DocumentAnswer, DocumentRequest } from '../discovery/document.ts';
import type { OpenApi } from '../openapi/openapi.ts';
import type { ServerOptions } from '../options.ts';
import { versionInfo } from '../version.ts';
import type { ApiRequest } from './api-request.ts';
import type { Health } from './health.ts';
import { checkAcceptable, produced } from './negotiate.ts';
import type { NonResourceRoute } from './non-resource-routes.ts';
import { respond, respondDocument, respondJson, respondText } from './respond.ts';

export interface PublicRouteOptions {
  discovery: Discovery;
  openApi: OpenApi;
  /** Resolves when what is known of custom resources is served; undefined when it is. */
  settled(): Promise<void> | undefined;
  keys: ServiceAccountKeys;
  /** `securePort` is the one that is listened on. */
  options: ServerOptions;
  health: Health;
  aggregator: Aggregator;
}

/** A document with a form, an ETag and cache headers of its own. */
function answerDocument(request: ApiRequest, answer: DocumentAnswer | undefined): void {
  if (answer === undefined) respondText(request, 404, '404 page not found\n');
  else respondDocument(request, answer);
}

function documentRequest(request: ApiRequest): DocumentRequest {
  const { headers } = request.exchange;
  const accept = headers['accept'];
  const ifNoneMatch = headers['if-none-match'];
  return {
    path: request.info.path,
    query: request.info.query,
    accept: Array.isArray(accept) ? accept.join(',') : accept,
    acceptEncoding: typeof headers['accept-encoding'] === 'string' ? headers['accept-encoding'] : undefined,
    ifNoneMatch: typeof ifNoneMatch === 'string' ? ifNoneMatch : undefined,
  };
}

/** Upstream's aggregator answers for the groups itself, without the router that looks at the Accept header first. */
function hasRouter(path: string): boolean {
  return path.startsWith('/api/') || path === '/api' || path.split('/').length > 3;
}

function discoveryRoutes({ discovery: local, settled, aggregator }: PublicRouteOptions): NonResourceRoute[] {
  const discovery = new MergedDiscovery(local, aggregator);
  const own = new Set(local.paths);
  const handle = async (request: ApiRequest) => {
    const path = request.info.path.replace(/\/$/, '');
    if (own.has(path) && hasRouter(path)) checkAcceptable(request.exchange.headers, produced.object);
    await settled();
    answerDocument(request, discovery.answer(documentRequest(request)));
  };
  return ['/api', '/api/*', '/apis', '/apis/*'].map((path) => ({ path, handle, listed: false }));
}

function openApiRoutes({ openApi: local, settled, aggregator }: PublicRouteOptions): NonResourceRoute[] {
  const openApi = new MergedOpenApi(local, aggregator);
  const handle = async (request: ApiRequest) => {
    await settled();
    answerDocument(request, await openApi.answer(documentRequest(request)));
  };
  return [
    { path: '/openapi/v2', handle },
    { path: '/openapi/v3', handle },
    { path: '/openapi/v3/*', handle, listed: false },
  ];
}

/** OIDC discovery of the service account issuer. */
function issuerRoutes({ keys, options }: PublicRouteOptions): NonResourceRoute[] {
  const { serviceAccountIssuer, advertiseAddress, securePort } = options;
  const configuration = keys.openidConfiguration(
    serviceAccountIssuer,
    `https://${advertiseAddress}:${securePort}/openid/v1/jwks`,
  );
  return [
    { path: '/.well-known/openid-configuration', handle: (request) => respondJson(request, 200, configuration) },
    {
      path: '/openid/v1/jwks',
      handle: (request) =>
        respond(request, 200, { contentType: 'application/jwk-set+json', body: JSON.stringify(keys.jwks()) }),
    },
  ];
}

export function publicRoutes(options: PublicRouteOptions): NonResourceRoute[] {
  const { health } = options;
  const healthRoutes = ['/healthz', '/livez', '/readyz'].flatMap((path): NonResourceRoute[] => [
    { path, handle: (request) => health.handle(request) },
    { path: `${path}/*`, handle: (request) => health.handle(request), listed: false },
  ]);
  return [
    ...healthRoutes,
    ...discoveryRoutes(options),
    ...openApiRoutes(options),
    ...issuerRoutes(options),
    {
      path: '/version',
      handle(request) {
        checkAcceptable(request.exchange.headers, produced.json);
        return respondJson(request, 200, versionInfo);
      },
    },
  ];
}
