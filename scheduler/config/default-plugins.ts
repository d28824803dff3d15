// Which plugins a profile runs where: the defaults and what its configuration changes
// (pkg/scheduler/apis/config/v1/default_plugins.go, framework/runtime/framework.go expandMultiPointPlugins).
import { type ExtensionPoint, extensionPoints, methodOf } from '../framework/framework.ts';
import type { Plugin } from '../framework/plugin.ts';
import type { PluginReference, PluginSet, ProfileConfiguration } from './types.ts';

/** In the order in which they run, with the weights of their scores. */
export const defaultPlugins: readonly PluginReference[] = [
  { name: 'SchedulingGates', weight: 0 },
  { name: 'PrioritySort', weight: 0 },
  { name: 'NodeUnschedulable', weight: 0 },
  { name: 'NodeName', weight: 0 },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts', weight: 0 },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions', weight: 0 },
  { name: 'NodeVolumeLimits', weight: 0 },
  { name: 'VolumeBinding', weight: 0 },
  { name: 'VolumeZone', weight: 0 },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DefaultPreemption', weight: 0 },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'DefaultBinder', weight: 0 },
  { name: 'NodeDeclaredFeatures', weight: 0 },
];

const emptySet: PluginSet = { enabled: [], disabled: [] };

/** The defaults with what is configured: changed in place where a default is named again, otherwise after them. */
function merge(defaults: readonly PluginReference[], { enabled, disabled }: PluginSet): PluginReference[] {
  const off = new Set(disabled);
  const replaced = new Set<PluginReference>();
  const merged: PluginReference[] = [];
  if (!off.has('*')) {
    for (const standard of defaults) {
      if (off.has(standard.name)) continue;
      const own = enabled.find(({ name }) => name === standard.name);
      if (own !== undefined) replaced.add(own);
      merged.push(own ?? standard);
    }
  }
  return [...merged, ...enabled.filter((plugin) => !replaced.has(plugin))];
}

export interface PluginLists {
  plugins: Record<ExtensionPoint, Plugin[]>;
  /** Of scores, by name. */
  weights: Map<string, number>;
}

/** All names that a profile enables anywhere. */
export function enabledNames({ plugins }: ProfileConfiguration): string[] {
  const multi = merge(defaultPlugins, plugins['multiPoint'] ?? emptySet);
  const specific = extensionPoints.flatMap((point) => plugins[point]?.enabled ?? []);
  return [...new Set([...multi, ...specific].map(({ name }) => name))];
}

/**
 * The plugins of each extension point. Those that are named there come first where they are not among the defaults, defaults that are
 * named there take their place. Throws for a plugin that cannot do what it is enabled for, and without a plugin that sorts or binds.
 */
export function pluginLists(
  { schedulerName, plugins }: ProfileConfiguration,
  made: ReadonlyMap<string, Plugin>,
): PluginLists {
  const multi = merge(defaultPlugins, plugins['multiPoint'] ?? emptySet);
  const weights = new Map<string, number>();
  const lists = {} as PluginLists['plugins'];
  for (const point of extensionPoints) {
    const list = listOf(point, multi, plugins[point] ?? emptySet, made);
    lists[point] = list.map(({ name }) => made.get(name)!);
    if (point === 'score') for (const { name, weight } of list) weights.set(name, weight || 1);
  }
  if (lists.queueSort.length !== 1)
    throw new Error(
      `only one queue sort plugin required for profile with scheduler name "${schedulerName}", but got ${lists.queueSort.length}`,
    );
  if (lists.bind.length === 0)
    throw new Error(`at least one bind plugin is needed for profile with scheduler name "${schedulerName}"`);
  return { plugins: lists, weights };
}

function listOf(
  point: ExtensionPoint,
  multi: readonly PluginReference[],
  { enabled, disabled }: PluginSet,
  made: ReadonlyMap<string, Plugin>,
): PluginReference[] {
  const can = ({ name }: PluginReference) => made.get(name)?.[methodOf[point]] !== undefined;
  for (const plugin of enabled)
    if (!can(plugin)) throw new Error(`plugin "${plugin.name}" does not extend ${point} plugin`);
  const off = new Set(disabled);
  if (off.has('*')) return [...enabled];
  const multiNames = new Set(multi.map(({ name }) => name));
  const overriding = new Set(enabled.map(({ name }) => name));
  const first = enabled.filter(({ name }) => multiNames.has(name));
  const fromMulti = multi.filter((plugin) => can(plugin) && !off.has(plugin.name) && !overriding.has(plugin.name));
  const others = enabled.filter(({ name }) => !multiNames.has(name));
  return [...first, ...fromMulti, ...others];
}
