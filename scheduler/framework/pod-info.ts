// A pod with what the scheduler has worked out about it, once (pkg/scheduler/framework/types.go PodInfo and QueuedPodInfo).
import type { Pod } from '../../client/kinds.ts';
import { type AffinityTerms, affinityTermsOf } from './affinity-term.ts';
import { defaultMemoryRequest, defaultMilliCPURequest, podRequests, type Resource, resourceOf } from './resources.ts';

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** What a pod takes of its node. */
export interface PodResource {
  resource: Resource;
  /** With a standard amount for containers that ask for none, for comparing nodes. */
  nonZeroMilliCPU: number;
  nonZeroMemory: number;
}

export class PodInfo {
  readonly pod: Pod;
  readonly terms: AffinityTerms;
  readonly priority: number;
  #resource: PodResource | undefined;
  #ports: readonly HostPort[] | undefined;
  #claims: readonly string[] | undefined;

  constructor(pod: Pod) {
    this.pod = pod;
    this.terms = affinityTermsOf(pod);
    this.priority = pod.spec?.priority ?? 0;
  }

  get uid(): string {
    return this.pod.metadata.uid;
  }

  /** `namespace/name`. */
  get key(): string {
    return `${this.pod.metadata.namespace}/${this.pod.metadata.name}`;
  }

  get hasAffinity(): boolean {
    const affinity = this.pod.spec?.affinity;
    return affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined;
  }

  get hasRequiredAntiAffinity(): boolean {
    return this.terms.requiredAnti.length > 0;
  }

  /** What it takes of its node; of one that runs, what it holds while it is being resized. */
  get taken(): PodResource {
    if (this.#resource === undefined) {
      const resource = resourceOf(podRequests(this.pod, { useStatus: true }));
      const missing = { cpu: defaultMilliCPURequest, memory: defaultMemoryRequest };
      const nonZero = resourceOf(podRequests(this.pod, { useStatus: true, missing }));
      this.#resource = { resource, nonZeroMilliCPU: nonZero.milliCPU, nonZeroMemory: nonZero.memory };
    }
    return this.#resource;
  }

  get hostPorts(): readonly HostPort[] {
    this.#ports ??= hostPortsOf(this.pod);
    return this.#ports;
  }

  /** Keys of the claims that its volumes name. */
  get claimKeys(): readonly string[] {
    this.#claims ??= claimKeysOf(this.pod);
    return this.#claims;
  }
}

/** Sidecars' ports count, other init containers' do not (schedutil.GetHostPorts). */
function hostPortsOf({ spec }: Pod): HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports: own } of [...(spec?.containers ?? []), ...sidecars])
    for (const { hostPort, hostIP, protocol } of own ?? [])
      if (hostPort) ports.push({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort });
  return ports;
}

function claimKeysOf({ metadata, spec }: Pod): string[] {
  const keys: string[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec?.volumes ?? []) {
    if (persistentVolumeClaim) keys.push(`${metadata.namespace}/${persistentVolumeClaim.claimName}`);
    else if (ephemeral) keys.push(`${metadata.namespace}/${metadata.name}-${name}`);
  }
  return keys;
}

/** A pod that waits to be scheduled. */
export class QueuedPod {
  info: PodInfo;
  /** Milliseconds since the epoch when it came into the queue that it is in. */
  timestampMs: number;
  attempts = 0;
  /** When it was first tried. */
  initialAttemptMs: number | undefined;
  /** How often in all plugins said no, and in a row something went wrong: backoff grows with these. */
  unschedulableCount = 0;
  consecutiveErrors = 0;
  backoffExpirationMs: number | undefined;
  /** The plugins that said no when it was last tried; only what they wait for makes another attempt worthwhile. */
  unschedulablePlugins = new Set<string>();
  /** Those that said that they are waiting for something: they are tried again without backoff. */
  pendingPlugins = new Set<string>();
  /** The plugin that does not let it be tried at all. */
  gatingPlugin = '';

  constructor(info: PodInfo, timestampMs: number) {
    this.info = info;
    this.timestampMs = timestampMs;
  }

  get pod(): Pod {
    return this.info.pod;
  }

  get gated(): boolean {
    return this.gatingPlugin !== '';
  }

  get rejectedByPlugins(): boolean {
    return this.unschedulablePlugins.size > 0 || this.pendingPlugins.size > 0;
  }

  rejectedBy(plugin: string): boolean {
    return this.unschedulablePlugins.has(plugin) || this.pendingPlugins.has(plugin);
  }
}
