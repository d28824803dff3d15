// Who may do what: the four access reviews (kubernetes pkg/registry/authorization, pkg/apis/authorization/validation).
import { type FieldError, invalid, newInvalid, required } from '../../apimachinery/field.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { newBadRequest, type StatusError } from '../../apimachinery/status.ts';
import { validateFieldSelectorRequirement, validateLabelSelectorRequirement } from '../../apimachinery/validation.ts';
import type { AuthorizationAttributes, Authorizer, UserInfo } from './types.ts';

const group = 'authorization.k8s.io';

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: SelectorAttributes;
  labelSelector?: SelectorAttributes;
}

interface SelectorAttributes {
  rawSelector?: string;
  requirements?: Parameters<typeof validateFieldSelectorRequirement>[0][];
}

interface ReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/** Upstream names no kind in these errors: the decoded object has lost it. */
function newInvalidReview(errors: readonly FieldError[]): StatusError {
  const error = newInvalid({ group, kind: '' }, '', errors);
  delete error.status.details?.kind;
  return error;
}

function validateSelector(
  selector: SelectorAttributes | undefined,
  field: string,
  validateRequirement: typeof validateFieldSelectorRequirement,
): FieldError[] {
  if (selector === undefined || selector === null) return [];
  const raw = (selector.rawSelector ?? '') !== '';
  const requirements = (selector.requirements?.length ?? 0) > 0;
  const errors: FieldError[] = [];
  if (raw && requirements) {
    const detail = 'may not specified at the same time as requirements';
    errors.push(invalid(`${field}.rawSelector`, selector.rawSelector, detail));
  }
  if (!raw && !requirements) {
    const detail = `when ${field} is specified, requirements or rawSelector is required`;
    errors.push(required(`${field}.requirements`, detail));
  }
  (selector.requirements ?? []).forEach((requirement, i) => {
    errors.push(...validateRequirement(requirement, `${field}.requirements[${i}]`));
  });
  return errors;
}

const validateLabelRequirement: typeof validateFieldSelectorRequirement = (requirement, field) =>
  validateLabelSelectorRequirement(requirement, field, { allowUnknownOperator: true });

function validateSpec(spec: ReviewSpec, forUser: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes && nonResourceAttributes)
    errors.push(
      invalid(
        'spec.nonResourceAttributes',
        { Path: nonResourceAttributes.path ?? '', Verb: nonResourceAttributes.verb ?? '' },
        'cannot be specified in combination with resourceAttributes',
      ),
    );
  if (!resourceAttributes && !nonResourceAttributes)
    errors.push(
      invalid(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  if (forUser && !spec.user && !spec.groups?.length)
    errors.push(invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified'));
  if (resourceAttributes) {
    const { fieldSelector, labelSelector } = resourceAttributes;
    const path = 'spec.resourceAttributes';
    errors.push(...validateSelector(fieldSelector, `${path}.fieldSelector`, validateFieldSelectorRequirement));
    errors.push(...validateSelector(labelSelector, `${path}.labelSelector`, validateLabelRequirement));
  }
  return errors;
}

function validateMetadata(review: KubeObject, allowed: readonly string[], detail: string): FieldError[] {
  const { managedFields: _, ...metadata } = review.metadata ?? {};
  const set = Object.entries(metadata).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return set.every(([field]) => allowed.includes(field)) ? [] : [invalid('metadata', metadata, detail)];
}

function attributesOf(user: UserInfo, spec: ReviewSpec): AuthorizationAttributes {
  const { resourceAttributes: of, nonResourceAttributes: path } = spec;
  return {
    user,
    verb: (of ?? path)?.verb ?? '',
    namespace: of?.namespace ?? '',
    group: of?.group ?? '',
    version: of === undefined ? '' : of?.version || '*',
    resource: of?.resource ?? '',
    subresource: of?.subresource ?? '',
    name: of?.name ?? '',
    isResourceRequest: Boolean(of),
    path: path?.path ?? '',
  };
}

async function decide(authorizer: Authorizer, user: UserInfo, review: KubeObject): Promise<KubeObject> {
  const attributes = attributesOf(user, review['spec']);
  let evaluationError = '';
  const { decision, reason } = await Promise.resolve()
    .then(() => authorizer.authorize(attributes))
    .catch((error: Error) => {
      evaluationError = error.message;
      return { decision: 'NoOpinion' as const, reason: '' };
    });
  const status = {
    allowed: decision === 'Allow',
    ...(decision === 'Deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
    ...(evaluationError === '' ? {} : { evaluationError }),
  };
  return { ...review, status };
}

function userOf(spec: ReviewSpec): UserInfo {
  return {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid === undefined ? {} : { uid: spec.uid }),
    ...(spec.extra === undefined ? {} : { extra: spec.extra }),
  };
}

/** Answers whether the user in the spec may do it. Throws Invalid. */
export async function reviewSubjectAccess(authorizer: Authorizer, review: KubeObject): Promise<KubeObject> {
  const spec: ReviewSpec = review['spec'] ?? {};
  const errors = [...validateSpec(spec, true), ...validateMetadata(review, [], 'must be empty')];
  if (errors.length > 0) throw newInvalidReview(errors);
  return await decide(authorizer, userOf(spec), review);
}

/** The same within one namespace, that of the request's path. Throws Invalid and BadRequest. */
export async function reviewLocalSubjectAccess(
  authorizer: Authorizer,
  namespace: string,
  given: KubeObject,
): Promise<KubeObject> {
  const review: KubeObject = {
    ...given,
    metadata: { ...given.metadata, namespace: given.metadata?.namespace || namespace },
  };
  const spec: ReviewSpec = review['spec'] ?? {};
  const errors = [
    ...validateSpec(spec, true),
    ...validateMetadata(review, ['namespace'], 'must be empty except for namespace'),
  ];
  const asked = spec.resourceAttributes?.namespace ?? '';
  if (spec.resourceAttributes && asked !== review.metadata.namespace)
    errors.push(invalid('spec.resourceAttributes.namespace', asked, 'must match metadata.namespace'));
  if (spec.nonResourceAttributes)
    errors.push(
      invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request'),
    );
  if (errors.length > 0) throw newInvalidReview(errors);
  if (review.metadata.namespace !== namespace)
    throw newBadRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
  return await decide(authorizer, userOf(spec), review);
}

/** Answers whether the caller may do it. Throws Invalid. */
export async function reviewSelfSubjectAccess(
  authorizer: Authorizer,
  user: UserInfo,
  review: KubeObject,
): Promise<KubeObject> {
  const spec: ReviewSpec = review['spec'] ?? {};
  const errors = [...validateSpec(spec, false), ...validateMetadata(review, [], 'must be empty')];
  if (errors.length > 0) throw newInvalidReview(errors);
  return await decide(authorizer, user, review);
}

/** Answers what the caller may do in a namespace. Throws BadRequest without one. */
export async function reviewSelfSubjectRules(
  authorizer: Authorizer,
  user: UserInfo,
  review: KubeObject,
): Promise<KubeObject> {
  const namespace: string = review['spec']?.namespace ?? '';
  if (namespace === '') throw newBadRequest('no namespace on request');
  const { resourceRules, nonResourceRules, incomplete, evaluationError } = authorizer.rulesFor(user, namespace);
  const status = { resourceRules, nonResourceRules, incomplete, ...(evaluationError ? { evaluationError } : {}) };
  return { kind: 'SelfSubjectRulesReview', apiVersion: `${group}/v1`, metadata: {}, spec: {}, status };
}
