// validatingadmissionpolicy-status-controller: tells authors of policies what does not fit the types of the objects that they match
// (pkg/controller/validatingadmissionpolicystatus, apiserver pkg/admission/plugin/policy/validating/typechecking.go).
import { CelCompileError, type CelType } from '../../apimachinery/cel/index.ts';
import { parseApiVersion } from '../../apimachinery/object.ts';
import { type PolicyVariables, policyEnvironment, VariableTypes } from '../../apimachinery/policy-expressions.ts';
import { Controller } from '../../client/controller.ts';
import { ValidatingAdmissionPolicy } from '../../client/kinds.ts';
import type { ControllerDescriptor } from '../manager/descriptor.ts';
import { type GroupVersionKind, PublishedTypes } from './published-types.ts';

const fieldManager = 'validatingadmissionpolicy-status';
const maxTypes = 10;

type Spec = NonNullable<ValidatingAdmissionPolicy['spec']>;

export interface ExpressionWarning {
  fieldRef: string;
  warning: string;
}

/** The kinds that a policy names, without wildcards; the first few, in order. */
export async function kindsToCheck(
  { matchConstraints }: Spec,
  kindOf: PublishedTypes['kindOf'],
): Promise<GroupVersionKind[]> {
  const kinds = new Map<string, GroupVersionKind>();
  const found = () => [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
  for (const rule of matchConstraints?.resourceRules ?? []) {
    const { apiGroups = [], apiVersions = [] } = rule;
    if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) continue;
    const resources = (rule.resources ?? []).filter((name) => !/[*/]/.test(name)).sort();
    let count = 0;
    for (const group of [...apiGroups].sort())
      for (const version of [...apiVersions].sort())
        for (const resource of resources) {
          const kind = await kindOf(group, version, resource);
          if (kind === undefined) continue;
          kinds.set([group, version, kind.kind].join('\0'), kind);
          count += 1;
          if (count === maxTypes) return found();
        }
  }
  return found();
}

/** What is wrong with a policy's expressions for objects of these types. */
export function expressionWarnings(
  spec: Spec,
  types: readonly { kind: GroupVersionKind; type: CelType }[],
  paramsType: CelType | undefined,
): ExpressionWarning[] {
  const environments = types.map(({ kind, type }) => ({ kind, environment: environmentOf(spec, type, paramsType) }));
  const check = (expression: string, fieldRef: string): ExpressionWarning[] => {
    const messages = environments.flatMap(({ kind: { group, version, kind }, environment }) => {
      const result = environment.compile(expression);
      const gv = group === '' ? version : `${group}/${version}`;
      return result instanceof CelCompileError ? [`${gv}, Kind=${kind}: ${result.message}\n`] : [];
    });
    return messages.length === 0 ? [] : [{ fieldRef, warning: messages.join('\n') }];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, i) => [
    ...check(expression, `spec.validations[${i}].expression`),
    ...(messageExpression ? check(messageExpression, `spec.validations[${i}].messageExpression`) : []),
  ]);
}

function environmentOf(spec: Spec, object: CelType, paramsType: CelType | undefined) {
  const params = spec.paramKind !== undefined;
  const typed: NonNullable<PolicyVariables['typed']> = { object, ...(paramsType ? { params: paramsType } : {}) };
  const variables = new VariableTypes(params, typed);
  for (const [i, variable] of (spec.variables ?? []).entries()) variables.add(variable, `spec.variables[${i}]`);
  return policyEnvironment({ params, authorizer: true, typed, variables: variables.types });
}

export const validatingAdmissionPolicyStatus: ControllerDescriptor = {
  name: 'validatingadmissionpolicy-status-controller',
  build({ informers, client, flags, log, clock }) {
    const policies = informers.of(ValidatingAdmissionPolicy);
    const account = client('validatingadmissionpolicy-status-controller');
    const api = account.resource(ValidatingAdmissionPolicy);

    const check = async (spec: Spec): Promise<ExpressionWarning[]> => {
      const published = new PublishedTypes(account);
      const kinds = await kindsToCheck(spec, (...names) => published.kindOf(...names));
      const all = await Promise.all(kinds.map(async (kind) => ({ kind, type: await published.typeOf(kind) })));
      const types = all.flatMap(({ kind, type }) => (type === undefined ? [] : [{ kind, type }]));
      const { apiVersion, kind = '' } = spec.paramKind ?? {};
      const params = apiVersion ? await published.typeOf({ ...parseApiVersion(apiVersion), kind }) : undefined;
      return expressionWarnings(spec, types, params);
    };

    const reconcile = async (name: string): Promise<void> => {
      const policy = policies.lister.get(undefined, name);
      const generation = policy?.metadata.generation ?? 0;
      if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return;
      const warnings = await check(policy.spec ?? {});
      const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
      const status = { observedGeneration: generation, typeChecking };
      await api.apply({ metadata: { name }, status }, { fieldManager, force: true, subresource: 'status' });
    };

    return new Controller({
      name: 'validatingadmissionpolicy-status-controller',
      workers: flags['concurrent-validating-admission-policy-status-syncs'],
      reconcile,
      log,
      clock,
    }).watch(policies, ({ type, object }) => (type === 'delete' ? [] : [object.metadata.name]));
  },
};
