import { reviewResource } from '../review.ts';

/** authorization.k8s.io/v1 LocalSubjectAccessReview. */
export const localSubjectAccessReview = reviewResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
});
