// CEL selectors of devices: the environment they are compiled in, and the field errors of those that do not compile or could cost
// too much (k8s.io/dynamic-resource-allocation/cel/compile.go).
import {
  baseEnvironment,
  boolType,
  boundedString,
  CelCompileError,
  type CelEnvironment,
  CelType,
  libraryTypes,
  mapType,
  objectType,
  perCallLimit,
  runtimeTypeName,
} from '../../../apimachinery/cel/index.ts';
import { type FieldError, forbidden, internalError, invalid } from '../../../apimachinery/field.ts';

const maxDomainLength = 63;
const maxIdLength = 32;
const maxDriverLength = 63;
const maxValueLength = 64;
const maxEntries = 32;

const environments: { selector?: CelEnvironment } = {};

/** The environment with `device`: driver, attributes and capacity by domain and identifier. */
export function selectorEnvironment(): CelEnvironment {
  environments.selector ??= baseEnvironment().extend({ variables: { device: newDeviceType() }, bindMacro: true });
  return environments.selector;
}

function newDeviceType(): CelType {
  const [domain, id] = [boundedString(maxDomainLength), boundedString(maxIdLength)];
  const quantity = libraryTypes().get('kubernetes.Quantity') as CelType;
  const bounds = { maxElements: maxEntries };
  const byName = (value: CelType): CelType => mapType(domain, mapType(id, value, bounds), bounds);
  return objectType('kubernetes.DRADevice', {
    driver: boundedString(maxDriverLength),
    attributes: byName(new CelType('any', 'any', [], { maxElements: maxValueLength })),
    capacity: byName(quantity),
    allowMultipleAllocations: boolType,
  });
}

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
