// CEL selectors of devices: the field errors of those that do not compile or could cost too much (k8s.io/dynamic-resource-allocation/cel/compile.go).
import { selectorEnvironment } from '../../../apimachinery/cel/devices.ts';
import { CelCompileError, perCallLimit, runtimeTypeName } from '../../../apimachinery/cel/index.ts';
import { type FieldError, forbidden, internalError, invalid } from '../../../apimachinery/field.ts';

/** validateCELSelector, for an expression that is not too long. */
export function validateSelectorExpression(expression: string, field: string): FieldError[] {
  const program = selectorEnvironment().compile(expression);
  if (program instanceof CelCompileError) {
    if (program.stage === 'program') return [internalError(field, `program instantiation failed: ${program.message}`)];
    return [invalid(field, expression, `compilation failed: ${program.message}`)];
  }
  const { kind } = program.outputType;
  if (kind !== 'bool' && kind !== 'any') {
    const found = runtimeTypeName(program.outputType);
    return [invalid(field, expression, `must evaluate to bool or the unknown type, not ${found}`)];
  }
  const tooComplex = program.estimateCost().max > perCallLimit;
  return tooComplex ? [forbidden(field, 'too complex, exceeds cost limit')] : [];
}
