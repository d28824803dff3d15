import { reviewResource } from '../review.ts';

/** authorization.k8s.io/v1 SelfSubjectAccessReview. */
export const selfSubjectAccessReview = reviewResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
});
