// The devices that a node can use, pool by pool, and which expressions they match
// (k8s.io/dynamic-resource-allocation/structured/internal/stable/pools_stable.go, cel/cache.go).
import type { CelProgram } from '../../../apimachinery/cel/cel.ts';
import { deviceValue, type SelectableDevice, selectorEnvironment } from '../../../apimachinery/cel/devices.ts';
import type { Node, ResourceSlice } from '../../../client/kinds.ts';
import { type NodeSelectorObject, selectorMatcher } from '../../../client/scheduling/node-selector.ts';

export type Device = NonNullable<NonNullable<ResourceSlice['spec']>['devices']>[number];

/** A device with where it is from. */
export interface PoolDevice {
  driver: string;
  pool: string;
  device: Device;
  slice: ResourceSlice;
  /** `driver/pool/device`. */
  id: string;
}

export interface Pool {
  /** All its slices are known. */
  complete: boolean;
  devices: PoolDevice[];
  /** What devices that share something share, by set and counter. */
  counters: NonNullable<NonNullable<ResourceSlice['spec']>['sharedCounters']>;
}

function onNode(spec: { nodeName?: string; allNodes?: boolean; nodeSelector?: object }, node: Node): boolean {
  if (spec.nodeName) return spec.nodeName === node.metadata.name;
  if (spec.allNodes) return true;
  return spec.nodeSelector !== undefined && selectorMatcher(spec.nodeSelector as NodeSelectorObject)(node);
}

/** The newest generation of each pool, with the devices that the node can use. */
export function poolsOf(slices: readonly ResourceSlice[], node: Node): Pool[] {
  const byPool = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec!;
    const key = `${driver}/${pool.name}`;
    const known = byPool.get(key) ?? [];
    const generation = known[0]?.spec?.pool.generation ?? 0;
    if (pool.generation < generation) continue;
    byPool.set(key, pool.generation > generation ? [slice] : [...known, slice]);
  }
  return [...byPool.values()].map((own) => ({
    complete: own.length === own[0]!.spec!.pool.resourceSliceCount,
    devices: own.flatMap((slice) => devicesOf(slice, node)),
    counters: own.flatMap(({ spec }) => spec!.sharedCounters ?? []),
  }));
}

function devicesOf(slice: ResourceSlice, node: Node): PoolDevice[] {
  const { driver, pool, devices = [], perDeviceNodeSelection } = slice.spec!;
  if (!perDeviceNodeSelection && !onNode(slice.spec!, node)) return [];
  return devices
    .filter((device) => !perDeviceNodeSelection || onNode(device, node))
    .map((device) => ({ driver, pool: pool.name, device, slice, id: `${driver}/${pool.name}/${device.name}` }));
}

const programs = new Map<string, CelProgram>();
const programsLimit = 1000;

/** Whether a device is one that an expression selects. Throws where it does not compile, and what evaluating it throws. */
export function selects(expression: string, { driver, device }: PoolDevice): boolean {
  let program = programs.get(expression);
  if (program === undefined) {
    const compiled = selectorEnvironment().compile(expression);
    if (compiled instanceof Error) throw compiled;
    if (programs.size >= programsLimit) programs.clear();
    programs.set(expression, compiled);
    program = compiled;
  }
  // The models call one attribute field by another name than JSON has.
  const selectable = { driver, ...device } as unknown as SelectableDevice;
  return program.evaluate({ device: () => deviceValue(selectable) }).value === true;
}
