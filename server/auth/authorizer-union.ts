// The authorizers in the order of --authorization-mode (k8s.io/apiserver pkg/authorization/union and authorizerfactory).
// The node authorizer and webhooks take their place in the list that is given here.

import { aggregate } from './go-format.ts';
import type {
  AuthorizationAttributes,
  AuthorizationDecision,
  Authorizer,
  NonResourceRuleInfo,
  ResourceRuleInfo,
} from './types.ts';
import { privilegedGroup } from './user.ts';

const allowed: AuthorizationDecision = { decision: 'Allow', reason: '' };

function noOpinion(reasons: readonly string[]): AuthorizationDecision {
  return { decision: 'NoOpinion', reason: reasons.join('\n') };
}

/**
 * Members of system:masters are allowed without asking. Otherwise the first authorizer with an opinion decides, and without
 * one the reasons of all are joined by line. Answers without a promise as long as the authorizers do.
 */
export function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  const ask = (
    attributes: AuthorizationAttributes,
    from: number,
    reasons: string[],
  ): AuthorizationDecision | Promise<AuthorizationDecision> => {
    for (let at = from; at < authorizers.length; at++) {
      const answer = authorizers[at]!.authorize(attributes);
      if (answer instanceof Promise) {
        return answer.then((decision) => {
          if (decision.decision !== 'NoOpinion') return decision;
          return ask(attributes, at + 1, decision.reason === '' ? reasons : [...reasons, decision.reason]);
        });
      }
      if (answer.decision !== 'NoOpinion') return answer;
      if (answer.reason !== '') reasons.push(answer.reason);
    }
    return noOpinion(reasons);
  };
  return {
    authorize: (attributes) => (attributes.user.groups.includes(privilegedGroup) ? allowed : ask(attributes, 0, [])),
    rulesFor(user, namespace) {
      const resourceRules: ResourceRuleInfo[] = [];
      const nonResourceRules: NonResourceRuleInfo[] = [];
      const errors: string[] = [];
      let incomplete = false;
      for (const authorizer of authorizers) {
        const rules = authorizer.rulesFor(user, namespace);
        resourceRules.push(...rules.resourceRules);
        nonResourceRules.push(...rules.nonResourceRules);
        incomplete ||= rules.incomplete;
        if (rules.evaluationError !== undefined) errors.push(rules.evaluationError);
      }
      return {
        resourceRules,
        nonResourceRules,
        incomplete,
        ...(errors.length === 0 ? {} : { evaluationError: aggregate(errors) }),
      };
    },
  };
}
