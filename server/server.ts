// An API server: storage, watch cache, stores, security and routes, put together; one process may run several.

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { warmUpKinds } from '../apimachinery/decode/decode.ts';
import { newServiceUnavailable } from '../apimachinery/status.ts';
import type { Storage } from '../storage/storage.ts';
import { Aggregator } from './aggregation/aggregator.ts';
import { anonymousAuthenticator, anonymousPaths } from './auth/authentication/anonymous.ts';
import { bearerTokenAuthenticator, type TokenAuthenticator, tokenUnion } from './auth/authentication/bearer-token.ts';
import { authenticatorChain } from './auth/authentication/chain.ts';
import {
  type LegacyAuthenticatorOptions,
  legacyServiceAccountAuthenticator,
} from './auth/authentication/legacy-service-account.ts';
import { requestHeaderAuthenticator } from './auth/authentication/request-header.ts';
import { serviceAccountAuthenticator } from './auth/authentication/service-account.ts';
import { tokenFileAuthenticator } from './auth/authentication/token-file.ts';
import { x509Authenticator } from './auth/authentication/x509.ts';
import { authorizerUnion } from './auth/authorizer-union.ts';
import { ensurePki, type Pki } from './auth/pki.ts';
import { RbacAuthorizer } from './auth/rbac.ts';
import { ServiceAccountKeys } from './auth/service-account-keys.ts';
import type { Authenticator, Authorizer, UserInfo } from './auth/types.ts';
import { type BootstrapOptions, bootstrap } from './bootstrap/bootstrap.ts';
import type { RingLimits } from './cache/event-ring.ts';
import { ResourceCache } from './cache/resource-cache.ts';
import { WatchCache } from './cache/watch-cache.ts';
import { Discovery } from './discovery/discovery.ts';
import { ApiServiceRegistration } from './extensions/api-service-registration.ts';
import { CrdController } from './extensions/crd-controller.ts';
import { CustomResources } from './extensions/custom-resources.ts';
import { customRoutes } from './http/custom-routes.ts';
import { Health } from './http/health.ts';
import { type Listener, listen } from './http/listener.ts';
import { LocalExchange, type LocalRequest, type LocalResponse } from './http/local-exchange.ts';
import { NonResourceRoutes } from './http/non-resource-routes.ts';
import { Pipeline } from './http/pipeline.ts';
import { publicRoutes } from './http/public-routes.ts';
import { ResourceRoutes } from './http/resource-routes.ts';
import { Seats } from './http/seats.ts';
import { OpenApi } from './openapi/openapi.ts';
import type { ServerOptions } from './options.ts';
import type { ResourceDescriptor } from './registry/descriptor.ts';
import { selectableReader } from './registry/field-labels.ts';
import { resources } from './registry/registry.ts';
import { ServerWriter } from './registry/server-writer.ts';
import { Store } from './registry/store.ts';
import { framingOfDescriptor } from './registry/stored-kind.ts';
import { WritePolicies } from './registry/write-policies.ts';

export interface ApiServer {
  /** `https://address:port`. */
  url: string;
  port: number;
  pki: Pki;
  /** The watch cache, for tests and metrics. */
  cache: WatchCache;
  /**
   * Answers a request from within this process, as the given user, without a connection; authorization and everything after it are as
   * for others. Rejects when its signal is aborted before there is an answer.
   */
  handle(user: UserInfo, request: LocalRequest): Promise<LocalResponse>;
  /** Adds a check to /readyz: what must work beside the server for this process to be ready. It gives what is wrong, or undefined. */
  addReadyCheck(name: string, check: () => string | undefined): void;
  /** Ends watches, answers what is under way (at most `graceMilliseconds`), frees everything but the storage. Idempotent. */
  close(graceMilliseconds?: number): Promise<void>;
}

/** Requests that may wait for a seat, for each seat there is. */
const queueLengthPerSeat = 10;
const defaultGraceMilliseconds = 2000;

/** How storage calls a resource's objects: several resources may share them (events of both groups). */
function storageNameOf(descriptor: ResourceDescriptor): string {
  return (
    descriptor.storedAs ??
    (descriptor.group === '' ? descriptor.resource : `${descriptor.resource}.${descriptor.group}`)
  );
}

/** One cache for each kind of stored object; where resources share objects, the first in the table frames them. */
function resourceCaches(descriptors: readonly ResourceDescriptor[], ring: RingLimits): Map<string, ResourceCache> {
  const caches = new Map<string, ResourceCache>();
  for (const descriptor of descriptors) {
    const name = storageNameOf(descriptor);
    if (!descriptor.stored || caches.has(name)) continue;
    const sharing = descriptors.filter((other) => other.stored && storageNameOf(other) === name);
    caches.set(name, new ResourceCache(framingOfDescriptor(descriptor), selectableReader(sharing), ring));
  }
  return caches;
}

