// Who serves the API: each server's identity Lease, and the endpoints of the Service `default/kubernetes` made of the live ones
// (k8s.io/apiserver pkg/server/..identity, kubernetes pkg/controlplane/reconcilers lease.go and controller/apiserverleasegc).

import { createHash, randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { KubeObject } from '../../apimachinery/object.ts';
import { semanticEqual } from '../../apimachinery/semantic-equal.ts';
import { type DefaultObject, ensureObject, type Objects } from './ensure.ts';

export const renewIntervalSeconds = 10;
/** A server that has not renewed for this long is taken out of the endpoints. */
const endpointSeconds = 15;
const leaseDurationSeconds = 3600;

const leases = 'leases.coordination.k8s.io';
const identityLabel = 'apiserver.kubernetes.io/identity';
const addressAnnotation = 'kubernetes.io/peer-advertise-address';

export interface ServerIdentity {
  hostname: string;
  advertiseAddress: string;
  securePort: number;
}

/** The first address of this machine that others can reach; undefined where it has loopback only. IPv4 first. */
export function defaultAdvertiseAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const reachable = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (reachable.find(({ family }) => family === 'IPv4') ?? reachable[0])?.address;
}

/** `apiserver-<hash>`. Upstream hashes the host name alone; the port lets several servers share a host. */
export function identityLeaseName({ hostname, securePort }: ServerIdentity): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const hash = createHash('sha256').update(`${hostname}:${securePort}`).digest().subarray(0, 16);
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g)!.map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]);
  return `apiserver-${digits.join('')}`;
}

function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}

function isIdentityLease(lease: KubeObject): boolean {
  return lease.metadata.labels?.[identityLabel] === 'kube-apiserver';
}

function renewedMs(lease: KubeObject): number {
  return Date.parse(lease['spec']?.renewTime ?? '') || 0;
}

/** One server's own heartbeat. Each method does one pass; `bootstrap` calls them on its timers. */
export class IdentityLease {
  readonly #objects: Objects;
  readonly #identity: ServerIdentity;
  readonly #now: () => number;
  readonly #name: string;
  readonly #holder: string;

  constructor(objects: Objects, identity: ServerIdentity, now: () => number) {
    this.#objects = objects;
    this.#identity = identity;
    this.#now = now;
    this.#name = identityLeaseName(identity);
    this.#holder = `${this.#name}_${randomUUID()}`;
  }

  #wanted(): DefaultObject {
    const { hostname, advertiseAddress, securePort } = this.#identity;
    const address = advertiseAddress.includes(':') ? `[${advertiseAddress}]` : advertiseAddress;
    const spec = { holderIdentity: this.#holder, leaseDurationSeconds, renewTime: microTime(this.#now()) };
    const annotations = { [addressAnnotation]: `${address}:${securePort}` };
    const labels = { [identityLabel]: 'kube-apiserver', 'kubernetes.io/hostname': hostname };
    const metadata = { name: this.#name, namespace: 'kube-system', labels, annotations };
    return {
      resource: leases,
      object: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec },
      reconcile: (existing) => ({
        ...existing,
        metadata: { ...existing.metadata, labels, annotations },
        spec,
      }),
    };
  }

  /** Creates or renews the Lease. */
  async renew(): Promise<void> {
    await ensureObject(this.#objects, this.#wanted());
  }

  /** Deletes the identity Leases of servers that are long gone. */
  async collectExpired(): Promise<void> {
    const expired = this.#objects.reader
      .resource(leases)
      .list('kube-system')
      .filter((lease) => isIdentityLease(lease) && lease.metadata.name !== this.#name)
      .filter((lease) => {
        const durationMs = (lease['spec']?.leaseDurationSeconds ?? 0) * 1000;
        return renewedMs(lease) + durationMs < this.#now();
      });
    const { writer } = this.#objects;
    await Promise.allSettled(
      expired.map(({ metadata }) => writer.delete(leases, 'kube-system', metadata.name!, { uid: metadata.uid! })),
    );
  }

  /** Addresses and port of every live server, this one always among them unless `leaving`. */
  #liveAddresses(leaving: boolean): string[] {
    const alive = this.#objects.reader
      .resource(leases)
      .list('kube-system')
      .filter((lease) => isIdentityLease(lease) && lease.metadata.name !== this.#name)
      .filter((lease) => renewedMs(lease) + endpointSeconds * 1000 >= this.#now())
      .map((lease) => lease.metadata.annotations?.[addressAnnotation] ?? '')
      .filter((address) => address.endsWith(`:${this.#identity.securePort}`))
      .map((address) => address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, ''));
    return [...new Set(leaving ? alive : [...alive, this.#identity.advertiseAddress])].sort();
  }

  /** Brings Endpoints and EndpointSlice `default/kubernetes` up to date. Loopback is no endpoint: then there are none. */
  async publishEndpoints(leaving = false): Promise<void> {
    const addresses = this.#liveAddresses(leaving).filter((address) => !/^127\.|^::1$/.test(address));
    const port = { name: 'https', port: this.#identity.securePort, protocol: 'TCP' };
    await Promise.all([
      ensureObject(this.#objects, endpoints(addresses, port)),
      ensureObject(this.#objects, endpointSlice(addresses, port)),
    ]);
  }
}

interface EndpointPort {
  name: string;
  port: number;
  protocol: string;
}

function endpoints(addresses: readonly string[], port: EndpointPort): DefaultObject {
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  const subsets = addresses.length === 0 ? [] : [{ addresses: addresses.map((ip) => ({ ip })), ports: [port] }];
  return {
    resource: 'endpoints',
    object: {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'kubernetes', namespace: 'default', labels },
      subsets,
    },
    reconcile: (existing) =>
      semanticEqual(existing['subsets'] ?? [], subsets)
        ? undefined
        : {
            ...existing,
            metadata: { ...existing.metadata, labels: { ...existing.metadata.labels, ...labels } },
            subsets,
          },
  };
}

function endpointSlice(addresses: readonly string[], port: EndpointPort): DefaultObject {
  const labels = { 'kubernetes.io/service-name': 'kubernetes' };
  const list = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
  const ports = [{ name: port.name, protocol: port.protocol, port: port.port }];
  const addressType = addresses[0]?.includes(':') ? 'IPv6' : 'IPv4';
  const metadata = { name: 'kubernetes', namespace: 'default', labels };
  return {
    resource: 'endpointslices.discovery.k8s.io',
    object: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType, endpoints: list, ports },
    reconcile: (existing) =>
      semanticEqual(existing['endpoints'] ?? [], list) && existing['ports']?.[0]?.port === port.port
        ? undefined
        : { ...existing, endpoints: list, ports },
  };
}
