// Constraints of topology spreading, parsed, and the ones that pods have that name none
// (pkg/scheduler/framework/plugins/podtopologyspread/common.go, helper/spread.go).
import {
  type LabelSelectorObject,
  type Labels,
  selectorFromLabels,
  selectorFromObject,
} from '../../../apimachinery/selectors.ts';
import type { Informers } from '../../../client/informers.ts';
import { type Node, type Pod, ReplicaSet, ReplicationController, Service, StatefulSet } from '../../../client/kinds.ts';
import type { NodeMatcher } from '../../../client/scheduling/node-selector.ts';
import type { PodTopologySpreadArgs, TopologySpreadConstraint } from '../../config/plugin-args.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { untoleratedTaint } from '../../framework/taints.ts';

export const hostnameLabel = 'kubernetes.io/hostname';
const zoneLabel = 'topology.kubernetes.io/zone';

export type WhenUnsatisfiable = 'DoNotSchedule' | 'ScheduleAnyway';

/** What is left of a label selector when only matching counts. */
export interface Matcher {
  readonly empty: boolean;
  matches(labels: Labels): boolean;
}

export interface Constraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Matcher;
  readonly minDomains: number;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

/** KEP-3022: pods of a set are spread over nodes and, less, over zones. */
const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostnameLabel, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: zoneLabel, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

function both(a: Matcher, b: Matcher): Matcher {
  if (a.empty) return b;
  if (b.empty) return a;
  return { empty: false, matches: (labels) => a.matches(labels) && b.matches(labels) };
}

/** The constraints of one kind. Throws SelectorError. */
function parse(
  constraints: readonly TopologySpreadConstraint[],
  labels: Labels,
  kind: WhenUnsatisfiable,
): Constraint[] {
  return constraints
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === kind)
    .map((constraint) => {
      const own = selectorFromObject(constraint.labelSelector as LabelSelectorObject | undefined);
      const keyed = (constraint.matchLabelKeys ?? []).filter((key) => labels?.[key] !== undefined);
      const same = selectorFromLabels(Object.fromEntries(keyed.map((key) => [key, labels![key]!])));
      return {
        maxSkew: constraint.maxSkew,
        topologyKey: constraint.topologyKey,
        selector: both(same, own),
        minDomains: constraint.minDomains ?? 1,
        honorAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
        honorTaints: constraint.nodeTaintsPolicy === 'Honor',
      };
    });
}

export class ConstraintSource {
  readonly systemDefaulted: boolean;
  readonly #defaults: readonly TopologySpreadConstraint[];
  readonly #ownerSelector: (pod: Pod) => Matcher | undefined;
  readonly #serviceLabels: (pod: Pod) => Record<string, string>;

  constructor({ defaultingType, defaultConstraints }: PodTopologySpreadArgs, informers: Informers) {
    this.systemDefaulted = defaultingType === 'System';
    this.#defaults = this.systemDefaulted ? systemDefaults : defaultConstraints;
    const services = informers.of(Service).lister;
    const controllers = informers.of(ReplicationController).lister;
    const replicaSets = informers.of(ReplicaSet).lister;
    const statefulSets = informers.of(StatefulSet).lister;
    this.#serviceLabels = ({ metadata: { namespace, labels } }) => {
      const merged: Record<string, string> = {};
      for (const { spec } of services.list({ namespace }))
        if (spec?.selector !== undefined && selectorFromLabels(spec.selector).matches(labels))
          Object.assign(merged, spec.selector);
      return merged;
    };
    this.#ownerSelector = ({ metadata: { namespace, ownerReferences = [] } }) => {
      const owner = ownerReferences.find(({ controller }) => controller);
      if (owner === undefined) return undefined;
      const [group] = owner.apiVersion.split('/');
      if (owner.kind === 'ReplicationController' && owner.apiVersion === 'v1') {
        const found = controllers.get(namespace, owner.name);
        return found && selectorFromLabels(found.spec?.selector);
      }
      if (group !== 'apps') return undefined;
      const lister = { ReplicaSet: replicaSets, StatefulSet: statefulSets }[owner.kind];
      const found = lister?.get(namespace, owner.name);
      return found && selectorFromObject(found.spec?.selector as LabelSelectorObject | undefined);
    };
  }

  /** Throws SelectorError. */
  of(pod: Pod, kind: WhenUnsatisfiable): readonly Constraint[] {
    const own = pod.spec?.topologySpreadConstraints ?? [];
    const { labels } = pod.metadata;
    if (own.length > 0) return parse(own, labels, kind);
    const defaults = parse(this.#defaults, labels, kind);
    if (defaults.length === 0) return defaults;
    const services = selectorFromLabels(this.#serviceLabels(pod));
    const owner = this.#ownerSelector(pod);
    const selector = owner === undefined ? services : both(services, owner);
    return selector.empty ? [] : defaults.map((constraint) => ({ ...constraint, selector }));
  }
}

export function hasAllKeys(labels: Labels, constraints: readonly Constraint[]): boolean {
  for (const { topologyKey } of constraints) if (labels?.[topologyKey] === undefined) return false;
  return true;
}

/** Whether the node's pods count for the constraint. */
export function counts(
  { honorAffinity, honorTaints }: Constraint,
  pod: Pod,
  node: NodeInfo,
  required: NodeMatcher | undefined,
): boolean {
  if (honorAffinity && required !== undefined && !required(node.node)) return false;
  return !honorTaints || untoleratedTaint(node.taints, pod.spec?.tolerations) === undefined;
}

/** The pods of a namespace on a node that the selector picks; pods that are going do not count. */
export function countMatching({ pods }: NodeInfo, selector: Matcher, namespace: string): number {
  if (selector.empty) return 0;
  let count = 0;
  for (const { pod } of pods) {
    const { metadata } = pod;
    if (metadata.namespace !== namespace || metadata.deletionTimestamp !== undefined) continue;
    if (selector.matches(metadata.labels)) count++;
  }
  return count;
}

export function nodeHasAllKeys(node: Node | undefined, constraints: readonly Constraint[]): boolean {
  return node !== undefined && hasAllKeys(node.metadata.labels, constraints);
}
