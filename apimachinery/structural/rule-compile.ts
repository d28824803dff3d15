// Rules of `x-kubernetes-validations` as programs (apiextensions-apiserver pkg/apiserver/schema/cel compilation.go).
import { CelCompileError, type CelEnvironment, type CelProgram } from '../cel/cel.ts';
import { baseEnvironment } from '../cel/environment.ts';
import { boolType, optionalType, stringType } from '../cel/types.ts';
import { findField } from './field-path.ts';
import { type DeclType, maxCardinality } from './rule-types.ts';
import type { SchemaNode, ValidationRule } from './schema.ts';

/** A rule as it came out. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Undefined with `error`, and for a rule without expression. */
  readonly program?: CelProgram;
  readonly error?: string;
  /** Whether the rule reads `oldSelf`. */
  readonly usesOldSelf: boolean;
  /** What one evaluation can cost at most, and how often values of the type can be in one object. */
  readonly maxCost: number;
  readonly maxCardinality: number;
  readonly message?: CelProgram;
  readonly messageError?: string;
  readonly messageMaxCost: number;
  /** `fieldPath`, from the value on, as errors print it; empty where there is none. */
  readonly fieldPath: string;
}

/** Environments by whether `oldSelf` is optional. */
function environments(decl: DeclType): (optional: boolean) => CelEnvironment {
  const made = new Map<boolean, CelEnvironment>();
  return (optional) => {
    let environment = made.get(optional);
    if (environment === undefined) {
      const oldSelf = optional ? optionalType(decl.type) : decl.type;
      environment = baseEnvironment().extend({ variables: { self: decl.type, oldSelf } });
      made.set(optional, environment);
    }
    return environment;
  };
}

/** Compile: the rules of one schema, in their order. */
export function compileRules(node: SchemaNode, decl: DeclType): CompiledRule[] {
  const environmentFor = environments(decl);
  return node.rules.map((rule) => compileRule(rule, node, decl, environmentFor(rule.optionalOldSelf === true)));
}

const nothing = { usesOldSelf: false, maxCost: 0, maxCardinality: 0, messageMaxCost: 0, fieldPath: '' };

function compileRule(
  rule: ValidationRule,
  node: SchemaNode,
  decl: DeclType,
  environment: CelEnvironment,
): CompiledRule {
  if ((rule.rule ?? '').trim() === '') return { rule, ...nothing };
  const program = environment.compile(rule.rule);
  if (program instanceof CelCompileError) return { rule, ...nothing, error: `compilation failed: ${program.message}` };
  if (!program.outputType.equals(boolType))
    return { rule, ...nothing, error: 'cel expression must evaluate to a bool' };
  return {
    rule,
    program,
    usesOldSelf: program.variables.has('oldSelf'),
    maxCost: program.estimateCost().max,
    maxCardinality: maxCardinality(decl),
    fieldPath: fieldPathOf(rule, node),
    ...compileMessage(rule, environment),
  };
}

function fieldPathOf({ fieldPath = '' }: ValidationRule, node: SchemaNode): string {
  if (fieldPath === '') return '';
  const found = findField(fieldPath, node, { allowArrayNotation: true });
  return 'error' in found ? '' : found.path;
}

function compileMessage(
  { messageExpression = '' }: ValidationRule,
  environment: CelEnvironment,
): Pick<CompiledRule, 'message' | 'messageError' | 'messageMaxCost'> {
  if (messageExpression === '') return { messageMaxCost: 0 };
  const message = environment.compile(messageExpression);
  if (message instanceof CelCompileError)
    return { messageError: `messageExpression compilation failed: ${message.message}`, messageMaxCost: 0 };
  if (!message.outputType.equals(stringType))
    return { messageError: 'messageExpression must evaluate to a string', messageMaxCost: 0 };
  return { message, messageMaxCost: message.estimateCost().max };
}
