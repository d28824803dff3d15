// Node selectors and node affinity, the pod's own and what the profile adds (pkg/scheduler/framework/plugins/nodeaffinity).
import type { Node, Pod } from '../../client/kinds.ts';
import {
  type NodeMatcher,
  type NodeSelectorTerm,
  requiredNodeAffinity,
  selectorMatcher,
  termMatcher,
} from '../../client/scheduling/node-selector.ts';
import type { NodeAffinityArgs } from '../config/plugin-args.ts';
import { action } from '../framework/events.ts';
import type { Plugin, PreFilterAnswer } from '../framework/plugin.ts';
import { skip, unresolvable } from '../framework/status.ts';
import { when } from './shared/hints.ts';
import { normalizeByMaximum } from './shared/normalize.ts';

const name = 'NodeAffinity';
const scoreKey = `PreScore${name}`;

interface PreferredTerm {
  weight: number;
  matches: NodeMatcher;
}

type PreferredTerms = readonly { weight: number; preference: NodeSelectorTerm }[];

function preferredTerms(terms: PreferredTerms | undefined): PreferredTerm[] {
  return (terms ?? [])
    .filter(({ weight }) => weight !== 0)
    .map(({ weight, preference }) => ({ weight, matches: termMatcher(preference) }));
}

/** The nodes that required terms name by their names; undefined where a term names none. */
function namedNodes(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  let names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    let ofTerm: Set<string> | undefined;
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      const set = new Set(values);
      ofTerm = ofTerm === undefined ? set : ofTerm.intersection(set);
    }
    if (ofTerm === undefined) return undefined;
    names = names.union(ofTerm);
  }
  return names;
}

function requiredTerms({ spec }: Pod): readonly NodeSelectorTerm[] {
  return spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
}

export function nodeAffinity({ addedAffinity }: NodeAffinityArgs): Plugin {
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const enforced = required === undefined ? undefined : selectorMatcher(required);
  const added = preferredTerms(addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
  const refused = unresolvable(name, "node(s) didn't match Pod's node affinity/selector");
  const refusedEnforced = unresolvable(name, "node(s) didn't match scheduler-enforced node affinity");
  const nothing: PreFilterAnswer = { status: skip(name) };
  const noScore = skip(name);
  return {
    name,
    preFilter(state, { pod }) {
      const own = requiredNodeAffinity(pod);
      if (own === undefined && enforced === undefined) return nothing;
      state.write(name, own);
      const terms = requiredTerms(pod);
      if (terms.length === 0) return undefined;
      const nodeNames = namedNodes(terms);
      if (nodeNames === undefined) return undefined;
      return nodeNames.size === 0 ? { status: unresolvable(name, 'pod affinity terms conflict') } : { nodeNames };
    },
    filter(state, _pod, { node }) {
      if (enforced !== undefined && !enforced(node)) return refusedEnforced;
      const own = state.read<NodeMatcher>(name);
      return own === undefined || own(node) ? undefined : refused;
    },
    preScore(state, { pod }) {
      const own = preferredTerms(pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
      if (own.length === 0 && added.length === 0) return noScore;
      state.write(scoreKey, [...added, ...own]);
      return undefined;
    },
    score(state, _pod, { node }) {
      let sum = 0;
      for (const { weight, matches } of state.read<PreferredTerm[]>(scoreKey)!) if (matches(node)) sum += weight;
      return sum;
    },
    normalizeScore: (_state, _pod, scores) => normalizeByMaximum(scores, false),
    events: () => [
      {
        event: { resource: 'Node', action: action.add | action.updateNodeLabel },
        hint: (pod, old, fresh) => {
          if (enforced !== undefined && !enforced(fresh as Node)) return 'QueueSkip';
          const own = requiredNodeAffinity(pod) ?? (() => true);
          return when(own(fresh as Node) && (old === undefined || !own(old as Node)));
        },
      },
    ],
  };
}
