// node-ipam-controller: every node has a range of the cluster's Pod addresses, spec.podCIDRs
// (pkg/controller/nodeipam, the RangeAllocator). Runs with --allocate-node-cidrs only.
import { type CIDR, cidrContains, parseCIDRSloppy } from '../../apimachinery/ip.ts';
import { StatusError } from '../../apimachinery/status.ts';
import { Controller } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { Node } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import type { ControllerFlags } from '../manager/flags.ts';
import { CIDRSet } from './cidr-set.ts';

const workers = 30;
const attempts = 3;
const standardMaskSizes = { 4: 24, 6: 64 } as const;

function parse(text: string, flag: string): CIDR {
  const cidr = parseCIDRSloppy(text);
  if (cidr === undefined) throw new Error(`--${flag}: invalid CIDR address: ${text}`);
  return cidr;
}

/** The cluster's ranges, one or one of each family. Throws what is wrong with the flags. */
export function cidrSetsOf(flags: ControllerFlags): CIDRSet[] {
  const cidrs = flags['cluster-cidr'].map((text) => parse(text, 'cluster-cidr'));
  if (cidrs.length === 0) throw new Error('--cluster-cidr: a range is needed with --allocate-node-cidrs');
  if (cidrs.length > 2) throw new Error(`len of clusters is:${cidrs.length} > more than max allowed of 2`);
  if (cidrs.length === 2 && cidrs[0]!.network.family === cidrs[1]!.network.family)
    throw new Error(
      'len of ClusterCIDRs==2 and they are not configured as dual stack (at least one from each IPFamily',
    );
  const common = flags['node-cidr-mask-size'];
  if (common !== 0 && cidrs.length === 2)
    throw new Error('usage of --node-cidr-mask-size is not allowed with dual-stack clusters');
  const ranges = flags['service-cluster-ip-range'].split(',').filter((text) => text.trim() !== '');
  const services = ranges.map((text) => parse(text.trim(), 'service-cluster-ip-range'));
  return cidrs.map((cidr) => {
    const { family } = cidr.network;
    const own = family === 4 ? flags['node-cidr-mask-size-ipv4'] : flags['node-cidr-mask-size-ipv6'];
    const set = new CIDRSet(cidr, common || own || standardMaskSizes[family]);
    for (const range of services)
      if (cidrContains(cidr, range.network) || cidrContains(range, cidr.network)) set.occupy(range);
    return set;
  });
}

export const nodeIpam: ControllerDescriptor = {
  name: 'node-ipam-controller',
  aliases: ['nodeipam'],
  build({ informers, client, recorder, flags, log, clock }) {
    if (!flags['allocate-node-cidrs']) return undefined;
    const sets = cidrSetsOf(flags);
    const nodes = informers.of(Node);
    const api = client('node-controller').resource(Node);
    const events = recorder('cidrAllocator');

    const each = (podCIDRs: readonly string[], act: (set: CIDRSet, cidr: CIDR) => void): void => {
      for (const [index, text] of podCIDRs.entries()) {
        const cidr = parseCIDRSloppy(text);
        const set = sets[index];
        if (cidr !== undefined && set !== undefined) act(set, cidr);
      }
    };
    const occupy = (node: Node): void => each(node.spec?.podCIDRs ?? [], (set, cidr) => set.occupy(cidr));
    const release = (podCIDRs: readonly string[]): void => each(podCIDRs, (set, cidr) => set.release(cidr));

    const say = ({ metadata: { name, uid } }: Node, status: string): void =>
      events.eventAbout(
        { apiVersion: 'v1', kind: 'Node', name, uid },
        'Normal',
        status,
        `Node ${name} status is now: ${status}`,
      );

    const allocate = (node: Node): string[] => {
      const podCIDRs: string[] = [];
      for (const [index, set] of sets.entries()) {
        const podCIDR = set.allocate();
        if (podCIDR === undefined) {
          release(podCIDRs);
          say(node, 'CIDRNotAvailable');
          throw new Error(
            `failed to allocate cidr from cluster cidr at idx:${index}: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range`,
          );
        }
        podCIDRs.push(podCIDR);
      }
      return podCIDRs;
    };

    const assign = async (node: Node): Promise<void> => {
      const podCIDRs = allocate(node);
      const { name, uid } = node.metadata;
      for (let n = 1; ; n++) {
        try {
          const patch = { metadata: { uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } };
          await api.patch({ name }, 'strategic', patch);
          return;
        } catch (error) {
          if (n < attempts && !isNotFound(error)) continue;
          // Where the answer was lost the node may have got it: then it stays taken.
          if (error instanceof StatusError && error.status.code < 500) release(podCIDRs);
          if (isNotFound(error)) return;
          say(node, 'CIDRAssignmentFailed');
          throw error;
        }
      }
    };

    let begun = false;
    const reconcile = async (name: string): Promise<void> => {
      // Nobody gets a range before those are known that are taken.
      if (!begun) for (const node of nodes.lister.list()) occupy(node);
      begun = true;
      const node = nodes.lister.get(undefined, name);
      if (node === undefined || node.metadata.deletionTimestamp !== undefined) return;
      if (node.spec?.podCIDRs?.length) occupy(node);
      else await assign(node);
    };

    return new Controller({ name: 'node-ipam-controller', workers, reconcile, log, clock }).watch(
      nodes,
      ({ type, object }) => {
        if (type !== 'delete') return [object.metadata.name];
        release(object.spec?.podCIDRs ?? []);
        return [];
      },
    );
  },
};
