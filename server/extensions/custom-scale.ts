// The `/scale` subresource of a custom resource: an autoscaling/v1 Scale made of the fields that its definition names
// (apiextensions-apiserver pkg/registry/customresource etcd.go).
import type { KubeObject } from '../../apimachinery/object.ts';
import { newBadRequest, newInternalError } from '../../apimachinery/status.ts';
import { nestedField } from '../../apimachinery/structural/scale.ts';
import { type SubresourceDescriptor, statusVerbs } from '../registry/descriptor.ts';
import type { CrdScale } from './crd.ts';
import { scalePrinter } from './custom-printer.ts';
import { setNested } from './nested.ts';

/** Throws what is wrong with a field that is of another type. */
function valueAt<Value>(object: KubeObject, path: string, type: 'int64' | 'string'): Value | undefined {
  const { value, error } = nestedField(object, path, type);
  if (error !== undefined) throw newInternalError(error);
  return value as Value | undefined;
}

function scaleOf(object: KubeObject, scale: CrdScale): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt<number>(object, scale.specReplicasPath, 'int64');
  const selector =
    scale.labelSelectorPath === undefined ? undefined : valueAt<string>(object, scale.labelSelectorPath, 'string');
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas ? { replicas } : {},
    status: {
      replicas: valueAt<number>(object, scale.statusReplicasPath, 'int64') ?? 0,
      ...(selector ? { selector } : {}),
    },
  };
}

/** Stands for replicas that are not there: no patch comes to it by chance. */
const noReplicas = -(2 ** 31);

export function customScale(scale: CrdScale): SubresourceDescriptor {
  const { specReplicasPath } = scale;
  return {
    name: 'scale',
    verbs: statusVerbs,
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    read(parent) {
      if (valueAt<number>(parent, specReplicasPath, 'int64') === undefined)
        throw newInternalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`);
      return scaleOf(parent, scale);
    },
    readForUpdate(parent) {
      const shown = scaleOf(parent, scale);
      if (valueAt<number>(parent, specReplicasPath, 'int64') === undefined) shown['spec'] = { replicas: noReplicas };
      return shown;
    },
    write(parent, written) {
      const replicas = (written['spec']?.replicas ?? 0) as number;
      if (replicas === noReplicas)
        throw newBadRequest(`the spec replicas field ${JSON.stringify(specReplicasPath)} cannot be empty`);
      const error = setNested(parent, specReplicasPath, replicas);
      if (error !== undefined) throw newBadRequest(error);
      return [];
    },
    printer: scalePrinter,
  };
}
