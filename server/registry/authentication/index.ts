import type { ResourceDescriptor } from '../descriptor.ts';
import { selfSubjectReview } from './selfsubjectreview.ts';
import { tokenReview } from './tokenreview.ts';

/** authentication.k8s.io/v1. */
export const authentication: readonly ResourceDescriptor[] = [selfSubjectReview, tokenReview];
