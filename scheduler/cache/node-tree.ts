// Names of nodes by zone, listed so that zones take turns: pods are spread over zones even where only some nodes are looked at
// (pkg/scheduler/backend/cache/node_tree.go).
import type { Node } from '../../client/kinds.ts';

/** `region:\0:zone`; '' for nodes that say neither (utilnode.GetZoneKey). */
export function zoneKey(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  return zone === '' && region === '' ? '' : `${region}:\0:${zone}`;
}

export class NodeTree {
  readonly #zones = new Map<string, Set<string>>();

  add(zone: string, name: string): void {
    const names = this.#zones.get(zone);
    if (names === undefined) this.#zones.set(zone, new Set([name]));
    else names.add(name);
  }

  remove(zone: string, name: string): void {
    const names = this.#zones.get(zone);
    if (names === undefined) return;
    names.delete(name);
    if (names.size === 0) this.#zones.delete(zone);
  }

  /** One of each zone, then the next of each. */
  list(): string[] {
    const names: string[] = [];
    let zones = [...this.#zones.values()].map((zone) => zone.values());
    while (zones.length > 0) {
      const left: typeof zones = [];
      for (const zone of zones) {
        const next = zone.next();
        if (next.done) continue;
        names.push(next.value);
        left.push(zone);
      }
      zones = left;
    }
    return names;
  }
}
