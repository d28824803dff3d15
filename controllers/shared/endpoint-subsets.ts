// Subsets of Endpoints in their shortest form: addresses that have the same ports are together, each once
// (pkg/api/v1/endpoints/util.go). Upstream's order within is by hash; here it is by value.
import type { Endpoints } from '../../client/kinds.ts';

export type EndpointSubset = NonNullable<Endpoints['subsets']>[number];
export type EndpointAddress = NonNullable<EndpointSubset['addresses']>[number];
export type EndpointSubsetPort = NonNullable<EndpointSubset['ports']>[number];

interface Entry {
  address: EndpointAddress;
  ready: boolean;
}

const addressKey = ({ ip, targetRef }: EndpointAddress): string => `${ip} ${targetRef?.uid ?? ''}`;
const portKey = ({ name = '', port, protocol = 'TCP', appProtocol = '' }: EndpointSubsetPort): string =>
  JSON.stringify([name, port, protocol, appProtocol]);
const byKey = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** An address that is ready and not ready for the same port counts as not ready. */
export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const ports = new Map<string, { port: EndpointSubsetPort | undefined; entries: Map<string, Entry> }>();
  const known = new Map<string, EndpointAddress>();
  const add = (key: string, port: EndpointSubsetPort | undefined, address: EndpointAddress, ready: boolean) => {
    let group = ports.get(key);
    if (group === undefined) {
      group = { port, entries: new Map() };
      ports.set(key, group);
    }
    const of = addressKey(address);
    if (!known.has(of)) known.set(of, address);
    const before = group.entries.get(of);
    group.entries.set(of, { address: known.get(of)!, ready: ready && before?.ready !== false });
  };
  for (const subset of subsets) {
    const all: (EndpointSubsetPort | undefined)[] = subset.ports?.length ? subset.ports : [undefined];
    for (const port of all) {
      const key = port === undefined ? '' : portKey(port);
      for (const address of subset.addresses ?? []) add(key, port, address, true);
      for (const address of subset.notReadyAddresses ?? []) add(key, port, address, false);
    }
  }
  return merge(ports);
}

/** Ports that have the same addresses become one subset. */
function merge(
  ports: ReadonlyMap<string, { port: EndpointSubsetPort | undefined; entries: Map<string, Entry> }>,
): EndpointSubset[] {
  const merged = new Map<string, { entries: Entry[]; ports: EndpointSubsetPort[] }>();
  for (const [, { port, entries }] of [...ports].sort(([a], [b]) => byKey(a, b))) {
    const sorted = [...entries].sort(([a], [b]) => byKey(a, b));
    const key = sorted.map(([of, { ready }]) => `${of} ${ready}`).join();
    let group = merged.get(key);
    if (group === undefined) {
      group = { entries: sorted.map(([, entry]) => entry), ports: [] };
      merged.set(key, group);
    }
    if (port !== undefined) group.ports.push(port);
  }
  return [...merged.values()].map(({ entries, ports: of }) => {
    const addresses = entries.filter(({ ready }) => ready).map(({ address }) => address);
    const notReadyAddresses = entries.filter(({ ready }) => !ready).map(({ address }) => address);
    return {
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
      ...(of.length > 0 ? { ports: of } : {}),
    };
  });
}
