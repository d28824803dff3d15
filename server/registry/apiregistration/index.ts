import type { ResourceDescriptor } from '../descriptor.ts';
import { apiService } from './apiservice.ts';

/** apiregistration.k8s.io/v1. */
export const apiregistration: readonly ResourceDescriptor[] = [apiService];
