import { reviewResource } from '../review.ts';

/** authorization.k8s.io/v1 SubjectAccessReview. */
export const subjectAccessReview = reviewResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
});
