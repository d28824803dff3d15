// What the store does around a write of a Service: cluster IPs and node ports are taken before it and, when it fails, given
// back (kubernetes pkg/registry/core/service/storage alloc.go and storage.go).
import { invalid, newInvalid } from '../../apimachinery/field.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { newBadRequest, newInternalError, StatusError } from '../../apimachinery/status.ts';
import type { ObjectReader, ObjectWriter } from '../registry/objects.ts';
import { AllocationError, ClusterIPs, type ServiceName } from './cluster-ips.ts';
import { initIPFamilyFields, isHeadless, keepsDualStackFields, type ServiceSpec } from './ip-family-fields.ts';
import type { IPFamily } from './ip-range.ts';
import { NodePortOperation, NodePorts, type PortClaims, parsePortRange } from './node-ports.ts';

export interface ServiceAllocatorOptions {
  reader: ObjectReader;
  writer: ObjectWriter;
  portClaims: PortClaims;
  /** `--service-cluster-ip-range`: one CIDR, or two of different families. */
  ranges: readonly string[];
  /** `--service-node-port-range`, `30000-32767`. */
  nodePortRange: string;
}

/** To be ended, exactly once, when the outcome of the write is known. */
export interface Allocation {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface AllocationContext {
  namespace: string;
  dryRun: boolean;
}

const nodePortTypes = ['NodePort', 'LoadBalancer'];

function hasNodePorts(spec: ServiceSpec): boolean {
  return nodePortTypes.includes(spec.type ?? '');
}

/** False for a load balancer that wants none; ports that it asks for are taken all the same. */
function allocatesNodePorts(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

function needsHealthCheck(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

function nodePortsOf(spec: ServiceSpec): number[] {
  return [...new Set((spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : [])))];
}

function invalidService(name: string, field: string, value: unknown, detail: string): StatusError {
  return newInvalid({ group: '', kind: 'Service' }, name, [invalid(field, value, detail)]);
}

export class ServiceAllocator {
  readonly clusterIPs: ClusterIPs;
  readonly nodePorts: NodePorts;
  readonly #writer: ObjectWriter;

  constructor(options: ServiceAllocatorOptions) {
    this.clusterIPs = new ClusterIPs(options.reader, options.writer, options.ranges);
    this.nodePorts = new NodePorts(options.portClaims, parsePortRange(options.nodePortRange));
    this.#writer = options.writer;
  }

  /**
   * Fills in the Service's addresses and ports, in place. Runs after the name is generated and prepareForCreate, and before
   * validation. Throws Invalid for what cannot be had; then nothing stays taken.
   */
  async beforeServiceCreate(service: KubeObject, context: AllocationContext): Promise<Allocation> {
    return await this.#begin(service, undefined, context);
  }

  /** The same for an update, after prepareForUpdate; `old` is what is stored. What the update gives up is released on commit. */
  async beforeServiceUpdate(service: KubeObject, old: KubeObject, context: AllocationContext): Promise<Allocation> {
    return await this.#begin(service, old, context);
  }

  /** Gives back everything the deleted Service had, and deletes its Endpoints. */
  async afterServiceDelete(service: KubeObject): Promise<void> {
    const spec: ServiceSpec = service['spec'] ?? {};
    const { namespace, name } = service.metadata;
    const addresses = spec.type === 'ExternalName' || isHeadless(spec) ? [] : (spec.clusterIPs ?? []);
    const ports = [...nodePortsOf(spec), ...(spec.healthCheckNodePort ? [spec.healthCheckNodePort] : [])];
    const endpoints = this.#writer.delete('endpoints', namespace!, name!).catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    });
    await Promise.all([
      endpoints,
      ...addresses.map((address) => this.clusterIPs.release(address)),
      ...ports.map((port) => this.nodePorts.release(port)),
    ]);
  }

  async #begin(service: KubeObject, old: KubeObject | undefined, context: AllocationContext): Promise<Allocation> {
    service['spec'] ??= {};
    const spec: ServiceSpec = service['spec'];
    const oldSpec: ServiceSpec | undefined = old?.['spec'];
    const owner: ServiceName = { namespace: context.namespace, name: service.metadata.name! };
    initIPFamilyFields(owner.name, spec, oldSpec, this.clusterIPs.families);
    const addresses = new AddressOperation(this.clusterIPs, owner, context.dryRun);
    const ports = new NodePortOperation(this.nodePorts, `${owner.namespace}/${owner.name}`, context.dryRun);
    try {
      await this.#changeAddresses(addresses, spec, oldSpec);
      await this.#changeNodePorts(ports, owner.name, spec, oldSpec);
    } catch (error) {
      await Promise.all([addresses.rollback(), ports.rollback()]);
      throw error;
    }
    return {
      commit: async () => void (await Promise.all([addresses.commit(), ports.commit()])),
      rollback: async () => void (await Promise.all([addresses.rollback(), ports.rollback()])),
    };
  }

  async #changeAddresses(operation: AddressOperation, spec: ServiceSpec, old: ServiceSpec | undefined): Promise<void> {
    const fresh = old === undefined || old.type === 'ExternalName';
    if (fresh && (spec.type === 'ExternalName' || isHeadless(spec))) return;
    if (fresh) return await operation.allocateMissing(spec, 0);
    if (keepsDualStackFields(spec, old) || isHeadless(old)) return;
    if (spec.type === 'ExternalName') return operation.releaseLater(old.clusterIPs ?? []);
    const [before, after] = [old.ipFamilies?.length ?? 0, spec.ipFamilies?.length ?? 0];
    if (before === 1 && after === 2) await operation.allocateMissing(spec, 1);
    if (before === 2 && after === 1) operation.releaseLater((old.clusterIPs ?? []).slice(1));
  }

