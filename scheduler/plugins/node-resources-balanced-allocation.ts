// Nodes whose resources are used evenly with the pod are better
// (pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go).
import type { NodeResourcesBalancedAllocationArgs } from '../config/plugin-args.ts';
import type { Plugin } from '../framework/plugin.ts';
import { skip } from '../framework/status.ts';
import { balancedScorer } from './shared/resource-scorers.ts';

const name = 'NodeResourcesBalancedAllocation';

export function nodeResourcesBalancedAllocation({ resources }: NodeResourcesBalancedAllocationArgs): Plugin {
  const scorer = balancedScorer(resources);
  const nothing = skip(name);
  return {
    name,
    preScore(state, { pod }) {
      const requests = scorer.requestsOf(pod);
      // A pod that asks for nothing does not change the balance.
      if (requests.every((request) => request === 0)) return nothing;
      state.write(name, requests);
      return undefined;
    },
    score: (state, _pod, node) => scorer.score(state.read<number[]>(name)!, node),
  };
}
