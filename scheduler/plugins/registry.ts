// All plugins there are, by upstream's names (pkg/scheduler/framework/plugins/registry.go).
import type { PluginArgs } from '../config/plugin-args.ts';
import type { Handle } from '../framework/handle.ts';
import type { Plugin } from '../framework/plugin.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption/default-preemption.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeDeclaredFeatures } from './node-declared-features.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { podTopologySpread } from './pod-topology-spread/pod-topology-spread.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding/volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** Makes a plugin for one profile. */
export type PluginFactory = (args: PluginArgs, handle: Handle) => Plugin;

export const pluginRegistry: Readonly<Record<string, PluginFactory>> = {
  SchedulingGates: () => schedulingGates(),
  PrioritySort: () => prioritySort(),
  NodeUnschedulable: () => nodeUnschedulable(),
  NodeName: () => nodeName(),
  TaintToleration: () => taintToleration(),
  NodeAffinity: (args) => nodeAffinity(args.NodeAffinity),
  NodePorts: () => nodePorts(),
  NodeResourcesFit: (args) => nodeResourcesFit(args.NodeResourcesFit),
  VolumeRestrictions: (_args, handle) => volumeRestrictions(handle),
  NodeVolumeLimits: (_args, handle) => nodeVolumeLimits(handle),
  VolumeBinding: (args, handle) => volumeBinding(args.VolumeBinding, handle),
  VolumeZone: (_args, handle) => volumeZone(handle),
  PodTopologySpread: (args, handle) => podTopologySpread(args.PodTopologySpread, handle),
  InterPodAffinity: (args, handle) => interPodAffinity(args.InterPodAffinity, handle),
  DefaultPreemption: (args, handle) => defaultPreemption(args.DefaultPreemption, handle),
  NodeResourcesBalancedAllocation: (args) => nodeResourcesBalancedAllocation(args.NodeResourcesBalancedAllocation),
  ImageLocality: (_args, handle) => imageLocality(handle),
  DefaultBinder: (_args, handle) => defaultBinder(handle),
  NodeDeclaredFeatures: () => nodeDeclaredFeatures(),
};
