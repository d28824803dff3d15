// What a Service is warned of (pkg/api/service/warnings.go).
import { warningsForCIDR, warningsForIP } from '../../../apimachinery/ip.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import type { Fields } from '../fields.ts';

const topologyAwareHints = 'service.kubernetes.io/topology-aware-hints';

export function serviceWarnings(object: KubeObject): string[] {
  const spec = (object['spec'] ?? {}) as Fields;
  const externalIPs = (spec['externalIPs'] ?? []) as string[];
  const isHeadless = spec['type'] === 'ClusterIP' && spec['clusterIP'] === 'None';
  const isExternalName = spec['type'] === 'ExternalName';
  const warnings: string[] = [];
  if (object.metadata.annotations?.[topologyAwareHints] !== undefined) {
    warnings.push(
      `annotation ${topologyAwareHints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    );
  }
  if (spec['clusterIP'] && spec['clusterIP'] !== 'None') {
    ((spec['clusterIPs'] ?? []) as string[]).forEach((ip, i) => {
      warnings.push(...warningsForIP(`spec.clusterIPs[${i}]`, ip));
    });
  }
  if (isHeadless) warnings.push(...headlessWarnings(spec));
  externalIPs.forEach((ip, i) => {
    warnings.push(...warningsForIP(`spec.externalIPs[${i}]`, ip));
  });
  if (externalIPs.length > 0 && !isHeadless && !isExternalName) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (spec['loadBalancerIP']) warnings.push(...warningsForIP('spec.loadBalancerIP', spec['loadBalancerIP']));
  ((spec['loadBalancerSourceRanges'] ?? []) as string[]).forEach((cidr, i) => {
    warnings.push(...warningsForCIDR(`spec.loadBalancerSourceRanges[${i}]`, cidr));
  });
  if (isExternalName && externalIPs.length > 0)
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName && spec['externalName']) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec['trafficDistribution'] === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}

function headlessWarnings(spec: Fields): string[] {
  const warnings: string[] = [];
  if (spec['loadBalancerIP']) warnings.push('spec.loadBalancerIP is ignored for headless services');
  if ((spec['externalIPs'] ?? []).length > 0) warnings.push('spec.externalIPs is ignored for headless services');
  if (spec['sessionAffinity'] !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  return warnings;
}
