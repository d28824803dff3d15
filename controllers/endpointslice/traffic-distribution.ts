// Hints from a Service's spec.trafficDistribution: each endpoint is for its own zone, or its own node
// (k8s.io/endpointslice trafficdist/trafficdist.go, KEP-2433, KEP-3015).
import { deepCopy } from '../../client/freeze.ts';
import type { Endpoint } from './slices.ts';
import type { SliceInfo } from './topology-cache.ts';

const distributions: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

export function isTrafficDistribution(value: string | undefined): value is string {
  return value !== undefined && distributions.has(value);
}

function hintsOf({ zone, nodeName }: Endpoint, byNode: boolean): Endpoint['hints'] {
  const forZones = zone === undefined ? undefined : [{ name: zone }];
  const forNodes = byNode && nodeName !== undefined ? [{ name: nodeName }] : undefined;
  if (forZones === undefined && forNodes === undefined) return undefined;
  return { ...(forZones && { forZones }), ...(forNodes && { forNodes }) };
}

function only(list: readonly { name: string }[] | undefined, name: string | undefined): boolean {
  return name === undefined ? !list?.length : list?.length === 1 && list[0]!.name === name;
}

function hasHints(endpoint: Endpoint, byNode: boolean): boolean {
  return (
    only(endpoint.hints?.forZones, endpoint.zone) &&
    only(endpoint.hints?.forNodes, byNode ? endpoint.nodeName : undefined)
  );
}

/** Gives hints to every ready endpoint; slices whose hints are wrong are to be updated then. */
export function reconcileTrafficHints(distribution: string, info: SliceInfo): void {
  const byNode = distribution === 'PreferSameNode';
  const wrong = info.unchanged.filter(({ endpoints }) =>
    endpoints?.some((endpoint) => endpoint.conditions?.ready === true && !hasHints(endpoint, byNode)),
  );
  info.unchanged = info.unchanged.filter((slice) => !wrong.includes(slice));
  info.update.push(...wrong.map((slice) => ({ ...slice, endpoints: deepCopy(slice.endpoints ?? []) })));
  for (const { endpoints } of [...info.create, ...info.update])
    for (const endpoint of endpoints) {
      if (endpoint.conditions?.ready !== true) continue;
      const hints = hintsOf(endpoint, byNode);
      if (hints === undefined) delete endpoint.hints;
      else endpoint.hints = hints;
    }
}
