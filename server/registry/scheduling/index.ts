import type { ResourceDescriptor } from '../descriptor.ts';
import { priorityClass } from './priorityclass.ts';

/** scheduling.k8s.io/v1. */
export const scheduling: readonly ResourceDescriptor[] = [priorityClass];
