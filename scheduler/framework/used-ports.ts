// The host ports of a node that are taken (staging k8s.io/kube-scheduler/framework/types.go HostPortInfo).
import type { HostPort } from './pod-info.ts';

const anyAddress = '0.0.0.0';

export class UsedPorts {
  /** Addresses by protocol and port. Two pods never hold the same, so that nothing is counted. */
  readonly #addresses: Map<string, Set<string>>;

  constructor(addresses: Map<string, Set<string>> = new Map()) {
    this.#addresses = addresses;
  }

  get size(): number {
    return this.#addresses.size;
  }

  add({ ip, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    const addresses = this.#addresses.get(key);
    if (addresses === undefined) this.#addresses.set(key, new Set([ip]));
    else addresses.add(ip);
  }

  remove({ ip, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    const addresses = this.#addresses.get(key);
    if (addresses === undefined) return;
    addresses.delete(ip);
    if (addresses.size === 0) this.#addresses.delete(key);
  }

  /** Whether the port is taken: at this address, or at any where one of the two is for any. */
  conflicts({ ip, protocol, port }: HostPort): boolean {
    const addresses = this.#addresses.get(`${protocol}/${port}`);
    if (addresses === undefined) return false;
    return ip === anyAddress || addresses.has(ip) || addresses.has(anyAddress);
  }

  clone(): UsedPorts {
    return new UsedPorts(new Map([...this.#addresses].map(([key, addresses]) => [key, new Set(addresses)])));
  }
}
