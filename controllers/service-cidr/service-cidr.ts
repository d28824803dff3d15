// service-cidr-controller: ServiceCIDRs are ready when they are there, and one that is being deleted stays while addresses of Services are of
// no other (pkg/controller/servicecidrs/servicecidrs_controller.go, KEP-1880).
import {
  type CIDR,
  cidrContains,
  type IPAddress as IPAddressValue,
  parseCIDRSloppy,
  parseIPSloppy,
} from '../../apimachinery/ip.ts';
import { timestamp } from '../../client/clock.ts';
import { Controller } from '../../client/controller.ts';
import { isNotFound } from '../../client/errors.ts';
import { IPAddress, ServiceCIDR } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';

const workers = 5;
const maxRetries = 15;
const fieldManager = 'service-cidr-controller';
const finalizer = 'networking.k8s.io/service-cidr-finalizer';
const managedByLabel = 'ipaddress.kubernetes.io/managed-by';
const allocatorName = 'ipallocator.k8s.io';
/** For allocators elsewhere to see that it is going. */
const graceMs = 10_000;

const ready = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
const terminating = {
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

function rangesOf({ spec }: ServiceCIDR): CIDR[] {
  return (spec?.cidrs ?? []).flatMap((text) => parseCIDRSloppy(text) ?? []);
}

function containsRange(outer: CIDR, inner: CIDR): boolean {
  return outer.prefixLength <= inner.prefixLength && cidrContains(outer, inner.network);
}

function overlaps(a: CIDR, b: CIDR): boolean {
  return cidrContains(a, b.network) || cidrContains(b, a.network);
}

/** An address that Services may have of a range: not the network's own, nor IPv4's broadcast address. */
function holds(range: CIDR, address: IPAddressValue): boolean {
  if (!cidrContains(range, address) || address.value === range.network.value) return false;
  const last = range.network.value + (1n << BigInt(32 - range.prefixLength)) - 1n;
  return address.family === 6 || address.value !== last;
}

/** True where every address that Services have of this one is of another one too. */
export function canDelete(cidr: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== cidr.metadata.name);
  const elsewhere = others.flatMap(rangesOf);
  const ranges = rangesOf(cidr);
  if (ranges.every((range) => elsewhere.some((other) => containsRange(other, range)))) return true;
  return addresses.every(({ metadata }) => {
    if (metadata.labels?.[managedByLabel] !== allocatorName) return true;
    const address = parseIPSloppy(metadata.name);
    if (address === undefined || !ranges.some((range) => holds(range, address))) return true;
    return elsewhere.some((other) => holds(other, address));
  });
}

export const serviceCIDR: ControllerDescriptor = {
  name: 'service-cidr-controller',
  build({ informers, client, recorder, log, clock }) {
    const cidrs = informers.of(ServiceCIDR);
    const addresses = informers.of(IPAddress);
    const api = client('service-cidrs-controller').resource(ServiceCIDR);
    const events = recorder('service-cidr-controller');

    const setCondition = async (cidr: ServiceCIDR, wanted: typeof ready): Promise<void> => {
      const present = cidr.status?.conditions?.find(({ type }) => type === 'Ready');
      const { status, reason, message } = wanted;
      if (present?.status === status && (present.reason ?? '') === reason && present.message === message) return;
      const condition = { type: 'Ready', ...wanted, lastTransitionTime: timestamp(clock.now()) };
      const { name } = cidr.metadata;
      const options = { fieldManager, force: true, subresource: 'status' };
      await api.apply({ metadata: { name }, status: { conditions: [condition] } }, options);
    };

    const patch = async (name: string, metadata: object): Promise<void> => {
      try {
        await api.patch({ name }, 'strategic', { metadata });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };

    const end = async (cidr: ServiceCIDR) => {
      const { name, deletionTimestamp, finalizers } = cidr.metadata;
      if (!canDelete(cidr, cidrs.lister.list(), addresses.lister.list())) {
        await setCondition(cidr, terminating);
        return undefined;
      }
      const leftMs = Date.parse(deletionTimestamp!) + graceMs - clock.now();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      if (finalizers?.includes(finalizer)) await patch(name, { '$deleteFromPrimitiveList/finalizers': [finalizer] });
      return undefined;
    };

    const reconcile = async (name: string) => {
      const cidr = cidrs.lister.get(undefined, name);
      if (cidr === undefined) return undefined;
      if (cidr.metadata.deletionTimestamp !== undefined) return end(cidr);
      if (!cidr.metadata.finalizers?.includes(finalizer)) await patch(name, { finalizers: [finalizer] });
      try {
        await setCondition(cidr, ready);
      } catch (error) {
        const message = 'The ServiceCIDR Status can not be set to Ready=True';
        events.event(cidr, 'Warning', 'KubernetesServiceCIDRError', message);
        throw error;
      }
      return undefined;
    };

    /** Those that are waiting for an end, which others may bring about. */
    const concerned = (touches: (range: CIDR) => boolean): string[] =>
      cidrs.lister.list().flatMap((cidr) => (rangesOf(cidr).some(touches) ? [cidr.metadata.name] : []));

    return new Controller({ name: 'service-cidr-controller', workers, reconcile, maxRetries, log, clock })
      .watch(cidrs, ({ type, object }) => {
        if (type === 'update') return [object.metadata.name];
        const ranges = rangesOf(object);
        return new Set([object.metadata.name, ...concerned((range) => ranges.some((own) => overlaps(own, range)))]);
      })
      .watch(addresses, ({ type, object }) => {
        const address = parseIPSloppy(object.metadata.name);
        if (type === 'update' || address === undefined) return [];
        if (object.metadata.labels?.[managedByLabel] !== allocatorName) return [];
        return concerned((range) => holds(range, address));
      });
  },
};
