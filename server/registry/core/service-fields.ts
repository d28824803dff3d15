// The interlinked fields of a Service: what an update that leaves some of them out must have meant
// (pkg/registry/core/service strategy.go and storage/storage.go).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { ensure, type Fields, listOf } from '../fields.ts';

/** True for the types that have a cluster IP; `None` counts as one. */
export function needsClusterIP(spec: Fields): boolean {
  return spec['type'] !== 'ExternalName';
}

/** True for the types that have node ports. */
export function needsNodePort(spec: Fields): boolean {
  return spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';
}

/** True for the load balancers that have a port for health checks. */
export function needsHealthCheckNodePort(spec: Fields): boolean {
  return spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
}

/** True when clients outside the cluster can reach it. */
export function isExternallyAccessible(spec: Fields): boolean {
  if (spec['type'] === 'LoadBalancer' || spec['type'] === 'NodePort') return true;
  return spec['type'] === 'ClusterIP' && (spec['externalIPs'] ?? []).length > 0;
}

function sameClusterIPs(spec: Fields, old: Fields): boolean {
  return (spec['clusterIP'] ?? '') === (old['clusterIP'] ?? '') && samePlural(spec, old);
}

function samePlural(spec: Fields, old: Fields): boolean {
  return semanticEqual(spec['clusterIPs'], old['clusterIPs']);
}

/** Brings clusterIP and clusterIPs in line with what the client changed; `old` is undefined on create. In place. */
export function normalizeClusterIPs(spec: Fields, old: Fields | undefined): void {
  const single = (spec['clusterIP'] ?? '') as string;
  const isPluralSet = listOf(spec['clusterIPs']).length > 0;
  if (old === undefined) {
    if (single !== '' && !isPluralSet) spec['clusterIPs'] = [single];
    return;
  }
  const oldSingle = (old['clusterIP'] ?? '') as string;
  if (oldSingle === single) {
    if (!isPluralSet && listOf(old['clusterIPs']).length > 0) spec['clusterIPs'] = [...old['clusterIPs']];
  } else if (samePlural(spec, old)) {
    if (oldSingle !== '' && single === '') delete spec['clusterIPs'];
    else spec['clusterIPs'] = [single];
  }
}

/** Values that were allocated stay where the client left them out. In place. */
export function patchAllocatedValues(spec: Fields, old: Fields): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec['clusterIP'] && old['clusterIP']) spec['clusterIP'] = old['clusterIP'];
    if (listOf(spec['clusterIPs']).length === 0 && listOf(old['clusterIPs']).length > 0) {
      spec['clusterIPs'] = [...old['clusterIPs']];
    }
  }
  if (needsNodePort(old) && needsNodePort(spec)) patchNodePorts(listOf(spec['ports']), listOf(old['ports']));
  if (needsHealthCheckNodePort(old) && needsHealthCheckNodePort(spec) && !spec['healthCheckNodePort']) {
    if (old['healthCheckNodePort']) spec['healthCheckNodePort'] = old['healthCheckNodePort'];
  }
}

function nodePorts(ports: readonly Fields[]): Set<number> {
  return new Set(ports.map((port) => port['nodePort'] as number | undefined).filter((port) => !!port) as number[]);
}

function patchNodePorts(ports: readonly Fields[], oldPorts: readonly Fields[]): void {
  const used = nodePorts(oldPorts).intersection(nodePorts(ports));
  const byName = new Map(oldPorts.map((port) => [port['name'] ?? '', port['nodePort'] as number | undefined]));
  for (const port of ports) {
    const known = byName.get(port['name'] ?? '');
    if (!port['nodePort'] && known && !used.has(known)) port['nodePort'] = known;
  }
}

/** What no longer applies after a change of type goes, unless the client changed it too: that is for validation to refuse. */
export function dropTypeDependentFields(object: KubeObject, old: KubeObject): void {
  const spec = object['spec'] as Fields;
  const oldSpec = old['spec'] as Fields;
  if (needsClusterIP(oldSpec) && !needsClusterIP(spec)) dropClusterIPs(spec, oldSpec);
  if (needsNodePort(oldSpec) && !needsNodePort(spec)) {
    const added = nodePorts(listOf(spec['ports'])).difference(nodePorts(listOf(oldSpec['ports'])));
    if (added.size === 0) for (const port of listOf(spec['ports'])) delete port['nodePort'];
  }
  if (needsHealthCheckNodePort(oldSpec) && !needsHealthCheckNodePort(spec))
    dropUnchanged(spec, oldSpec, 'healthCheckNodePort');
  if (oldSpec['type'] === 'LoadBalancer' && spec['type'] !== 'LoadBalancer') {
    dropUnchanged(spec, oldSpec, 'allocateLoadBalancerNodePorts');
    dropUnchanged(spec, oldSpec, 'loadBalancerClass');
  }
  if (isExternallyAccessible(oldSpec) && !isExternallyAccessible(spec))
    dropUnchanged(spec, oldSpec, 'externalTrafficPolicy');
  if (spec['type'] !== 'LoadBalancer') ensure(object, 'status')['loadBalancer'] = {};
}

function dropClusterIPs(spec: Fields, old: Fields): void {
  if (sameClusterIPs(spec, old)) {
    delete spec['clusterIP'];
    delete spec['clusterIPs'];
  }
  dropUnchanged(spec, old, 'ipFamilies');
  dropUnchanged(spec, old, 'ipFamilyPolicy');
}

function dropUnchanged(spec: Fields, old: Fields, field: string): void {
  if (semanticEqual(spec[field], old[field])) delete spec[field];
}
