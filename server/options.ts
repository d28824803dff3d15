// What an API server can be told, with upstream's flag names where upstream has them.

import { join } from 'node:path';

import type { JsonObject } from '../apimachinery/object.ts';
import { defaultRequestHeaderOptions, type RequestHeaderOptions } from './auth/authentication/request-header.ts';
import type { CertificatePair } from './auth/certificate.ts';
import type { RingLimits } from './cache/event-ring.ts';
import { defaultRingLimits } from './cache/resource-cache.ts';

export interface ServerOptions {
  /** Addresses other than loopback need no more than this. */
  bindAddress: string;
  /** 0 picks a free port. */
  securePort: number;
  /** Where certificates and keys are kept: made at first start. */
  certDirectory: string;
  /** What clients inside the cluster reach the API server by (endpoints of the `kubernetes` service). */
  advertiseAddress: string;
  serviceClusterIpRange: string;
  serviceNodePortRange: string;
  /** CSV of static bearer tokens, as kube-apiserver's --token-auth-file. */
  tokenAuthFile?: string;
  anonymousAuth: boolean;
  /** Whom to believe who the user is, and in which headers. */
  requestHeader: RequestHeaderOptions;
  /** PEM of --requestheader-client-ca-file; undefined: the server's own front proxy CA. */
  requestHeaderClientCA?: string;
  /** PEM of --proxy-client-cert-file and --proxy-client-key-file, shown to aggregated servers; undefined: the server's own. */
  proxyClient?: CertificatePair;
  serviceAccountIssuer: string;
  /** Names and addresses for the serving certificate, beside the usual ones. */
  tlsSanNames: readonly string[];
  enableAdmissionPlugins: readonly string[];
  disableAdmissionPlugins: readonly string[];
  /** By plugin: what --admission-control-config-file says. */
  admissionConfiguration: ReadonlyMap<string, JsonObject>;
  maxRequestsInflight: number;
  maxMutatingRequestsInflight: number;
  maxConnections: number;
  http2MaxStreamsPerConnection: number;
  /** A watch without timeoutSeconds ends after a random time between this and twice this. */
  minRequestTimeoutSeconds: number;
  /** How often a watch that allows bookmarks gets one. */
  watchBookmarkIntervalMilliseconds: number;
  /** How much of each resource's past the watch cache keeps. */
  watchCacheRing: RingLimits;
  /** Makes ServiceAccount `default` and ConfigMap `kube-root-ca.crt` in every namespace, which controllers will do. */
  defaultServiceAccounts: boolean;
}

export const defaultServerOptions: Omit<ServerOptions, 'certDirectory'> = {
  bindAddress: '127.0.0.1',
  securePort: 6443,
  advertiseAddress: '127.0.0.1',
  serviceClusterIpRange: '10.96.0.0/16',
  serviceNodePortRange: '30000-32767',
  anonymousAuth: true,
  requestHeader: defaultRequestHeaderOptions,
  serviceAccountIssuer: 'https://kubernetes.default.svc',
  tlsSanNames: [],
  enableAdmissionPlugins: [],
  disableAdmissionPlugins: [],
  admissionConfiguration: new Map(),
  maxRequestsInflight: 400,
  maxMutatingRequestsInflight: 200,
  maxConnections: 10_000,
  http2MaxStreamsPerConnection: 250,
  minRequestTimeoutSeconds: 1800,
  watchBookmarkIntervalMilliseconds: 60_000,
  watchCacheRing: defaultRingLimits,
  defaultServiceAccounts: true,
};

/** Where a server keeps its certificates within a data directory. */
export function certDirectoryIn(dataDirectory: string): string {
  return join(dataDirectory, 'pki');
}
