import { reviewResource } from '../review.ts';

/** authorization.k8s.io/v1 SelfSubjectRulesReview. */
export const selfSubjectRulesReview = reviewResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
});
