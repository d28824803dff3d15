// The Pods of a daemon set: for which node each is, what they tolerate, which nodes they belong on
// (pkg/controller/daemon/util/daemonset_util.go, daemon_controller.go NodeShouldRunDaemonPod).
import type { DaemonSet, Node, Pod } from '../../client/kinds.ts';
import { requiredNodeAffinity } from '../../client/scheduling/node-selector.ts';
import type { PodState } from '../shared/active-pods.ts';
import { revisionHashLabel } from '../shared/controller-revisions.ts';
import type { PodSpec, PodTemplateSpec } from '../shared/pod-template.ts';
import { type Taint, type Toleration, tolerates } from '../shared/taints.ts';

const generationAnnotation = 'deprecated.daemonset.template.generation';
const generationLabel = 'pod-template-generation';
const nameField = 'metadata.name';
type Affinity = NonNullable<PodSpec['affinity']>;

const alwaysTolerated: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => toleration(name, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) =>
    toleration(name, 'NoSchedule'),
  ),
];
const toleratedOnHostNetwork = [...alwaysTolerated, toleration('network-unavailable', 'NoSchedule')];

function toleration(name: string, effect: string): Toleration {
  return { key: `node.kubernetes.io/${name}`, operator: 'Exists', effect };
}

/** The template's tolerations and those that all daemons have, so that they stay on nodes in trouble. */
export function daemonTolerations({ hostNetwork, tolerations = [] }: PodSpec): Toleration[] {
  const added = hostNetwork ? toleratedOnHostNetwork : alwaysTolerated;
  const same = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? '') === (b.value ?? '');
  const own = tolerations.map((toleration) => added.find((other) => same(toleration, other)) ?? toleration);
  return [...own, ...added.filter((toleration) => !tolerations.some((other) => same(toleration, other)))];
}

/** The generation of the template that an annotation says; undefined where there is none, or no number. */
function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[generationAnnotation];
  return text !== undefined && /^[+-]?\d+$/.test(text) ? String(Number(text)) : undefined;
}

/** The template of the Pods of a revision. */
export function daemonTemplate(set: DaemonSet, hash: string): PodTemplateSpec {
  const template = set.spec!.template;
  const spec = { ...template.spec!, tolerations: daemonTolerations(template.spec!) };
  const generation = templateGeneration(set);
  const labels = {
    ...template.metadata?.labels,
    ...(generation === undefined ? {} : { [generationLabel]: generation }),
    [revisionHashLabel]: hash,
  };
  return { ...template, metadata: { ...template.metadata, labels }, spec };
}

/** The same for one node: the scheduler finds that it fits no other. */
export function forNode(template: PodTemplateSpec, nodeName: string): PodTemplateSpec {
  const affinity = affinityForNode(template.spec?.affinity, nodeName);
  return { ...template, spec: { ...template.spec!, affinity } };
}

function affinityForNode(affinity: Affinity | undefined, nodeName: string): Affinity {
  const nodeSelectorTerms = [{ matchFields: [{ key: nameField, operator: 'In', values: [nodeName] }] }];
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms },
    },
  };
}

/** The node that a Pod is on or meant for; undefined where it does not say. */
export function targetNodeName({ spec }: PodState): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms)
    for (const { key, operator, values = [] } of matchFields)
      if (key === nameField && operator === 'In') return values.length === 1 ? values[0] : undefined;
  return undefined;
}

/** Whether a Pod is of this revision. */
export function isUpdated(set: DaemonSet, { metadata: { labels } }: Pod, hash: string): boolean {
  const generation = templateGeneration(set);
  return labels?.[revisionHashLabel] === hash || (generation !== undefined && labels?.[generationLabel] === generation);
}

export interface Placement {
  /** A Pod is to be made. */
  shouldRun: boolean;
  /** One that is there may stay. */
  shouldContinue: boolean;
}

const nowhere: Placement = { shouldRun: false, shouldContinue: false };

/** Says of a node whether the set's Pods belong there. */
export function placementOf(set: DaemonSet): (node: Node) => Placement {
  const spec = set.spec!.template.spec!;
  const tolerations = daemonTolerations(spec);
  const matches = requiredNodeAffinity({ spec });
  const untolerated = (taint: Taint) => !tolerations.some((toleration) => tolerates(toleration, taint));
  return (node) => {
    if (spec.nodeName && spec.nodeName !== node.metadata.name) return nowhere;
    if (matches !== undefined && !matches(node)) return nowhere;
    const against = (node.spec?.taints ?? []).filter(untolerated).map(({ effect }) => effect);
    const evicted = against.includes('NoExecute');
    return { shouldRun: !evicted && !against.includes('NoSchedule'), shouldContinue: !evicted };
  };
}

/** Those on a node first, the older first. */
export function byNodeAndCreation(a: Pod, b: Pod): number {
  const assigned = Number(!a.spec?.nodeName) - Number(!b.spec?.nodeName);
  if (assigned !== 0) return assigned;
  const [left, right] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '') as [string, string];
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
