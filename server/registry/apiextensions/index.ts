import type { ResourceDescriptor } from '../descriptor.ts';
import { customResourceDefinition } from './customresourcedefinition.ts';

/** apiextensions.k8s.io/v1. */
export const apiextensions: readonly ResourceDescriptor[] = [customResourceDefinition];
