// What an update may change of a pod (pkg/apis/core/validation ValidatePodUpdate).
import { type FieldError, forbidden, invalid, required } from '../../../apimachinery/field.ts';
import { inclusiveRangeError } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { type Fields, listOf } from '../fields.ts';
import { asInternal } from './internal-form.ts';
import { checkPodAnnotations, checkPodMetadataAndSpec, mirrorAnnotation } from './podspec-validation.ts';
import { checkTolerations } from './scheduling-validation.ts';
import { structDiff } from './struct-diff.ts';

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';
const maxInt32 = 2147483647;

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

export function validatePodUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (pod['spec'] ?? {}) as Fields;
  const oldSpec = (old['spec'] ?? {}) as Fields;
  checkPodMetadataAndSpec(pod, errors);
  checkAnnotationUpdates(pod, old, errors);
  for (const list of ['containers', 'initContainers']) {
    if (!checkImages(listOf(spec[list]), listOf(oldSpec[list]), `spec.${list}`, errors)) return errors;
  }
  if (!checkDeadline(spec, oldSpec, errors)) return errors;
  checkOnlyAddedTolerations(listOf(spec['tolerations']), listOf(oldSpec['tolerations']), errors);
  checkOnlyDeletedGates(listOf(spec['schedulingGates']), listOf(oldSpec['schedulingGates']), errors);
  if (semanticEqual(spec, oldSpec)) return errors;
  const rest = withoutUpdates(spec, oldSpec);
  if (listOf(oldSpec['schedulingGates']).length > 0) keepGatedScheduling(rest, oldSpec, errors);
  if (!semanticEqual(rest, oldSpec)) {
    const diff = structDiff(asInternal('PodSpec', oldSpec), asInternal('PodSpec', rest));
    errors.push(forbidden('spec', `pod updates may not change fields other than ${updatable.join(',')}\n${diff}`));
  }
  return errors;
}

/** ValidatePodSpecificAnnotationUpdates: what the kubelet reads once stays as it was. */
export function checkAnnotationUpdates(pod: KubeObject, old: KubeObject, errors: FieldError[]): void {
  const annotations = pod.metadata.annotations ?? {};
  const oldAnnotations = old.metadata.annotations ?? {};
  const push = (key: string, verb: string) => {
    const path = `metadata.annotations[${key}]`;
    if (key.startsWith(appArmorPrefix)) errors.push(forbidden(path, `may not ${verb} AppArmor annotations`));
    if (key === mirrorAnnotation) errors.push(forbidden(path, `may not ${verb} mirror pod annotation`));
  };
  for (const key in oldAnnotations) if (annotations[key] !== oldAnnotations[key]) push(key, 'remove or update');
  for (const key in annotations) if (!(key in oldAnnotations)) push(key, 'add');
  checkPodAnnotations(annotations, (pod['spec'] ?? {}) as Fields, errors);
}

