import type { ResourceDescriptor } from '../descriptor.ts';
import { endpointSlice } from './endpointslice.ts';

/** discovery.k8s.io/v1. */
export const discovery: readonly ResourceDescriptor[] = [endpointSlice];
