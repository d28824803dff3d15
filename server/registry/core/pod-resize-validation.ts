// The two pod subresources that change parts of the spec (pkg/apis/core/validation ValidatePodResize,
// ValidatePodEphemeralContainersUpdate).
import { type FieldError, forbidden, invalid } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { isRestartableInitContainer, podQOS } from '../../../apimachinery/pod-resources.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { type Fields, listOf } from '../fields.ts';
import { asInternal } from './internal-form.ts';
import { checkAnnotationUpdates } from './pod-update-validation.ts';
import { checkPodMetadataAndSpec, mirrorAnnotation } from './podspec-validation.ts';
import { structDiff } from './struct-diff.ts';

/** Upstream gives an empty path to what concerns the whole pod. */
const wholePod = '';

export function validateEphemeralContainersUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  if (mirrorAnnotation in (old.metadata.annotations ?? {}))
    return [forbidden(wholePod, 'static pods do not support ephemeral containers')];
  const errors: FieldError[] = [];
  const path = 'spec.ephemeralContainers';
  checkPodMetadataAndSpec(pod, errors);
  checkAnnotationUpdates(pod, old, errors);
  const byName = new Map(listOf(pod['spec']?.ephemeralContainers).map((container) => [container['name'], container]));
  for (const container of listOf(old['spec']?.ephemeralContainers)) {
    const name = JSON.stringify(container['name']);
    const kept = byName.get(container['name']);
    if (kept === undefined) errors.push(forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!semanticEqual(container, kept)) {
      const diff = structDiff(asInternal('EphemeralContainer', container), asInternal('EphemeralContainer', kept));
      errors.push(forbidden(path, `existing ephemeral containers ${name} may not be changed\n${diff}`));
    }
  }
  return errors;
}

