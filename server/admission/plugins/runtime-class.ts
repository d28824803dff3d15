// A pod's RuntimeClass adds its overhead and where it may run (kubernetes plugin/pkg/admission/runtimeclass).
import type { KubeObject } from '../../../apimachinery/object.ts';
import { compareQuantities, quantityOf } from '../../../apimachinery/quantity.ts';
import { forbidden, type PluginContext, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';
import { type PodSpec, podSpecOf } from './pod-spec.ts';
import { mergeTolerations } from './tolerations.ts';

type Overhead = Record<string, string> | undefined;

function sameOverhead(a: Overhead, b: Overhead): boolean {
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return [...names].every(
    (name) =>
      a?.[name] !== undefined &&
      b?.[name] !== undefined &&
      compareQuantities(quantityOf(a[name]), quantityOf(b[name])) === 0,
  );
}

function setScheduling(attributes: AdmissionAttributes, spec: PodSpec, runtimeClass: KubeObject): void {
  const { scheduling } = runtimeClass;
  if (scheduling === undefined) return;
  const selector: Record<string, string> = scheduling.nodeSelector ?? {};
  for (const [key, value] of Object.entries(selector)) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      throw forbidden(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  if (Object.keys(selector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...selector };
  if (scheduling.tolerations?.length > 0)
    spec.tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations);
}

function setOverhead(attributes: AdmissionAttributes, spec: PodSpec, runtimeClass: KubeObject): void {
  const overhead: Overhead = runtimeClass['overhead']?.podFixed;
  if (runtimeClass['overhead'] === undefined) return;
  const own = spec.overhead;
  if (own !== undefined && Object.keys(own).length > 0 && !sameOverhead(own, overhead))
    throw forbidden(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  if (overhead !== undefined) spec.overhead = { ...overhead };
}

export function runtimeClass({ objects, fresh }: PluginContext): ScopedPlugin {
  const classes = objects.resource('runtimeclasses.node.k8s.io');
  const apply = (attributes: AdmissionAttributes, spec: PodSpec, found: KubeObject) => {
    setOverhead(attributes, spec, found);
    setScheduling(attributes, spec, found);
  };
  return {
    name: 'RuntimeClass',
    operations: ['CREATE'],
    resources: ['pods'],
    admit(attributes) {
      const { object: pod, subresource } = attributes;
      const spec: PodSpec | undefined = pod?.['spec'];
      if (subresource !== '' || spec?.runtimeClassName === undefined) return;
      const name = spec.runtimeClassName;
      const found = classes.get('', name);
      if (found !== undefined) return apply(attributes, spec, found);
      return fresh().then(() => {
        const later = classes.get('', name);
        if (later === undefined)
          throw forbidden(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
        apply(attributes, spec, later);
      });
    },
    validate(attributes) {
      const { object: pod, subresource } = attributes;
      if (subresource !== '' || pod === undefined) return;
      const spec = podSpecOf(pod);
      const name = spec.runtimeClassName;
      const defined = name === undefined ? undefined : classes.get('', name)?.['overhead'];
      if (defined !== undefined && !sameOverhead(defined.podFixed, spec.overhead))
        throw forbidden(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      if (defined === undefined && spec.overhead !== undefined)
        throw forbidden(
          attributes,
          'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        );
    },
  };
}
