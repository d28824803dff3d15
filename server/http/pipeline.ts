// The path of every request, in order (k8s.io/apiserver pkg/server/config.go DefaultBuildHandlerChain, with the same order):
// parse, admit to a seat, authenticate, impersonate, authorize, pass on to an aggregated server or route.
import type { Logger } from 'pino';
import { newTooManyRequests, newUnauthorized, StatusError } from '../../apimachinery/status.ts';
import type { Aggregator } from '../aggregation/aggregator.ts';
import { proxyTo } from '../aggregation/proxy.ts';
import { forbiddenError } from '../auth/forbidden.ts';
import { impersonate, wantsImpersonation } from '../auth/impersonation.ts';
import type { AuthenticationResult, Authenticator, AuthorizationAttributes, Authorizer } from '../auth/types.ts';
import { ApiRequest } from './api-request.ts';
import type { Exchange } from './exchange.ts';
import type { NonResourceRoutes } from './non-resource-routes.ts';
import type { ResourceRoutes } from './resource-routes.ts';
import { respondError, statusOf } from './respond.ts';
import type { Seats } from './seats.ts';

export interface PipelineOptions {
  authenticator: Authenticator;
  authorizer: Authorizer;
  resources: ResourceRoutes;
  nonResources: NonResourceRoutes;
  aggregator: Aggregator;
  seats: Seats;
  log: Logger;
}

export class Pipeline {
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Answers one exchange; never throws. */
  handle(exchange: Exchange): void {
    const request = new ApiRequest(exchange);
    this.#answer(request).catch((error: unknown) => {
      const status = statusOf(error, this.#options.log);
      try {
        respondError(request, status);
      } catch (failure) {
        // The client is gone, or headers could not be written.
        this.#options.log.debug({ err: failure }, 'an error could not be answered');
      }
    });
  }

  async #answer(request: ApiRequest): Promise<void> {
    const { seats } = this.#options;
    if (isLongRunning(request)) return this.#serve(request);
    const seat = seats.take();
    if (seat === undefined) throw newTooManyRequests('too many requests, please try again later.', 1);
    if (seat !== true) await seat;
    try {
      await this.#serve(request);
    } finally {
      seats.give();
    }
  }

  async #serve(request: ApiRequest): Promise<void> {
    const { headers, rawHeaders, user } = request.exchange;
    if (user !== undefined) request.user = user;
    else {
      const pending = this.#authenticate(request);
      const result = pending instanceof Promise ? await pending : pending;
      if (result === undefined) throw newUnauthorized();
      request.user = result.user;
    }
    if (wantsImpersonation(headers))
      request.user = await impersonate(request.user, rawHeaders, this.#options.authorizer);
    const attributes = attributesOf(request);
    const decision = this.#options.authorizer.authorize(attributes);
    const { decision: verdict, reason } = decision instanceof Promise ? await decision : decision;
    if (verdict !== 'Allow') throw forbiddenError(attributes, reason);
    const { aggregator } = this.#options;
    const backend = aggregator.active ? aggregator.backendFor(request.info.path) : undefined;
    if (backend !== undefined) await proxyTo(backend, request);
    else if (request.info.isResourceRequest) await this.#options.resources.handle(request);
    else await this.#options.nonResources.handle(request);
  }

  #authenticate(request: ApiRequest): AuthenticationResult | undefined | Promise<AuthenticationResult | undefined> {
    const { connection, headers } = request.exchange;
    if (connection.peerRejected && headers['authorization'] === undefined) throw newUnauthorized();
    try {
      const result = this.#options.authenticator.authenticate({
        headers,
        peerCertificate: connection.peerCertificate,
        proxyCertificate: connection.proxyCertificate,
        source: request.exchange,
        connection: connection.memo,
        path: request.info.path,
      });
      return result instanceof Promise ? result.catch((error: unknown) => this.#refuse(error)) : result;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** A bad credential is a 401 that does not say why; the log does. */
  #refuse(error: unknown): never {
    if (!(error instanceof StatusError)) this.#options.log.debug({ err: error }, 'authentication failed');
    throw newUnauthorized();
  }
}

function attributesOf({ info, user }: ApiRequest): AuthorizationAttributes {
  const { verb, namespace, group, version, resource, subresource, name, isResourceRequest, path } = info;
  return { user, verb, namespace, group, version, resource, subresource, name, isResourceRequest, path };
}

/** Upstream's long-running requests take no seat: watches and streams. */
function isLongRunning({ info }: ApiRequest): boolean {
  return (
    info.verb === 'watch' ||
    info.subresource === 'log' ||
    info.subresource === 'exec' ||
    info.subresource === 'attach' ||
    info.subresource === 'portforward' ||
    info.subresource === 'proxy'
  );
}