async function authenticatorFor(
  options: ServerOptions,
  keys: ServiceAccountKeys,
  cache: WatchCache,
  label: LegacyAuthenticatorOptions['label'],
): Promise<{ chain: Authenticator; tokens: TokenAuthenticator }> {
  const tokenSources: TokenAuthenticator[] = [];
  if (options.tokenAuthFile !== undefined) {
    tokenSources.push(tokenFileAuthenticator(await readFile(options.tokenAuthFile, 'utf8'), options.tokenAuthFile));
  }
  const issuer = options.serviceAccountIssuer;
  tokenSources.push(serviceAccountAuthenticator({ keys, issuers: [issuer], audiences: [issuer], objects: cache }));
  tokenSources.push(legacyServiceAccountAuthenticator({ keys, audiences: [issuer], objects: cache, label }));
  const tokens = tokenUnion(tokenSources);
  const frontProxy = requestHeaderAuthenticator(options.requestHeader);
  const anonymous = options.anonymousAuth ? anonymousAuthenticator(anonymousPaths) : undefined;
  return {
    chain: authenticatorChain([frontProxy, x509Authenticator, bearerTokenAuthenticator(tokens)], anonymous),
    tokens,
  };
}

/** First usable address of an IPv4 range: the `kubernetes` Service's. */
export function firstServiceAddress(range: string): string {
  const [address = '', ...rest] = range.split('/');
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || rest.length !== 1 || octets.some((octet) => !(octet >= 0 && octet <= 255))) {
    throw new Error(`--service-cluster-ip-range: ${range} is not an IPv4 range such as 10.96.0.0/16`);
  }
  octets[3]! += 1;
  return octets.join('.');
}

/** Makes the keys and certificates that a server with these options lacks; may be called before `startServer`, which calls it too. */
export async function ensureServerPki(options: ServerOptions): Promise<Pki> {
  return await ensurePki({
    directory: options.certDirectory,
    serviceAddress: firstServiceAddress(options.serviceClusterIpRange),
    advertiseAddress: options.advertiseAddress,
    extraNames: [...options.tlsSanNames],
  });
}

/**
 * Starts to serve. Resolves when /readyz answers 200. The storage stays the caller's to close. `beforeReady` is awaited
 * between listening and being ready, for what clients expect to find once the server is ready (a kubeconfig).
 */
export async function startServer(
  storage: Storage,
  options: ServerOptions,
  log: Logger,
  beforeReady?: (server: Pick<ApiServer, 'url' | 'pki'>) => Promise<void>,
): Promise<ApiServer> {
  // What was started is stopped in reverse order: at the end, or when a later step fails.
  await using starting = new AsyncDisposableStack();
  const parts = await assemble(storage, options, log, starting);
  const { listener, url, pipeline } = await serve(parts, options, log);
  const grace = { milliseconds: 0 };
  starting.defer(() => listener.close(grace.milliseconds));
  await beforeReady?.({ url, pki: parts.pki });
  const upkeep = await bootstrap(bootstrapOptions(parts, options, listener.port, log));
  starting.defer(() => upkeep.close());
  parts.policies.onNamespaceCreated((namespace) => upkeep.namespaceCreated(namespace));
  startExtensions(parts, log, starting);
  parts.policies.startFlowSchemaConditions(parts.flowSchemas);
  parts.state.started = true;
  // The first Pod would wait for its schema to be compiled; this takes slices of a millisecond while the server serves.
  warmUpKinds([{ group: '', version: 'v1', kind: 'Pod' }]).catch((error: unknown) =>
    log.warn({ err: error }, 'warming up failed'),
  );

  const started = starting.move();
  let closing: Promise<void> | undefined;
  const close = (graceMilliseconds: number): Promise<void> => {
    parts.state.shuttingDown = true;
    grace.milliseconds = graceMilliseconds;
    parts.routes.watches.endAll();
    parts.aggregator.close();
    return started.disposeAsync();
  };
  return {
    url,
    port: listener.port,
    pki: parts.pki,
    cache: parts.cache,
    addReadyCheck: (name, check) => parts.health.add({ name, endpoints: ['readyz'], check }),
    handle(user, request) {
      if (closing !== undefined) return Promise.resolve(closedResponse);
      const exchange = new LocalExchange(request, user);
      pipeline.handle(exchange);
      return exchange.response;
    },
    close(graceMilliseconds = defaultGraceMilliseconds) {
      closing ??= close(graceMilliseconds);
      return closing;
    },
  };
}

