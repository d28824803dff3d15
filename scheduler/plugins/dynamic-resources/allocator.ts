// Finds devices for claims on a node (k8s.io/dynamic-resource-allocation/structured/internal/stable/allocator_stable.go): goes through
// requests in order and, where one cannot be met, goes back and tries other devices for those before.
import { compareQuantities, quantityOf, subtractQuantities } from '../../../apimachinery/quantity.ts';
import type { DeviceClass, Node, ResourceClaim, ResourceSlice } from '../../../client/kinds.ts';
import type { NodeSelectorTerm } from '../../../client/scheduling/node-selector.ts';
import { type Taint, type Toleration, tolerates } from '../../framework/taints.ts';
import { type Pool, type PoolDevice, poolsOf, selects } from './devices.ts';

type Spec = NonNullable<ResourceClaim['spec']>;
type Request = NonNullable<NonNullable<Spec['devices']>['requests']>[number];
type ExactRequest = NonNullable<Request['exactly']>;
type Constraint = NonNullable<NonNullable<Spec['devices']>['constraints']>[number];
export type Allocation = NonNullable<NonNullable<ResourceClaim['status']>['allocation']>;

/** A device for a request. */
interface Choice {
  /** `request`, or `request/subrequest` where there were alternatives. */
  request: string;
  want: ExactRequest;
  device: PoolDevice;
}

/** So many devices are tried at most for one node: what is contrived must not hold up everything else. */
const maxSteps = 100_000;

export class Allocator {
  readonly #pools: readonly Pool[];
  readonly #node: Node;
  readonly #taken: Set<string>;
  readonly #classOf: (name: string) => DeviceClass | undefined;
  readonly #candidates = new Map<string, PoolDevice[]>();
  #steps = 0;

  /** `taken`: identifiers of devices that others have. */
  constructor(
    node: Node,
    slices: readonly ResourceSlice[],
    taken: ReadonlySet<string>,
    classOf: (name: string) => DeviceClass | undefined,
  ) {
    this.#node = node;
    this.#pools = poolsOf(slices, node);
    this.#taken = new Set(taken);
    this.#classOf = classOf;
  }

