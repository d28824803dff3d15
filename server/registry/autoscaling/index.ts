// The autoscaling group.
import type { ResourceDescriptor } from '../descriptor.ts';
import { horizontalPodAutoscaler } from './horizontalpodautoscaler.ts';

export const autoscaling: readonly ResourceDescriptor[] = [horizontalPodAutoscaler];
