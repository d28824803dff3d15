// Which Pods a Service selects, and which Services a change of a Pod concerns (k8s.io/endpointslice util/controller_utils.go).
// Both ways by index: upstream walks through the namespace, which costs a scan per change.
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../client/controller.ts';
import type { Informer } from '../../client/informer.ts';
import type { Pod, Service } from '../../client/kinds.ts';
import { keyOf } from '../../client/resource.ts';
import type { Lister } from '../../client/store.ts';
import { isPodReady, isPodTerminal } from './active-pods.ts';

const podIndex = 'namespace and each label';
const serviceIndex = 'namespace and one label of the selector';

type Labels = Readonly<Record<string, string>>;

const entry = (namespace: string, [key, value]: [string, string]): string => `${namespace}/${key}=${value}`;

/** True for a Service whose endpoints are those of the Pods that it selects. */
export function selectsPods({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && hasSelector(spec?.selector);
}

/** An empty selector is none. */
export function hasSelector(selector: Labels | undefined): selector is Labels {
  for (const _ in selector) return true;
  return false;
}

function matches(selector: Labels, labels: Labels | undefined): boolean {
  for (const key in selector) if (labels?.[key] !== selector[key]) return false;
  return true;
}

/** Finds Pods and Services by each other's labels; adds its indexes to both informers. */
export class ServicePods {
  readonly #pods: Lister<Pod>;
  readonly #services: Lister<Service>;

  constructor(pods: Informer<Pod>, services: Informer<Service>) {
    pods.addIndex(podIndex, ({ metadata }) =>
      Object.entries(metadata.labels ?? {}).map((label) => entry(metadata.namespace, label)),
    );
    services.addIndex(serviceIndex, ({ metadata, spec }) => {
      const [first] = Object.entries(spec?.selector ?? {});
      return first === undefined ? [] : [entry(metadata.namespace, first)];
    });
    this.#pods = pods.lister;
    this.#services = services.lister;
  }

  /** The Pods that a Service selects, in no particular order. */
  podsOf({ metadata, spec }: Service): Pod[] {
    const selector = spec?.selector ?? {};
    const [first, ...more] = Object.entries(selector);
    if (first === undefined) return [];
    const found = this.#pods.byIndex(podIndex, entry(metadata.namespace, first));
    return more.length === 0 ? found : found.filter((pod) => matches(selector, pod.metadata.labels));
  }

  /** Keys of the Services that select a Pod with these labels. */
  servicesOf(namespace: string, labels: Labels | undefined): Set<string> {
    const keys = new Set<string>();
    for (const label of Object.entries(labels ?? {}))
      for (const service of this.#services.byIndex(serviceIndex, entry(namespace, label)))
        if (matches(service.spec!.selector!, labels)) keys.add(keyOf(service));
    return keys;
  }

  /** Keys of the Services whose endpoints a change of a Pod may alter (GetServicesToUpdate). */
  servicesToUpdate({ old, object }: Change<Pod>): Set<string> {
    const { namespace, labels } = object.metadata;
    if (old === undefined) return this.servicesOf(namespace, labels);
    const podChanged = endpointChanged(old, object);
    const labelsChanged = !isDeepStrictEqual(old.metadata.labels, labels) || !sameHostname(old, object);
    if (!podChanged && !labelsChanged) return new Set();
    const now = this.servicesOf(namespace, labels);
    if (!labelsChanged) return now;
    const before = this.servicesOf(namespace, old.metadata.labels);
    return podChanged ? now.union(before) : now.symmetricDifference(before);
  }
}

function sameHostname(a: Pod, b: Pod): boolean {
  return a.spec?.hostname === b.spec?.hostname && a.spec?.subdomain === b.spec?.subdomain;
}

function endpointChanged(old: Pod, pod: Pod): boolean {
  if (old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp) return true;
  if (isPodReady(old) !== isPodReady(pod)) return true;
  const before = old.status?.podIPs ?? [];
  const now = pod.status?.podIPs ?? [];
  if (before.length !== now.length || before.some(({ ip }, i) => ip !== now[i]!.ip)) return true;
  // Upstream sees these only with the next change of the Pod.
  return isPodTerminal(old) !== isPodTerminal(pod) || old.spec?.nodeName !== pod.spec?.nodeName;
}

/** The Pod's condition Ready, if it has one. */
export function podReadyCondition({ status }: Pod) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** True for a Pod that has an address and may serve (ShouldPodBeInEndpoints). */
export function belongsInEndpoints(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod)) return false;
  if (!pod.status?.podIP && !pod.status?.podIPs?.length) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** The Pod's hostname where it is one below the Service's name, otherwise undefined (ShouldSetHostname). */
export function hostnameIn({ spec }: Pod, service: Service): string | undefined {
  return spec?.hostname && spec.subdomain === service.metadata.name ? spec.hostname : undefined;
}

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/** The number of a Service's port in a Pod; undefined where the Pod has no port of the name (FindPort). */
export function findPort({ spec }: Pod, { targetPort, protocol, port }: ServicePort): number | undefined {
  const target = (targetPort as unknown as string | number | undefined) ?? port;
  if (typeof target === 'number') return target;
  const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  for (const container of [...(spec?.containers ?? []), ...sidecars])
    for (const candidate of container.ports ?? [])
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === (protocol ?? 'TCP'))
        return candidate.containerPort;
  return undefined;
}
