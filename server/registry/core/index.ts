// The core group, in the order in which discovery lists it.

import type { ResourceDescriptor } from '../descriptor.ts';
import { core as events } from '../events/index.ts';
import { binding } from './binding.ts';
import { componentStatus } from './componentstatus.ts';
import { configMap } from './configmap.ts';
import { endpoints } from './endpoints.ts';
import { limitRange } from './limitrange.ts';
import { namespace } from './namespace.ts';
import { node } from './node.ts';
import { persistentVolume } from './persistentvolume.ts';
import { persistentVolumeClaim } from './persistentvolumeclaim.ts';
import { pod } from './pod.ts';
import { podTemplate } from './podtemplate.ts';
import { replicationController } from './replicationcontroller.ts';
import { resourceQuota } from './resourcequota.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { serviceAccount } from './serviceaccount.ts';

export const core: readonly ResourceDescriptor[] = [
  binding,
  componentStatus,
  configMap,
  endpoints,
  ...events,
  limitRange,
  namespace,
  node,
  persistentVolumeClaim,
  persistentVolume,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  serviceAccount,
  service,
];
