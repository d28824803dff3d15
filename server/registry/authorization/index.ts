import type { ResourceDescriptor } from '../descriptor.ts';
import { localSubjectAccessReview } from './localsubjectaccessreview.ts';
import { selfSubjectAccessReview } from './selfsubjectaccessreview.ts';
import { selfSubjectRulesReview } from './selfsubjectrulesreview.ts';
import { subjectAccessReview } from './subjectaccessreview.ts';

/** authorization.k8s.io/v1. */
export const authorization: readonly ResourceDescriptor[] = [
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
];
