import { reviewResource } from '../review.ts';

/** authentication.k8s.io/v1 SelfSubjectReview. */
export const selfSubjectReview = reviewResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  resource: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
});