/** What a request from within the process is answered once the server is closing; others find the port closed. */
const closedResponse: LocalResponse = {
  status: 503,
  headers: ['Content-Type', 'application/json'],
  body: JSON.stringify(newServiceUnavailable('the server is shutting down').status),
};

/** Everything that a server consists of before it listens. */
interface Parts {
  storage: Storage;
  cache: WatchCache;
  pki: Pki;
  keys: ServiceAccountKeys;
  authenticator: Authenticator;
  authorizer: Authorizer;
  policies: WritePolicies;
  writer: ServerWriter;
  routes: ResourceRoutes;
  customResources: CustomResources;
  discovery: Discovery;
  openApi: OpenApi;
  flowSchemas: Store;
  aggregator: Aggregator;
  health: Health;
  state: ServerState;
}

interface ServerState {
  started: boolean;
  shuttingDown: boolean;
  /** What is listened on; 0 before. */
  port: number;
}

async function assemble(
  storage: Storage,
  options: ServerOptions,
  log: Logger,
  starting: AsyncDisposableStack,
): Promise<Parts> {
  const cache = new WatchCache(storage, resourceCaches(resources, options.watchCacheRing), log);
  starting.defer(() => cache.close());
  const [pki] = await Promise.all([ensureServerPki(options), cache.start()]);
  const keys = new ServiceAccountKeys(pki.serviceAccountKey);
  const rbac = new RbacAuthorizer(cache);
  const authorizer = authorizerUnion([rbac]);
  const { chain, tokens } = await authenticatorFor(options, keys, cache, (secret, name, value) => {
    const { namespace = '', labels } = secret.metadata;
    writer
      .update('secrets', namespace, {
        ...secret,
        metadata: { ...secret.metadata, labels: { ...labels, [name]: value } },
      })
      .catch((error: unknown) => log.debug({ err: error }, 'the last use of a token could not be noted'));
  });

  const policies = new WritePolicies({ options, cache, rbac, authorizer, storage, log });
  starting.defer(() => policies.close());
  const stores = new Map<ResourceDescriptor, Store | undefined>();
  for (const descriptor of resources) {
    const storeOptions = { storage, cache, admission: policies.admission, hooks: policies.hooksOf(descriptor) };
    stores.set(descriptor, descriptor.stored ? new Store(descriptor, storeOptions) : undefined);
  }
  const stored = [...stores.values()].filter((store) => store !== undefined);
  const writer = new ServerWriter(stored);
  policies.start(writer);
  const flowSchemas = stored.find(({ descriptor }) => descriptor.resource === 'flowschemas')!;
  const aggregator = new Aggregator({
    objects: cache,
    writer,
    client: options.proxyClient ?? pki.frontProxyClient,
    log,
  });
  starting.defer(() => aggregator.close());

  const issuer = options.serviceAccountIssuer;
  const custom = customRoutes({
    stores: stored,
    storage,
    cache,
    authorizer,
    tokens,
    keys,
    issuer,
    admission: policies.admission,
  });
  const routes = new ResourceRoutes(stores, custom, storage, cache, options);
  const state: ServerState = { started: false, shuttingDown: false, port: 0 };
  const discovery = new Discovery(resources, { serverAddress: () => `${options.advertiseAddress}:${state.port}` });
  const openApi = new OpenApi(resources);
  const customResources = new CustomResources({
    storage,
    cache,
    routes,
    policies,
    ring: options.watchCacheRing,
    log,
    publish(descriptors) {
      policies.publish(descriptors);
      for (const documents of [discovery, openApi]) documents.update([...resources, ...descriptors]);
    },
  });
  starting.defer(() => customResources.close());
  await customResources.start();
  const health = new Health((endpoint, check, reason) =>
    log[state.started ? 'warn' : 'debug']({ endpoint, check, reason }, 'health check failed'),
  );
  addHealthChecks(health, storage, cache, state);
  const documents = { customResources, discovery, openApi };
  return {
    storage,
    cache,
    pki,
    keys,
    authenticator: chain,
    authorizer,
    policies,
    writer,
    routes,
    ...documents,
    flowSchemas,
    aggregator,
    health,
    state,
  };
}