  /** An allocation for each claim, or undefined where the node has not the devices. Throws what expressions throw. */
  allocate(claims: readonly ResourceClaim[]): Allocation[] | undefined {
    const choices = this.#claims(claims, 0);
    return choices?.map((own, i) => this.#allocation(claims[i]!, own));
  }

  #claims(claims: readonly ResourceClaim[], index: number): Choice[][] | undefined {
    const claim = claims[index];
    if (claim === undefined) return [];
    const { requests = [], constraints = [] } = claim.spec?.devices ?? {};
    return this.#requests(requests, constraints, 0, [], (own) => {
      const rest = this.#claims(claims, index + 1);
      return rest === undefined ? undefined : [own, ...rest];
    });
  }

  #requests<T>(
    requests: readonly Request[],
    constraints: readonly Constraint[],
    index: number,
    chosen: Choice[],
    next: (chosen: Choice[]) => T | undefined,
  ): T | undefined {
    const request = requests[index];
    if (request === undefined) return next([...chosen]);
    const go = () => this.#requests(requests, constraints, index + 1, chosen, next);
    const { name, exactly, firstAvailable = [] } = request;
    if (exactly !== undefined) return this.#request(name, exactly, constraints, chosen, go);
    for (const alternative of firstAvailable) {
      const found = this.#request(`${name}/${alternative.name}`, alternative, constraints, chosen, go);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #request<T>(
    name: string,
    want: ExactRequest,
    constraints: readonly Constraint[],
    chosen: Choice[],
    next: () => T | undefined,
  ): T | undefined {
    const candidates = this.#candidatesOf(want);
    const all = want.allocationMode === 'All';
    if (all && (candidates.length === 0 || this.#pools.some(({ complete }) => !complete))) return undefined;
    const count = all ? candidates.length : (want.count ?? 1);
    return this.#devices(name, want, candidates, 0, count, constraints, chosen, next);
  }

  /** `from`: devices of one request are taken in order, because their order does not matter. */
  #devices<T>(
    name: string,
    want: ExactRequest,
    candidates: readonly PoolDevice[],
    from: number,
    count: number,
    constraints: readonly Constraint[],
    chosen: Choice[],
    next: () => T | undefined,
  ): T | undefined {
    if (count === 0) return next();
    for (let i = from; i <= candidates.length - count; i++) {
      if (++this.#steps > maxSteps) return undefined;
      const device = candidates[i]!;
      const choice = { request: name, want, device };
      if (!this.#free(choice, chosen) || !meetsAll(constraints, [...chosen, choice])) continue;
      chosen.push(choice);
      if (!want.adminAccess) this.#taken.add(device.id);
      const found = this.#devices(name, want, candidates, i + 1, count - 1, constraints, chosen, next);
      if (found !== undefined) return found;
      chosen.pop();
      if (!want.adminAccess) this.#taken.delete(device.id);
    }
    return undefined;
  }

  /** Administrators look at devices that others use. */
  #free({ want, device }: Choice, chosen: readonly Choice[]): boolean {
    if (want.adminAccess) return !chosen.some((other) => other.device.id === device.id);
    return !this.#taken.has(device.id) && this.#hasCounters(device);
  }

  /** Devices that are parts of one share its counters (KEP-4815). */
  #hasCounters({ device, driver, pool }: PoolDevice): boolean {
    for (const { counterSet, counters } of device.consumesCounters ?? []) {
      const own = this.#pools.find(({ devices }) =>
        devices.some((other) => other.driver === driver && other.pool === pool),
      )!;
      const available = own.counters.find(({ name }) => name === counterSet)?.counters ?? {};
      for (const [name, { value }] of Object.entries(counters)) {
        let left = quantityOf(available[name]?.value);
        for (const other of own.devices) {
          if (!this.#taken.has(other.id)) continue;
          const uses = other.device.consumesCounters?.find((consumed) => consumed.counterSet === counterSet);
          const used = uses?.counters[name];
          if (used !== undefined) left = subtractQuantities(left, quantityOf(used.value));
        }
        if (compareQuantities(left, quantityOf(value)) < 0) return false;
      }
    }
    return true;
  }

  /** The devices that class and request select, whose taints are tolerated. */
  #candidatesOf(want: ExactRequest): PoolDevice[] {
    const key = JSON.stringify([want.deviceClassName, want.selectors, want.tolerations, want.allocationMode]);
    let candidates = this.#candidates.get(key);
    if (candidates === undefined) {
      const expressions = [...(this.#classOf(want.deviceClassName)?.spec?.selectors ?? []), ...(want.selectors ?? [])]
        .map(({ cel }) => cel?.expression)
        .filter((expression) => expression !== undefined);
      candidates = this.#pools
        .filter(({ complete }) => complete || want.allocationMode === 'All')
        .flatMap(({ devices }) => devices)
        .filter(
          (device) => isTolerated(device, want) && expressions.every((expression) => selects(expression, device)),
        );
      this.#candidates.set(key, candidates);
    }
    return candidates;
  }

  #allocation(claim: ResourceClaim, choices: readonly Choice[]): Allocation {
    const results = choices.map(({ request, want, device: { driver, pool, device } }) => ({
      request,
      driver,
      pool,
      device: device.name,
      ...(want.adminAccess ? { adminAccess: true } : {}),
      ...(want.tolerations?.length ? { tolerations: want.tolerations } : {}),
      ...(device.bindingConditions?.length ? { bindingConditions: device.bindingConditions } : {}),
      ...(device.bindingFailureConditions?.length ? { bindingFailureConditions: device.bindingFailureConditions } : {}),
    }));
    const config = this.#configOf(claim, choices);
    const nodeSelector = this.#nodeSelector(choices);
    return {
      devices: { results, ...(config.length > 0 ? { config } : {}) },
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
    } as Allocation;
  }

  #configOf(claim: ResourceClaim, choices: readonly Choice[]): object[] {
    const config: object[] = [];
    for (const { request, want } of new Map(choices.map((choice) => [choice.request, choice])).values())
      for (const own of this.#classOf(want.deviceClassName)?.spec?.config ?? [])
        config.push({ source: 'FromClass', requests: [request], ...own });
    for (const own of claim.spec?.devices?.config ?? []) {
      const applies = !own.requests?.length || choices.some(({ request }) => names(own.requests!, request));
      if (applies) config.push({ source: 'FromClaim', ...own });
    }
    return config;
  }

  /** Where the devices can be used; undefined for everywhere. */
  #nodeSelector(choices: readonly Choice[]): object | undefined {
    const terms: NodeSelectorTerm = {};
    for (const { device } of choices) {
      const spec = device.slice.spec!;
      const where = spec.perDeviceNodeSelection ? device.device : spec;
      if (where.nodeName || device.device.bindsToNode) {
        const matchFields = [{ key: 'metadata.name', operator: 'In', values: [this.#node.metadata.name] }];
        return { nodeSelectorTerms: [{ matchFields }] };
      }
      const [term] = (where.nodeSelector?.nodeSelectorTerms ?? []) as NodeSelectorTerm[];
      for (const part of ['matchExpressions', 'matchFields'] as const) {
        if (!term?.[part]?.length) continue;
        const known = new Set((terms[part] ?? []).map((item) => JSON.stringify(item)));
        terms[part] = [...(terms[part] ?? []), ...term[part].filter((item) => !known.has(JSON.stringify(item)))];
      }
    }
    return Object.keys(terms).length === 0 ? undefined : { nodeSelectorTerms: [terms] };
  }
}

/** Whether requests that are named include this one; the name of a request stands for all its alternatives. */
function names(requests: readonly string[], request: string): boolean {
  return requests.includes(request) || requests.includes(request.split('/')[0]!);
}

function isTolerated({ device }: PoolDevice, { tolerations = [] }: ExactRequest): boolean {
  return (device.taints ?? [])
    .filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')
    .every((taint) => tolerations.some((toleration) => tolerates(toleration as Toleration, taint as unknown as Taint)));
}

/** An attribute's value as text; a name without a domain is in the driver's. */
function attributeOf({ device, driver }: PoolDevice, name: string): string | undefined {
  const { attributes = {} } = device;
  const own = name.startsWith(`${driver}/`) ? name.slice(driver.length + 1) : name;
  const value = attributes[name] ?? attributes[own];
  return value === undefined ? undefined : JSON.stringify(value);
}

function meetsAll(constraints: readonly Constraint[], choices: readonly Choice[]): boolean {
  return constraints.every(({ requests, matchAttribute, distinctAttribute }) => {
    const attribute = matchAttribute ?? distinctAttribute;
    if (attribute === undefined) return true;
    const values = choices
      .filter(({ request }) => !requests?.length || names(requests, request))
      .map(({ device }) => attributeOf(device, attribute));
    if (values.includes(undefined)) return false;
    const different = new Set(values).size;
    return matchAttribute === undefined ? different === values.length : different <= 1;
  });
}
