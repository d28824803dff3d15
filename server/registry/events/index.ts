// Events, of the core group and of events.k8s.io.
import type { ResourceDescriptor } from '../descriptor.ts';
import { coreEvent, newEvent } from './event.ts';

/** What the core group lists. */
export const core: readonly ResourceDescriptor[] = [coreEvent];
export const events: readonly ResourceDescriptor[] = [newEvent];
