import type { ResourceDescriptor } from '../descriptor.ts';
import { certificateSigningRequest } from './certificatesigningrequest.ts';

/** certificates.k8s.io/v1. */
export const certificates: readonly ResourceDescriptor[] = [certificateSigningRequest];
