// Terms of affinity between pods, parsed once per pod (staging k8s.io/kube-scheduler/framework/types.go AffinityTerm).
import {
  type LabelSelector,
  type LabelSelectorObject,
  type Labels,
  selectorFromObject,
} from '../../apimachinery/selectors.ts';
import type { Pod } from '../../client/kinds.ts';

type Affinity = NonNullable<NonNullable<Pod['spec']>['affinity']>;
type PodAffinityTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

export interface AffinityTerm {
  readonly topologyKey: string;
  readonly namespaces: ReadonlySet<string>;
  readonly selector: LabelSelector;
  /** Matches nothing where the term names no selector of namespaces. */
  readonly namespaceSelector: LabelSelector;
}

export interface WeightedTerm extends AffinityTerm {
  readonly weight: number;
}

function parse(term: PodAffinityTerm, namespace: string): AffinityTerm {
  const own = term.namespaces?.length ? term.namespaces : term.namespaceSelector ? [] : [namespace];
  return {
    topologyKey: term.topologyKey,
    namespaces: new Set(own),
    selector: selectorFromObject(term.labelSelector as LabelSelectorObject | undefined),
    namespaceSelector: selectorFromObject(term.namespaceSelector as LabelSelectorObject | undefined),
  };
}

/** A selector that does not parse stands in objects that an older server let pass: it is left out, as upstream does. */
function parseAll(terms: readonly PodAffinityTerm[] | undefined, namespace: string): AffinityTerm[] {
  const parsed: AffinityTerm[] = [];
  for (const term of terms ?? []) {
    try {
      parsed.push(parse(term, namespace));
    } catch {
      // Such a term never matches.
    }
  }
  return parsed;
}

type Preferred = NonNullable<Affinity['podAffinity']>['preferredDuringSchedulingIgnoredDuringExecution'];

function parseWeighted(terms: Preferred, namespace: string): WeightedTerm[] {
  return (terms ?? []).flatMap(({ weight, podAffinityTerm }) =>
    parseAll([podAffinityTerm], namespace).map((term) => ({ ...term, weight })),
  );
}

export interface AffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly preferred: readonly WeightedTerm[];
  readonly preferredAnti: readonly WeightedTerm[];
}

export const noTerms: AffinityTerms = { required: [], requiredAnti: [], preferred: [], preferredAnti: [] };

export function affinityTermsOf(pod: Pod): AffinityTerms {
  const affinity = pod.spec?.affinity;
  if (affinity?.podAffinity === undefined && affinity?.podAntiAffinity === undefined) return noTerms;
  const { namespace } = pod.metadata;
  const { podAffinity, podAntiAffinity } = affinity;
  return {
    required: parseAll(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, namespace),
    requiredAnti: parseAll(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution, namespace),
    preferred: parseWeighted(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, namespace),
    preferredAnti: parseWeighted(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, namespace),
  };
}

/** Whether a pod is one that the term speaks of. `namespaceLabels` are those of the pod's namespace. */
export function termMatches(term: AffinityTerm, pod: Pod, namespaceLabels: Labels): boolean {
  if (!term.namespaces.has(pod.metadata.namespace) && !term.namespaceSelector.matches(namespaceLabels)) return false;
  return term.selector.matches(pod.metadata.labels);
}