/** False when the containers are not the same ones, which ends validation. */
function checkImages(
  containers: readonly Fields[],
  old: readonly Fields[],
  path: string,
  errors: FieldError[],
): boolean {
  if (containers.length !== old.length) {
    errors.push(forbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  containers.forEach(({ image = '' }, index) => {
    if (image === '') errors.push(required(`${path}[${index}].image`));
    if (image.trim() !== image)
      errors.push(invalid(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace'));
  });
  return true;
}

/** A deadline can be set and shortened. False when it is wrong, which ends validation. */
function checkDeadline(spec: Fields, old: Fields, errors: FieldError[]): boolean {
  const path = 'spec.activeDeadlineSeconds';
  const deadline = (spec['activeDeadlineSeconds'] ?? undefined) as number | undefined;
  const oldDeadline = (old['activeDeadlineSeconds'] ?? undefined) as number | undefined;
  if (deadline === undefined) {
    if (oldDeadline !== undefined)
      errors.push(invalid(path, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (deadline < 0 || deadline > maxInt32) {
    errors.push(invalid(path, deadline, inclusiveRangeError(0, maxInt32)));
    return false;
  }
  if (oldDeadline === undefined || oldDeadline >= deadline) return true;
  errors.push(invalid(path, deadline, 'must be less than or equal to previous value'));
  return false;
}

function checkOnlyAddedTolerations(tolerations: readonly Fields[], old: readonly Fields[], errors: FieldError[]): void {
  const path = 'spec.tolerations';
  for (const toleration of old) {
    const isKept = tolerations.some((candidate) => {
      const { tolerationSeconds: _seconds, ...rest } = candidate;
      const { tolerationSeconds: _oldSeconds, ...oldRest } = toleration;
      return semanticEqual(rest, oldRest);
    });
    if (isKept) continue;
    errors.push(forbidden(path, 'existing toleration can not be modified except its tolerationSeconds'));
    return;
  }
  checkTolerations(tolerations, path, errors);
}

function checkOnlyDeletedGates(gates: readonly Fields[], old: readonly Fields[], errors: FieldError[]): void {
  const known = new Set(old.map(({ name }) => name as string));
  gates.forEach(({ name }, index) => {
    if (known.has(name)) return;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(forbidden(`spec.schedulingGates[${index}].name`, detail));
  });
}

/** The new spec with what may change put back to what it was. */
function withoutUpdates(spec: Fields, old: Fields): Fields {
  const rest: Fields = { ...spec };
  for (const list of ['containers', 'initContainers']) {
    if (!spec[list]) continue;
    rest[list] = listOf(spec[list]).map((container, index) => ({
      ...container,
      image: listOf(old[list])[index]!['image'],
    }));
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations']) rest[field] = old[field];
  if (old['terminationGracePeriodSeconds'] < 0 && spec['terminationGracePeriodSeconds'] === 1)
    rest['terminationGracePeriodSeconds'] = old['terminationGracePeriodSeconds'];
  return rest;
}

/** A gated pod's node selector and affinity may become stricter; then they are put back in `spec`. */
function keepGatedScheduling(spec: Fields, old: Fields, errors: FieldError[]): void {
  if (!semanticEqual(spec['nodeSelector'], old['nodeSelector'])) {
    checkNodeSelectorAdditions(spec['nodeSelector'] ?? {}, old['nodeSelector'] ?? {}, errors);
    spec['nodeSelector'] = old['nodeSelector'];
  }
  const nodeAffinity = spec['affinity']?.nodeAffinity as Fields | null | undefined;
  const oldNodeAffinity = old['affinity']?.nodeAffinity as Fields | null | undefined;
  if (semanticEqual(nodeAffinity, oldNodeAffinity)) return;
  checkNodeAffinityAdditions(nodeAffinity, oldNodeAffinity, errors);
  spec['affinity'] = { ...spec['affinity'], nodeAffinity: oldNodeAffinity };
}

function checkNodeSelectorAdditions(
  selector: Record<string, string>,
  old: Record<string, string>,
  errors: FieldError[],
): void {
  if (Object.keys(old).every((key) => selector[key] === old[key])) return;
  const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
  errors.push(invalid('spec.nodeSelector', selector, detail));
}

function checkNodeAffinityAdditions(
  affinity: Fields | null | undefined,
  old: Fields | null | undefined,
  errors: FieldError[],
): void {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  const terms = listOf(affinity?.['requiredDuringSchedulingIgnoredDuringExecution']?.nodeSelectorTerms);
  const oldTerms = listOf(old?.['requiredDuringSchedulingIgnoredDuringExecution']?.nodeSelectorTerms);
  if (oldTerms.length > 0 && terms.length !== oldTerms.length) {
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    errors.push(
      invalid(
        path,
        terms.map((term) => asInternal('NodeSelectorTerm', term)),
        detail,
      ),
    );
    return;
  }
  oldTerms.forEach((term, index) => {
    if (!extendsTerm(terms[index]!, term)) {
      const detail = 'only additions are allowed (no mutations or deletions)';
      errors.push(invalid(`${path}[${index}]`, asInternal('NodeSelectorTerm', terms[index]), detail));
    }
  });
}

function extendsTerm(term: Fields, old: Fields): boolean {
  const lists = ['matchExpressions', 'matchFields'];
  // An empty term matches nothing: anything added would match more.
  if (lists.every((list) => listOf(old[list]).length === 0))
    return lists.every((list) => listOf(term[list]).length === 0);
  return lists.every((list) => {
    const { length } = listOf(old[list]);
    return semanticEqual(listOf(term[list]).slice(0, length), listOf(old[list]));
  });
}
