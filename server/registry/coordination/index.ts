import type { ResourceDescriptor } from '../descriptor.ts';
import { lease } from './lease.ts';

/** coordination.k8s.io/v1. */
export const coordination: readonly ResourceDescriptor[] = [lease];
