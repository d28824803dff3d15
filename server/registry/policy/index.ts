// The policy group.
import type { ResourceDescriptor } from '../descriptor.ts';
import { podDisruptionBudget } from './poddisruptionbudget.ts';

export const policy: readonly ResourceDescriptor[] = [podDisruptionBudget];
