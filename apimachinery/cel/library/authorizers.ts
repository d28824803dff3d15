/**
 * Authorization checks: `authorizer.group('apps').resource('deployments').check('create').allowed()`. The check itself is a callback.
 * Behaviour: apiserver pkg/cel/library/authz.go.
 */
import {
  authorizerType,
  decisionType,
  groupCheckType,
  type OverloadRow,
  pathCheckType,
  resourceCheckType,
} from '../functions.ts';
import type { CelType } from '../types.ts';
import { CelOpaque, type CelValue } from '../values.ts';

/** What is asked for: a path, or a resource. Selectors are as the expression gave them. */
export interface AuthorizationQuery {
  /** Set where the expression asks for a service account instead of the request's user. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** What was decided. */
export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

export type Authorize = (query: AuthorizationQuery) => AuthorizationDecision;

/** An authorizer, or a check that is being built, or its decision. */
class AuthorizerValue extends CelOpaque {
  override readonly type: CelType;
  readonly authorize: Authorize;
  readonly query: Omit<AuthorizationQuery, 'verb'>;

  constructor(type: CelType, authorize: Authorize, query: Omit<AuthorizationQuery, 'verb'> = {}) {
    super();
    this.type = type;
    this.authorize = authorize;
    this.query = query;
  }

  override equals(other: CelValue): boolean {
    return this === other;
  }

  with(type: CelType, query: Partial<AuthorizationQuery>): AuthorizerValue {
    return new AuthorizerValue(type, this.authorize, { ...this.query, ...query });
  }
}

class DecisionValue extends CelOpaque {
  override readonly type = decisionType;
  readonly decision: AuthorizationDecision;

  constructor(decision: AuthorizationDecision) {
    super();
    this.decision = decision;
  }

  override equals(other: CelValue): boolean {
    return this === other;
  }
}

/** The value of the variable `authorizer`. */
export function newAuthorizer(authorize: Authorize): CelValue {
  return new AuthorizerValue(authorizerType, authorize);
}

/** The value of the variable `authorizer.requestResource`: a check of the request's own resource. */
export function newResourceCheck(authorize: Authorize, query: Omit<AuthorizationQuery, 'verb'>): CelValue {
  return new AuthorizerValue(resourceCheckType, authorize, query);
}

type A = AuthorizerValue;

function setter(field: keyof AuthorizationQuery, type: CelType): (check: A, value: string) => A {
  return (check, value) => check.with(type, { [field]: value });
}

function serviceAccount(authorizer: A, namespace: string, name: string): A {
  return authorizer.with(authorizerType, { serviceAccount: { namespace, name } });
}

function check({ authorize, query }: A, verb: string): DecisionValue {
  return new DecisionValue(authorize({ ...query, verb }));
}

/** The rows of the authorizer library, with selectors. */
export function authorizerRows(): OverloadRow[] {
  return [
    ['path', 'authorizer_path', 'Authorizer.(string) PathCheck', setter('path', pathCheckType)],
    ['group', 'authorizer_group', 'Authorizer.(string) GroupCheck', setter('group', groupCheckType)],
    ['serviceAccount', 'authorizer_serviceaccount', 'Authorizer.(string, string) Authorizer', serviceAccount],
    ['resource', 'groupcheck_resource', 'GroupCheck.(string) ResourceCheck', setter('resource', resourceCheckType)],
    [
      'subresource',
      'resourcecheck_subresource',
      'ResourceCheck.(string) ResourceCheck',
      setter('subresource', resourceCheckType),
    ],
    [
      'namespace',
      'resourcecheck_namespace',
      'ResourceCheck.(string) ResourceCheck',
      setter('namespace', resourceCheckType),
    ],
    ['name', 'resourcecheck_name', 'ResourceCheck.(string) ResourceCheck', setter('name', resourceCheckType)],
    [
      'fieldSelector',
      'authorizer_fieldselector',
      'ResourceCheck.(string) ResourceCheck',
      setter('fieldSelector', resourceCheckType),
    ],
    [
      'labelSelector',
      'authorizer_labelselector',
      'ResourceCheck.(string) ResourceCheck',
      setter('labelSelector', resourceCheckType),
    ],
    ['check', 'pathcheck_check', 'PathCheck.(string) Decision', check],
    ['check', 'resourcecheck_check', 'ResourceCheck.(string) Decision', check],
    ['errored', 'decision_errored', 'Decision.() bool', ({ decision }: DecisionValue) => decision.error !== undefined],
    ['error', 'decision_error', 'Decision.() string', ({ decision }: DecisionValue) => decision.error ?? ''],
    ['allowed', 'decision_allowed', 'Decision.() bool', ({ decision }: DecisionValue) => decision.allowed],
    ['reason', 'decision_reason', 'Decision.() string', ({ decision }: DecisionValue) => decision.reason],
  ];
}
