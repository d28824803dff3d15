// What a PriorityLevelConfiguration must be (pkg/apis/flowcontrol/validation).
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import type { Fields } from '../fields.ts';
import { internalForm } from '../internal-form.ts';
import { validateFlowControlConditions } from './flowschema-validation.ts';
import { mandatoryPriorityLevels } from './mandatory.ts';

const specDefinition = 'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec';
const zeroSharesAnnotation = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';
const maxQueues = 10_000_000;
const maxHashBits = 60;

function validateHandSize(handSize: number, queues: number, field: string): FieldError[] {
  if (handSize <= 0) return [invalid(field, handSize, 'must be positive')];
  if (handSize > queues) return [invalid(field, handSize, `should not be greater than queues (${queues})`)];
  // What shuffle sharding takes from the flow's hash to deal a hand.
  const bits = Math.ceil(Math.log2(queues) * handSize);
  if (bits <= maxHashBits) return [];
  const rule = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`;
  return [invalid(field, handSize, rule)];
}

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) errors.push(invalid(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${field}.queues`, queues, 'must be positive'));
  else if (queues > maxQueues) errors.push(invalid(`${field}.queues`, queues, `must not be greater than ${maxQueues}`));
  return [...errors, ...validateHandSize(handSize, queues, `${field}.handSize`)];
}

function validateLimitResponse({ type = '', queuing }: Fields, field: string): FieldError[] {
  if (type === 'Reject')
    return queuing ? [forbidden(`${field}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')] : [];
  if (type !== 'Queue') return [notSupported(`${field}.type`, type, ['Queue', 'Reject'])];
  return queuing
    ? validateQueuing(queuing, `${field}.queuing`)
    : [required(`${field}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')];
}

function validateShares({ nominalConcurrencyShares: shares = 0 }: Fields, field: string): FieldError[] {
  return shares < 0 ? [invalid(`${field}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : [];
}

function validateLendable({ lendablePercent: percent = 0 }: Fields, field: string): FieldError[] {
  return percent < 0 || percent > 100
    ? [invalid(`${field}.lendablePercent`, percent, 'must be between 0 and 100, inclusive')]
    : [];
}

function validateLimited(limited: Fields, field: string): FieldError[] {
  const { limitResponse = {}, borrowingLimitPercent: borrowing = 0 } = limited;
  const errors = [
    ...validateShares(limited, field),
    ...validateLimitResponse(limitResponse, `${field}.limitResponse`),
    ...validateLendable(limited, field),
  ];
  if (borrowing < 0)
    errors.push(invalid(`${field}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer'));
  return errors;
}

function validateSpec({ type = '', limited, exempt }: Fields, name: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (limited) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt) errors.push(...validateShares(exempt, 'spec.exempt'), ...validateLendable(exempt, 'spec.exempt'));
  } else if (type === 'Limited') {
    if (exempt) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited) errors.push(...validateLimited(limited, 'spec.limited'));
    else errors.push(required('spec.limited', 'must not be empty when type is Limited'));
  } else {
    errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  }
  return errors;
}

function validateMandatory(spec: Fields, name: string): FieldError[] {
  const fixed = mandatoryPriorityLevels.get(name);
  if (fixed === undefined) return [];
  const printed = internalForm(spec, specDefinition);
  if (name !== 'exempt')
    return semanticEqual(spec, fixed) ? [] : [invalid('spec', printed, `spec of '${name}' must equal the fixed value`)];
  const { exempt: _, ...rest } = spec;
  return semanticEqual(rest, fixed)
    ? []
    : [invalid('spec', printed, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`)];
}

/** ValidatePriorityLevelConfiguration; an update is checked the same way. */
export function validatePriorityLevel(object: KubeObject): FieldError[] {
  const name = object.metadata.name ?? '';
  const spec = (object['spec'] ?? {}) as Fields;
  const annotated = object.metadata.annotations?.[zeroSharesAnnotation] !== undefined;
  return [
    ...(annotated ? [forbidden('metadata.annotations', `annotation '${zeroSharesAnnotation}' is forbidden`)] : []),
    ...validateSpec(spec, name),
    ...validateMandatory(spec, name),
    ...validateFlowControlConditions(object),
  ];
}