  async #changeNodePorts(
    operation: NodePortOperation,
    name: string,
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
  ): Promise<void> {
    const had = old === undefined ? [] : nodePortsOf(old);
    if (hasNodePorts(spec)) {
      if (old === undefined) await initNodePorts(operation, name, spec);
      else await updateNodePorts(operation, name, spec, had);
    }
    if (old !== undefined && hasNodePorts(old)) {
      const kept = hasNodePorts(spec) ? nodePortsOf(spec) : [];
      for (const port of had) if (!kept.includes(port)) operation.releaseLater(port);
    }
    await changeHealthCheckPort(operation, spec, old);
  }
}

/** Takes `wanted`, or any port for 0. Throws Invalid when the port cannot be had, InternalError when none is left. */
async function takeNodePort(
  operation: NodePortOperation,
  name: string,
  index: number,
  wanted: number,
): Promise<number> {
  try {
    if (wanted === 0) return await operation.allocateNext();
    await operation.allocate(wanted);
    return wanted;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    const { message } = error as Error;
    if (wanted === 0) throw newInternalError(`failed to allocate a nodePort: ${message}`);
    throw invalidService(name, `spec.ports[${index}].nodePort`, wanted, message);
  }
}

/** On create, ports of one number share a node port, so that TCP and UDP of a service port are found under one. */
async function initNodePorts(operation: NodePortOperation, name: string, spec: ServiceSpec): Promise<void> {
  const byServicePort = new Map<number, number>();
  const ports = spec.ports ?? [];
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort && !allocatesNodePorts(spec)) continue;
    const shared = byServicePort.get(port.port);
    if (shared === undefined) {
      const requested = ports.find((other) => other.port === port.port && other.nodePort)?.nodePort ?? 0;
      port.nodePort = await takeNodePort(operation, name, index, requested);
      byServicePort.set(port.port, port.nodePort);
    } else if (!port.nodePort) port.nodePort = shared;
    else if (port.nodePort !== shared) await takeNodePort(operation, name, index, port.nodePort);
  }
}

/** On update, ports that the Service has are kept, and every further one is taken. */
async function updateNodePorts(
  operation: NodePortOperation,
  name: string,
  spec: ServiceSpec,
  had: readonly number[],
): Promise<void> {
  const held = new Set(had);
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort && !allocatesNodePorts(spec)) continue;
    if (port.nodePort && held.has(port.nodePort)) continue;
    port.nodePort = await takeNodePort(operation, name, index, port.nodePort ?? 0);
    held.add(port.nodePort);
  }
}

async function changeHealthCheckPort(
  operation: NodePortOperation,
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
): Promise<void> {
  const [needed, needs] = [old !== undefined && needsHealthCheck(old), needsHealthCheck(spec)];
  if (needed && !needs && old?.healthCheckNodePort) operation.releaseLater(old.healthCheckNodePort);
  if (needed || !needs) return;
  const wanted = spec.healthCheckNodePort ?? 0;
  try {
    if (wanted === 0) spec.healthCheckNodePort = await operation.allocateNext();
    else await operation.allocate(wanted);
  } catch (error) {
    const { message } = error as Error;
    if (wanted === 0) throw newInternalError(`failed to allocate a HealthCheck NodePort 0: ${message}`);
    // Upstream answers 500 here too, although the port is the client's.
    throw newBadRequest(`failed to allocate requested HealthCheck NodePort ${wanted}: ${message}`);
  }
}

/** The addresses that one write of a Service takes and gives back: all or none. */
class AddressOperation {
  readonly #clusterIPs: ClusterIPs;
  readonly #owner: ServiceName;
  readonly #dryRun: boolean;
  readonly #allocated: string[] = [];
  readonly #released: string[] = [];

  constructor(clusterIPs: ClusterIPs, owner: ServiceName, dryRun: boolean) {
    this.#clusterIPs = clusterIPs;
    this.#owner = owner;
    this.#dryRun = dryRun;
  }

  /** One address per family from index `from` on: the one asked for, or any. */
  async allocateMissing(spec: ServiceSpec, from: number): Promise<void> {
    const addresses = [...(spec.clusterIPs ?? [])];
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      if (index >= from) addresses[index] = await this.#allocate(family, addresses[index] ?? '', spec);
    }
    spec.clusterIPs = addresses;
    spec.clusterIP = addresses[0]!;
  }

  async #allocate(family: IPFamily, wanted: string, spec: ServiceSpec): Promise<string> {
    try {
      const address =
        wanted === ''
          ? await this.#clusterIPs.allocateNext(family, this.#owner, this.#dryRun)
          : await this.#clusterIPs.allocate(wanted, this.#owner, this.#dryRun);
      this.#allocated.push(address);
      return wanted === '' ? address : wanted;
    } catch (error) {
      if (error instanceof AllocationError && error.full)
        throw newInternalError(
          `failed to allocate a serviceIP for Service ${JSON.stringify(this.#owner.name)}: ${error.message}`,
        );
      const detail = `failed to allocate IP${wanted === '' ? '' : ` ${wanted}`}: ${(error as Error).message}`;
      throw invalidService(this.#owner.name, 'spec.clusterIPs', spec.clusterIPs ?? [], detail);
    }
  }

  releaseLater(addresses: readonly string[]): void {
    this.#released.push(...addresses);
  }

  async commit(): Promise<void> {
    if (!this.#dryRun) await Promise.all(this.#released.map((address) => this.#clusterIPs.release(address)));
  }

  async rollback(): Promise<void> {
    if (!this.#dryRun) await Promise.all(this.#allocated.map((address) => this.#clusterIPs.release(address)));
  }
}
