// What `pods/binding` does to a pod (pkg/registry/core/pod/storage/storage.go BindingREST).
import { type FieldError, fieldErrorMessage, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { newConflict, StatusError } from '../../../apimachinery/status.ts';
import { ensure, type Fields } from '../fields.ts';
import { updatePodCondition } from './pod-conditions.ts';

const podsBinding = { group: '', resource: 'pods/binding' };

/** ValidatePodBinding. */
export function validateBinding(binding: KubeObject): FieldError[] {
  const target = (binding['target'] ?? {}) as Fields;
  const errors: FieldError[] = [];
  if (target['kind'] && target['kind'] !== 'Node')
    errors.push(notSupported('target.kind', target['kind'], ['Node', '<empty>']));
  if (!target['name']) errors.push(required('target.name'));
  return errors;
}

/** A Binding that makes no sense is answered 500 with the bare messages, as upstream does. */
export function checkBinding(binding: KubeObject): void {
  const messages = validateBinding(binding).map(fieldErrorMessage);
  if (messages.length === 0) return;
  throw new StatusError('', messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`);
}

/**
 * Assigns `pod` to the node that `binding` names, in place: node name, the binding's annotations and labels, condition
 * PodScheduled. `timestamp` is now, RFC 3339. Throws the 409 that upstream answers for a pod that is being deleted, has a
 * node, or is gated. The binding's uid and resourceVersion, where set, are preconditions for the caller to check.
 */
export function applyBinding(pod: KubeObject, binding: KubeObject, timestamp: string): void {
  const name = pod.metadata.name ?? '';
  const refuse = (message: string): never => {
    throw newConflict(podsBinding, name, message);
  };
  const spec = ensure(pod, 'spec');
  if (pod.metadata.deletionTimestamp !== undefined)
    refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (spec['nodeName']) refuse(`pod ${name} is already assigned to node ${JSON.stringify(spec['nodeName'])}`);
  if ((spec['schedulingGates'] ?? []).length > 0) refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  spec['nodeName'] = binding['target'].name;
  const status = ensure(pod, 'status');
  delete status['nominatedNodeName'];
  if (binding.metadata.annotations)
    pod.metadata.annotations = { ...pod.metadata.annotations, ...binding.metadata.annotations };
  if (binding.metadata.labels) pod.metadata.labels = { ...pod.metadata.labels, ...binding.metadata.labels };
  updatePodCondition(status, { type: 'PodScheduled', status: 'True' }, timestamp);
}
