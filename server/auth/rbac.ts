// Role-based access control (kubernetes plugin/pkg/auth/authorizer/rbac, pkg/registry/rbac/validation rule.go) over the
// watch cache: bindings are indexed by subject, and decisions are remembered until any RBAC object changes.
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ObjectChange, ObjectReader, ResourceReader } from '../registry/objects.ts';
import { aggregate } from './go-format.ts';
import { isNamed, type PolicyRule, ruleAllows, ruleMatchesAnyName } from './policy-rules.ts';
import type { AuthorizationAttributes, AuthorizationDecision, Authorizer, UserInfo } from './types.ts';
import { serviceAccountUsername } from './user.ts';

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

export interface RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** A binding that applies to a user, with the first of its subjects that does. */
interface AppliedBinding {
  binding: KubeObject;
  subject: Subject;
}

/** One rule of a user, or why the rules of a binding could not be found. */
interface Grant {
  rule?: PolicyRule;
  source?: AppliedBinding;
  error?: string;
}

interface Remembered {
  generation: number;
  grants: Map<string, Grant[]>;
  decisions: Map<string, AuthorizationDecision>;
}

/** More decisions than this for one user start over; what a client asks for in a row is far less. */
const rememberedDecisions = 4096;

const bindingKinds = {
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
} as const;

/** What a subject is looked up by: service accounts by their user name. Undefined: it can apply to nobody. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind === 'User' || subject.kind === 'Group') return `${subject.kind} ${subject.name}`;
  const namespace = subject.namespace || bindingNamespace;
  if (subject.kind !== 'ServiceAccount' || namespace === '') return undefined;
  return `User ${serviceAccountUsername(namespace, subject.name)}`;
}

/** The bindings of one kind by `<namespace>/<subject>`, kept current by the change feed. */
class BindingIndex {
  readonly #bySubject = new Map<string, Map<string, KubeObject>>();