export function validatePodResize(pod: KubeObject, old: KubeObject): FieldError[] {
  const spec = (pod['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  if (mirrorAnnotation in (old.metadata.annotations ?? {}))
    return [forbidden(wholePod, 'static pods cannot be resized')];
  if (oldSpec['os']?.name === 'windows') return [forbidden(wholePod, 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  checkPodMetadataAndSpec(pod, errors);
  const qosClass = pod['status']?.qosClass;
  if ((old['status']?.qosClass ?? podQOS(oldSpec)) !== podQOS(spec))
    errors.push(invalid('spec', qosClass, 'Pod QOS Class may not change as a result of resizing'));
  if (!isResizeSupported(old)) errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  const rest = { ...spec };
  if (hasResources(spec) || hasResources(oldSpec)) checkPodLevelResize(rest, oldSpec, errors);
  if (listOf(old['status']?.nodeAllocatableResourceClaimStatuses).length > 0)
    errors.push(forbidden('spec', 'pods with node allocatable resource claims cannot be resized'));
  if (!checkSameContainers(spec, oldSpec, errors)) return errors;
  checkContainers(rest, oldSpec, errors);
  if (errors.length === 0 && !semanticEqual(rest, oldSpec))
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return errors;
}

/** A node that reports no resources of running containers does not know how to resize them. */
function isResizeSupported(pod: KubeObject): boolean {
  const running = listOf(pod['status']?.containerStatuses).find((status) => status['state']?.running);
  return running === undefined || (running['resources'] ?? undefined) !== undefined;
}

function hasResources(spec: Fields): boolean {
  const { requests = {}, limits = {} } = (spec['resources'] ?? {}) as Fields;
  return Object.keys(requests ?? {}).length + Object.keys(limits ?? {}).length > 0;
}

/** Puts the pod's own CPU and memory back in `spec`, so that the rest can be compared. */
function checkPodLevelResize(spec: Fields, old: Fields, errors: FieldError[]): void {
  const resources = spec['resources'] as Fields | null | undefined;
  const oldResources = old['resources'] as Fields | null | undefined;
  if (oldResources && !resources) {
    errors.push(forbidden('spec.resources', 'pod-level resources cannot be removed'));
    return;
  }
  for (const which of ['requests', 'limits'] as const) {
    if (oldResources && isRemoved(resources?.[which], oldResources[which]))
      errors.push(forbidden(`spec.resources.${which}`, `pod-level resource ${which} cannot be removed`));
  }
  spec['resources'] = withoutCPUAndMemory(resources, oldResources);
  if (!semanticEqual(spec['resources'], oldResources))
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable at pod-level'));
}

function isRemoved(resources: Fields | null | undefined, old: Fields | null | undefined): boolean {
  return Object.keys(old ?? {}).some((name) => !(name in (resources ?? {})));
}

function checkSameContainers(spec: Fields, old: Fields, errors: FieldError[]): boolean {
  const before = errors.length;
  for (const list of ['containers', 'initContainers']) {
    const containers = listOf(spec[list]);
    if (containers.length !== listOf(old[list]).length) {
      errors.push(forbidden(`spec.${list}`, `${list} may not be added or removed on resize`));
      continue;
    }
    listOf(old[list]).forEach(({ name }, index) => {
      const detail = `${list} may not be renamed or reordered on resize`;
      if (containers[index]!['name'] !== name) errors.push(forbidden(`spec.${list}[${index}].name`, detail));
    });
  }
  return errors.length === before;
}

/** Containers whose CPU and memory changed are put back in `spec`; anything else that changed is refused. */
function checkContainers(spec: Fields, old: Fields, errors: FieldError[]): void {
  const initContainers = listOf(old['initContainers']);
  const containers = listOf(old['containers']);
  initContainers.forEach((container, index) => {
    checkNothingRemoved(spec['initContainers'][index], container, `spec.initContainers[${index}].resources`, errors);
  });
  containers.forEach((container, index) => {
    checkNothingRemoved(spec['containers'][index], container, `spec.containers[${index}].resources`, errors);
  });
  spec['containers'] = listOf(spec['containers']).map((container, index) => {
    const rest = withoutResize(container, containers[index]!);
    if (!semanticEqual(rest, containers[index]))
      errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
    return rest;
  });
  spec['initContainers'] = listOf(spec['initContainers']).map((container, index) =>
    checkInitContainer(container, initContainers[index]!, `spec.initContainers[${index}]`, errors),
  );
}

function checkInitContainer(container: Fields, old: Fields, path: string, errors: FieldError[]): Fields {
  const rest = withoutResize(container, old);
  if (!semanticEqual(rest, old))
    errors.push(forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable'));
  if (isRestartableInitContainer(container) || semanticEqual(container, old)) return rest;
  for (const { restartPolicy } of listOf(container['resizePolicy'])) {
    const detail = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized';
    if (restartPolicy === 'RestartContainer') errors.push(forbidden(path, detail));
  }
  return rest;
}

function checkNothingRemoved(container: Fields, old: Fields, path: string, errors: FieldError[]): void {
  for (const which of ['requests', 'limits'] as const) {
    if (isRemoved(container['resources']?.[which], old['resources']?.[which]))
      errors.push(forbidden(`${path}.${which}`, `resource ${which} cannot be removed`));
  }
}

function withoutResize(container: Fields, old: Fields): Fields {
  const { claims: _claims, ...resources } = (container['resources'] ?? {}) as Fields;
  return { ...container, resources: withoutCPUAndMemory(resources, old['resources']) };
}

/** The requirements with CPU and memory as they were. */
function withoutCPUAndMemory(resources: Fields | null | undefined, old: Fields | null | undefined): Fields {
  const result: Fields = { ...resources };
  for (const which of ['requests', 'limits'] as const) {
    const list: Fields = { ...resources?.[which] };
    for (const name of ['cpu', 'memory']) {
      const before = old?.[which]?.[name];
      if (before === undefined) delete list[name];
      else list[name] = before;
    }
    result[which] = list;
  }
  return result;
}
