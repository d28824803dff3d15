import type { ResourceDescriptor } from '../descriptor.ts';
import { runtimeClass } from './runtimeclass.ts';

/** node.k8s.io/v1. */
export const node: readonly ResourceDescriptor[] = [runtimeClass];
