// The batch group, in the order in which discovery lists it.
import type { ResourceDescriptor } from '../descriptor.ts';
import { cronJob } from './cronjob.ts';
import { job } from './job.ts';

export const batch: readonly ResourceDescriptor[] = [cronJob, job];