  #keys(binding: KubeObject): string[] {
    const namespace = binding.metadata.namespace ?? '';
    const subjects: Subject[] = binding['subjects'] ?? [];
    return subjects.flatMap((subject) => {
      const key = subjectKey(subject, namespace);
      return key === undefined ? [] : [`${namespace}/${key}`];
    });
  }

  add(binding: KubeObject): void {
    for (const key of this.#keys(binding)) {
      const bindings = this.#bySubject.get(key) ?? new Map<string, KubeObject>();
      bindings.set(binding.metadata.name!, binding);
      this.#bySubject.set(key, bindings);
    }
  }

  remove(binding: KubeObject): void {
    for (const key of this.#keys(binding)) {
      const bindings = this.#bySubject.get(key);
      bindings?.delete(binding.metadata.name!);
      if (bindings?.size === 0) this.#bySubject.delete(key);
    }
  }

  /** In order of name. */
  applied(user: UserInfo, namespace: string): AppliedBinding[] {
    const found = new Map<string, KubeObject>();
    const keys = new Set([`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)]);
    for (const key of keys)
      for (const [name, binding] of this.#bySubject.get(`${namespace}/${key}`) ?? []) found.set(name, binding);
    return [...found.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, binding]) => {
        const subjects: Subject[] = binding['subjects'];
        return { binding, subject: subjects.find((subject) => keys.has(subjectKey(subject, namespace) ?? ''))! };
      });
  }
}

/** The words for a grant in `status.reason` of access reviews and in the audit log. */
function describe({ binding, subject }: AppliedBinding): string {
  const { name, namespace } = binding.metadata;
  const roleRef: RoleRef = binding['roleRef'];
  const [kind, bindingName] =
    namespace === undefined ? ['ClusterRoleBinding', name!] : ['RoleBinding', `${name}/${namespace}`];
  const subjectName =
    subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || (namespace ?? '')}` : subject.name;
  const role = `${roleRef.kind} ${JSON.stringify(roleRef.name)}`;
  return `${kind} ${JSON.stringify(bindingName)} of ${role} to ${subject.kind} ${JSON.stringify(subjectName)}`;
}

export class RbacAuthorizer implements Authorizer {
  readonly #clusterRoles: ResourceReader;
  readonly #roles: ResourceReader;
  readonly #clusterRoleBindings = new BindingIndex();
  readonly #roleBindings = new BindingIndex();
  readonly #stops: (() => void)[];
  readonly #remembered = new WeakMap<UserInfo, Remembered>();
  #generation = 0;

  constructor(objects: ObjectReader) {
    this.#clusterRoles = objects.resource('clusterroles.rbac.authorization.k8s.io');
    this.#roles = objects.resource('roles.rbac.authorization.k8s.io');
    this.#stops = [
      this.#follow(objects.resource(bindingKinds.ClusterRoleBinding), this.#clusterRoleBindings),
      this.#follow(objects.resource(bindingKinds.RoleBinding), this.#roleBindings),
      this.#clusterRoles.onChange(() => this.#forget()),
      this.#roles.onChange(() => this.#forget()),
    ];
  }

  /** Stops following changes. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #forget(): void {
    this.#generation++;
  }

  #follow(bindings: ResourceReader, index: BindingIndex): () => void {
    const present = new Map<string, KubeObject>();
    const keyOf = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const apply = ({ type, object }: ObjectChange) => {
      const key = keyOf(object);
      const known = present.get(key);
      if (known !== undefined) index.remove(known);
      present.delete(key);
      if (type !== 'DELETED') {
        present.set(key, object);
        index.add(object);
      }
      this.#forget();
    };
    const stop = bindings.onChange(apply);
    for (const object of bindings.list()) apply({ type: 'ADDED', object });
    return stop;
  }

  /** The rules of a role; a binding's namespace says where a Role is. Throws when there is no such role. */
  rulesOfRole(roleRef: RoleRef, bindingNamespace: string): PolicyRule[] {
    const [reader, namespace, singular] =
      roleRef.kind === 'ClusterRole'
        ? ([this.#clusterRoles, '', 'clusterrole'] as const)
        : ([this.#roles, bindingNamespace, 'role'] as const);
    if (roleRef.kind !== 'ClusterRole' && roleRef.kind !== 'Role')
      throw new Error(`unsupported role reference kind: ${JSON.stringify(roleRef.kind)}`);
    const role = reader.get(namespace, roleRef.name);
    if (role === undefined)
      throw new Error(`${singular}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`);
    return role['rules'] ?? [];
  }

  #grantsOf(applied: AppliedBinding, namespace: string): Grant[] {
    try {
      return this.rulesOfRole(applied.binding['roleRef'], namespace).map((rule) => ({ rule, source: applied }));
    } catch (error) {
      return [{ error: (error as Error).message }];
    }
  }

  #memory(user: UserInfo): Remembered {
    const remembered = this.#remembered.get(user);
    if (remembered !== undefined && remembered.generation === this.#generation) return remembered;
    const fresh: Remembered = { generation: this.#generation, grants: new Map(), decisions: new Map() };
    this.#remembered.set(user, fresh);
    return fresh;
  }

  #grants(user: UserInfo, namespace: string): Grant[] {
    const { grants } = this.#memory(user);
    const known = grants.get(namespace);
    if (known !== undefined) return known;
    const made = this.#clusterRoleBindings.applied(user, '').flatMap((applied) => this.#grantsOf(applied, ''));
    if (namespace !== '') {
      const local = this.#roleBindings.applied(user, namespace);
      made.push(...local.flatMap((applied) => this.#grantsOf(applied, namespace)));
    }
    grants.set(namespace, made);
    return made;
  }

  authorize(attributes: AuthorizationAttributes): AuthorizationDecision {
    const { verb, group, resource, subresource, namespace, isResourceRequest } = attributes;
    const { decisions } = this.#memory(attributes.user);
    const key = isResourceRequest
      ? `${verb} ${namespace} ${group} ${resource} ${subresource}`
      : `${verb} ${attributes.path}`;
    const known = decisions.get(key);
    if (known !== undefined) return known;
    const grants = this.#grants(attributes.user, namespace);
    const granted = grants.find(({ rule }) => rule !== undefined && ruleAllows(rule, attributes));
    const decision = granted === undefined ? notAllowed(grants) : allowedBy(granted.source!);
    if (!dependsOnName(grants, attributes)) {
      if (decisions.size >= rememberedDecisions) decisions.clear();
      decisions.set(key, decision);
    }
    return decision;
  }

  /** Every rule that applies to the user in the namespace, cluster-wide ones first, and what could not be resolved. */
  resolve(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const grants = this.#grants(user, namespace);
    return {
      rules: grants.flatMap(({ rule }) => (rule === undefined ? [] : [rule])),
      errors: grants.flatMap(({ error }) => (error === undefined ? [] : [error])),
    };
  }

  rulesFor(user: UserInfo, namespace: string): ReturnType<Authorizer['rulesFor']> {
    const { rules, errors } = this.resolve(user, namespace);
    return {
      resourceRules: rules
        .filter((rule) => rule.resources !== undefined && rule.resources.length > 0)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          ...(apiGroups === undefined ? {} : { apiGroups }),
          ...(resources === undefined ? {} : { resources }),
          ...(resourceNames === undefined ? {} : { resourceNames }),
        })),
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs !== undefined && rule.nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs: nonResourceURLs! })),
      incomplete: false,
      ...(errors.length === 0 ? {} : { evaluationError: aggregate(errors) }),
    };
  }
}

/** Whether another name could get another answer: then the decision is not remembered. */
function dependsOnName(grants: readonly Grant[], attributes: AuthorizationAttributes): boolean {
  if (!attributes.isResourceRequest) return false;
  const first = grants.find(({ rule }) => rule !== undefined && ruleMatchesAnyName(rule, attributes));
  return first !== undefined && isNamed(first.rule!);
}

function allowedBy(source: AppliedBinding): AuthorizationDecision {
  return { decision: 'Allow', reason: `RBAC: allowed by ${describe(source)}` };
}

function notAllowed(grants: readonly Grant[]): AuthorizationDecision {
  const errors = grants.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return { decision: 'NoOpinion', reason: errors.length === 0 ? '' : `RBAC: ${aggregate(errors)}` };
}
