// Node ports (kubernetes pkg/registry/core/service/portallocator, KEP-3668). Upstream keeps a bitmap in one etcd object; here
// each port is a key of its own in storage, and creating it is the lock, so that servers do not contend for one object.
import { randomUUID } from 'node:crypto';
import { type Storage, StorageError } from '../../storage/storage.ts';

/** Where ports are claimed. All servers of a cluster share it. */
export interface PortClaims {
  /** False when somebody has the port already. */
  claim(port: number, owner: string): Promise<boolean>;
  /** A port that nobody has is no error. */
  release(port: number): Promise<void>;
  /** Every claimed port with the Service that has it, as `namespace/name`. */
  list(): Promise<Map<number, string>>;
}

/** The storage resource of the claims. No API serves it. */
export const nodePortResource = 'servicenodeports';

/** Claims in the cluster's storage. */
export function storagePortClaims(storage: Storage): PortClaims {
  const keyOf = (port: number) => ({ resource: nodePortResource, namespace: '', name: String(port) });
  const unless = async (reason: StorageError['reason'], write: Promise<unknown>): Promise<boolean> => {
    try {
      await write;
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.reason === reason) return false;
      throw error;
    }
  };
  return {
    claim(port, owner) {
      const value = JSON.stringify({ service: owner });
      return unless('KeyExists', storage.write({ type: 'create', key: keyOf(port), uid: randomUUID(), value }));
    },
    async release(port) {
      await unless('KeyNotFound', storage.write({ type: 'delete', key: keyOf(port) }));
    },
    async list() {
      const { items } = await storage.list({ resource: nodePortResource });
      return new Map(items.map(({ name, value }) => [Number(name), JSON.parse(value).service as string]));
    },
  };
}

export interface PortRange {
  first: number;
  last: number;
}

/** `30000-32767`. Throws for anything else. */
export function parsePortRange(text: string): PortRange {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || first < 1 || last > 65535 || first > last) throw new Error(`invalid port range: ${text}`);
  return { first, last };
}

/** A 32nd of the range, at least 16 and at most 128 ports, is left to those who ask for a port. */
function staticBand(size: number): number {
  return size <= 16 ? 0 : Math.min(Math.max(Math.floor(size / 32), 16), 128);
}

function* rotation(first: number, last: number): Generator<number> {
  const size = last - first + 1;
  const start = Math.floor(Math.random() * size);
  for (let at = 0; at < size; at++) yield first + ((start + at) % size);
}

export const portAlreadyAllocated = 'provided port is already allocated';
/** What a dry run says instead of the first free port. */
const firstDryRunPort = 32769;

export class NodePorts {
  readonly #claims: PortClaims;
  readonly range: PortRange;
  /** Ports that were taken when last seen. They are asked for again only when no other is left. */
  readonly #seenTaken = new Set<number>();

  constructor(claims: PortClaims, range: PortRange) {
    this.#claims = claims;
    this.range = range;
  }

  contains(port: number): boolean {
    return port >= this.range.first && port <= this.range.last;
  }

  /** Throws, in upstream's words, when the port is taken or out of range. */
  async allocate(port: number, owner: string): Promise<void> {
    const { first, last } = this.range;
    if (!this.contains(port))
      throw new Error(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
    this.#seenTaken.add(port);
    if (!(await this.#claims.claim(port, owner))) throw new Error(portAlreadyAllocated);
  }

  /** Any free port, from the dynamic band while it lasts. Throws when the range is full. */
  async allocateNext(owner: string): Promise<number> {
    const port = (await this.#tryNext(owner)) ?? (await this.#refresh().then(() => this.#tryNext(owner)));
    if (port === undefined) throw new Error('range is full');
    return port;
  }

  async #refresh(): Promise<void> {
    const claimed = await this.#claims.list();
    this.#seenTaken.clear();
    for (const port of claimed.keys()) this.#seenTaken.add(port);
  }

  async #tryNext(owner: string): Promise<number | undefined> {
    const { first, last } = this.range;
    const middle = first + staticBand(last - first + 1);
    for (const band of [rotation(middle, last), rotation(first, middle - 1)]) {
      for (const port of band) {
        if (this.#seenTaken.has(port)) continue;
        this.#seenTaken.add(port);
        if (await this.#claims.claim(port, owner)) return port;
      }
    }
    return undefined;
  }

  async release(port: number): Promise<void> {
    if (!this.contains(port)) return;
    await this.#claims.release(port);
    this.#seenTaken.delete(port);
  }

  claimed(): Promise<Map<number, string>> {
    return this.#claims.list();
  }
}

/** The ports that one write of a Service takes and gives back: all or none (portallocator operation.go). */
export class NodePortOperation {
  readonly #ports: NodePorts;
  readonly #owner: string;
  readonly #dryRun: boolean;
  readonly #allocated: number[] = [];
  readonly #released: number[] = [];

  constructor(ports: NodePorts, owner: string, dryRun: boolean) {
    this.#ports = ports;
    this.#owner = owner;
    this.#dryRun = dryRun;
  }

  async allocate(port: number): Promise<void> {
    if (this.#dryRun) {
      const taken = this.#allocated.includes(port) || (await this.#ports.claimed()).has(port);
      if (taken) throw new Error(portAlreadyAllocated);
    } else await this.#ports.allocate(port, this.#owner);
    this.#allocated.push(port);
  }

  async allocateNext(): Promise<number> {
    const port = this.#dryRun
      ? Math.max(firstDryRunPort - 1, ...this.#allocated) + 1
      : await this.#ports.allocateNext(this.#owner);
    this.#allocated.push(port);
    return port;
  }

  /** To be given back once the Service is written. */
  releaseLater(port: number): void {
    this.#released.push(port);
  }

  async commit(): Promise<void> {
    if (!this.#dryRun) await Promise.all(this.#released.map((port) => this.#ports.release(port)));
  }

  async rollback(): Promise<void> {
    if (!this.#dryRun) await Promise.all(this.#allocated.map((port) => this.#ports.release(port)));
  }
}