/** What the server does about definitions of resources, once it serves. */
function startExtensions(parts: Parts, log: Logger, starting: AsyncDisposableStack): void {
  const { cache, writer, customResources } = parts;
  const definitions = new CrdController({ cache, writer, log, storeOf: (name) => customResources.storeOf(name) });
  starting.defer(() => definitions.close());
  const registration = new ApiServiceRegistration({ cache, writer, log });
  starting.defer(() => registration.close());
  definitions.start();
  registration.start();
}

/** Listens, with the pipeline behind it. */
async function serve(
  parts: Parts,
  options: ServerOptions,
  log: Logger,
): Promise<{ listener: Listener; url: string; pipeline: Pipeline }> {
  const { pki, keys, health, authenticator, authorizer, routes, aggregator } = parts;
  let pipeline: Pipeline;
  const listener = await listen(
    {
      bindAddress: options.bindAddress,
      port: options.securePort,
      certificate: pki.serving.certificate,
      key: pki.serving.key,
      clientCertificateAuthorities: [pki.ca.certificate],
      frontProxyAuthorities: [frontProxyAuthority(options, pki)],
      maxConnections: options.maxConnections,
      maxStreamsPerConnection: options.http2MaxStreamsPerConnection,
    },
    // Assigned before the first connection can be accepted: nothing is awaited in between.
    (exchange) => pipeline.handle(exchange),
    log,
  );
  const { port } = listener;
  parts.state.port = port;
  const { discovery, openApi, customResources } = parts;
  const paths = publicRoutes({
    discovery,
    openApi,
    settled: () => customResources.settled(),
    keys,
    options: { ...options, securePort: port },
    health,
    aggregator,
  });
  const nonResources = new NonResourceRoutes(paths, () => [...health.paths(), ...discovery.paths]);
  const seatCount = options.maxRequestsInflight + options.maxMutatingRequestsInflight;
  const seats = new Seats(seatCount, queueLengthPerSeat * seatCount);
  pipeline = new Pipeline({ authenticator, authorizer, resources: routes, nonResources, aggregator, seats, log });
  return { listener, url: `https://${reachableAddress(options.bindAddress)}:${port}`, pipeline };
}

/** The CA of front proxies: of --requestheader-client-ca-file, or our own. */
function frontProxyAuthority(options: ServerOptions, pki: Pki): string {
  return options.requestHeaderClientCA ?? pki.frontProxyCA.certificate;
}

/** What a client on this machine puts into a URL. */
function reachableAddress(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1';
  if (bindAddress === '::') return '[::1]';
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
}

function bootstrapOptions(parts: Parts, options: ServerOptions, securePort: number, log: Logger): BootstrapOptions {
  return {
    reader: parts.cache,
    writer: parts.writer,
    hostname: hostname(),
    advertiseAddress: options.advertiseAddress,
    securePort,
    serviceRange: options.serviceClusterIpRange,
    serviceAddress: firstServiceAddress(options.serviceClusterIpRange),
    clientCA: parts.pki.ca.certificate,
    frontProxyCA: frontProxyAuthority(options, parts.pki),
    requestHeader: options.requestHeader,
    defaultServiceAccounts: options.defaultServiceAccounts,
    onError: (task, error) => log.warn({ err: error, task }, 'upkeep failed; it is tried again'),
  };
}

/** Check names are upstream's where the same thing is checked, so that tools which exclude one by name keep working. */
function addHealthChecks(health: Health, storage: Storage, cache: WatchCache, state: ServerState): void {
  const everywhere = ['healthz', 'livez', 'readyz'] as const;
  const hook = (name: string) => ({
    name: `poststarthook/${name}`,
    endpoints: everywhere,
    check: () => (state.started ? undefined : 'not finished'),
  });
  const database = async () => {
    await storage.ping();
    return undefined;
  };
  health.add({ name: 'ping', endpoints: everywhere, check: () => undefined });
  health.add({ name: 'log', endpoints: everywhere, check: () => undefined });
  health.add({ name: 'etcd', endpoints: ['healthz', 'livez'], check: database });
  health.add({ name: 'etcd-readiness', endpoints: ['readyz'], check: database });
  health.add({ name: 'informer-sync', endpoints: ['readyz'], check: () => cache.health() });
  for (const name of [
    'start-system-namespaces-controller',
    'bootstrap-controller',
    'rbac/bootstrap-roles',
    'scheduling/bootstrap-system-priority-classes',
    'priority-and-fairness-config-producer',
    'start-kube-apiserver-identity-lease-controller',
  ]) {
    health.add(hook(name));
  }
  health.add({
    name: 'shutdown',
    endpoints: ['readyz'],
    check: () => (state.shuttingDown ? 'process is shutting down' : undefined),
  });
}
