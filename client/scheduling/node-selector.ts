// Which nodes a pod may or would rather run on, by their labels and names (k8s.io/component-helpers/scheduling/corev1/nodeaffinity).
import type { Node, Pod } from '../kinds.ts';

interface NodeSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}

export interface NodeSelectorObject {
  nodeSelectorTerms: NodeSelectorTerm[];
}

type Labels = Readonly<Record<string, string>> | undefined;
export type NodeMatcher = (node: Node) => boolean;

const integer = /^[+-]?[0-9]+$/;

function compare(value: string | undefined, bound: string | undefined, greater: boolean): boolean {
  if (value === undefined || bound === undefined || !integer.test(value) || !integer.test(bound)) return false;
  const difference = BigInt(value) - BigInt(bound);
  return greater ? difference > 0n : difference < 0n;
}

/** One requirement; an operator that does not exist matches nothing. */
function requirement({ key, operator, values = [] }: NodeSelectorRequirement): (labels: Labels) => boolean {
  switch (operator) {
    case 'In': {
      const set = new Set(values);
      return (labels) => {
        const value = labels?.[key];
        return value !== undefined && set.has(value);
      };
    }
    case 'NotIn': {
      const set = new Set(values);
      return (labels) => {
        const value = labels?.[key];
        return value === undefined || !set.has(value);
      };
    }
    case 'Exists':
      return (labels) => labels?.[key] !== undefined;
    case 'DoesNotExist':
      return (labels) => labels?.[key] === undefined;
    case 'Gt':
      return (labels) => compare(labels?.[key], values[0], true);
    case 'Lt':
      return (labels) => compare(labels?.[key], values[0], false);
    default:
      return () => false;
  }
}

/** A term's requirements all hold; an empty term matches nothing. */
export function termMatcher({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeMatcher {
  if (matchExpressions.length === 0 && matchFields.length === 0) return () => false;
  const labels = matchExpressions.map(requirement);
  const fields = matchFields.map(requirement);
  return (node) => {
    for (const holds of labels) if (!holds(node.metadata.labels)) return false;
    if (fields.length === 0) return true;
    const own = { 'metadata.name': node.metadata.name };
    return fields.every((holds) => holds(own));
  };
}

/** Any of the terms matches; none: nothing does. */
export function selectorMatcher({ nodeSelectorTerms }: NodeSelectorObject): NodeMatcher {
  const terms = nodeSelectorTerms.map(termMatcher);
  if (terms.length === 1) return terms[0]!;
  return (node) => terms.some((matches) => matches(node));
}

const requiredOf = new WeakMap<object, NodeMatcher | null>();

/** What nodeSelector and required node affinity come to (GetRequiredNodeAffinity); undefined where any node will do. */
export function requiredNodeAffinity(pod: Pick<Pod, 'spec'>): NodeMatcher | undefined {
  const spec = pod.spec;
  if (spec === undefined) return undefined;
  const known = requiredOf.get(spec);
  if (known !== undefined) return known ?? undefined;
  const matcher = makeRequired(spec);
  requiredOf.set(spec, matcher ?? null);
  return matcher;
}

function makeRequired({ nodeSelector, affinity }: NonNullable<Pod['spec']>): NodeMatcher | undefined {
  const labels = Object.entries(nodeSelector ?? {});
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const selector = required === undefined ? undefined : selectorMatcher(required);
  if (labels.length === 0) return selector;
  return (node) => {
    for (const [key, value] of labels) if (node.metadata.labels?.[key] !== value) return false;
    return selector === undefined || selector(node);
  };
}
