import type { ResourceDescriptor } from '../descriptor.ts';
import { deviceClass } from './deviceclass.ts';
import { resourceClaim } from './resourceclaim.ts';
import { resourceClaimTemplate } from './resourceclaimtemplate.ts';
import { resourceSlice } from './resourceslice.ts';

/** resource.k8s.io/v1. */
export const resource: readonly ResourceDescriptor[] = [
  deviceClass,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
];
