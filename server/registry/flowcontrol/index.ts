import type { ResourceDescriptor } from '../descriptor.ts';
import { flowSchema } from './flowschema.ts';
import { priorityLevelConfiguration } from './prioritylevelconfiguration.ts';

/** flowcontrol.apiserver.k8s.io/v1. */
export const flowcontrol: readonly ResourceDescriptor[] = [flowSchema, priorityLevelConfiguration];
