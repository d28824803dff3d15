import { reviewResource } from '../review.ts';

/** authentication.k8s.io/v1 TokenReview. */
export const tokenReview = reviewResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
});
