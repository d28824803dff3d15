// The `/scale` subresource of a custom resource: an autoscaling/v1 Scale made of the fields that its definition names
// (apiextensions-apiserver pkg/registry/customresource etcd.go, validator.go).
import { type FieldError, invalid } from '../../apimachinery/field.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { newBadRequest, newInternalError } from '../../apimachinery/status.ts';
import { validateScale } from '../registry/autoscaling/scale.ts';
import { type SubresourceDescriptor, statusVerbs } from '../registry/descriptor.ts';
import type { CrdScale } from './crd.ts';
import { scalePrinter } from './custom-printer.ts';
import { type Nested, nestedInteger, nestedString, setNested } from './nested.ts';

/** Throws what is wrong with a field that is of another type. */
function valueOf<Value>(nested: Nested<Value>): Value | undefined {
  if ('error' in nested && nested.error !== undefined) throw newInternalError(nested.error);
  return nested.value;
}

function scaleOf(object: KubeObject, scale: CrdScale): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueOf(nestedInteger(object, scale.specReplicasPath));
  const selector =
    scale.labelSelectorPath === undefined ? undefined : valueOf(nestedString(object, scale.labelSelectorPath));
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
      replicas: valueOf(nestedInteger(object, scale.statusReplicasPath)) ?? 0,
      ...(selector ? { selector } : {}),
    },
  };
}

export function customScale(scale: CrdScale): SubresourceDescriptor {
  const { specReplicasPath } = scale;
  return {
    name: 'scale',
    verbs: statusVerbs,
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    read(parent) {
      if (valueOf(nestedInteger(parent, specReplicasPath)) === undefined)
        throw newInternalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`);
      return scaleOf(parent, scale);
    },
    write(parent, written) {
      const errors = validateScale(written);
      if (errors.length > 0) return errors;
      const error = setNested(parent, specReplicasPath, (written['spec']?.replicas ?? 0) as number);
      if (error !== undefined) throw newBadRequest(error);
      return [];
    },
    printer: scalePrinter,
  };
}

const maxReplicas = 2 ** 31 - 1;

function validateReplicas(object: KubeObject, path: string): FieldError[] {
  const found = nestedInteger(object, path);
  if ('error' in found && found.error !== undefined) return [invalid(path, 0, found.error)];
  const value = found.value ?? 0;
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')];
  return value > maxReplicas ? [invalid(path, value, `should be less than or equal to ${maxReplicas}`)] : [];
}

/** What an object must be so that it has a Scale: its wanted replicas. */
export function validateScaleSpec(object: KubeObject, scale: CrdScale | undefined): FieldError[] {
  return scale === undefined ? [] : validateReplicas(object, scale.specReplicasPath);
}

/** The same of its status: replicas and selector. */
export function validateScaleStatus(object: KubeObject, scale: CrdScale | undefined): FieldError[] {
  if (scale === undefined) return [];
  const { statusReplicasPath, labelSelectorPath: path } = scale;
  const selector = path === undefined ? undefined : nestedString(object, path);
  return [
    ...validateReplicas(object, statusReplicasPath),
    ...(selector !== undefined && 'error' in selector && selector.error !== undefined
      ? [invalid(path!, '', selector.error)]
      : []),
  ];
}
