// Where a pod may run: node selectors, affinities, tolerations, spread constraints, gates (pkg/apis/core/validation).
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../../apimachinery/field.ts';
import { isLabelKey, isLabelValue, nameIsDNSLabel, nameIsDNSSubdomain } from '../../../apimachinery/names.ts';
import { validateLabelSelector } from '../../../apimachinery/validation.ts';
import { type Fields, listOf } from '../fields.ts';
import { checkPositive, checkQualifiedName, pushInvalid } from './checks.ts';

const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

function checkLabelName(name: string, path: string, errors: FieldError[]): void {
  pushInvalid(errors, path, name, isLabelKey(name));
}

/** ValidateNodeSelector: at least one term, each with sound requirements. */
export function checkNodeSelector(selector: Fields, path: string, errors: FieldError[]): void {
  const terms = listOf(selector['nodeSelectorTerms']);
  if (terms.length === 0) {
    errors.push(required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term'));
  }
  terms.forEach((term, i) => {
    checkNodeSelectorTerm(term, false, `${path}.nodeSelectorTerms[${i}]`, errors);
  });
}

function checkNodeSelectorTerm(term: Fields, anyValue: boolean, path: string, errors: FieldError[]): void {
  listOf(term['matchExpressions']).forEach((requirement, i) => {
    checkNodeRequirement(requirement, anyValue, `${path}.matchExpressions[${i}]`, errors);
  });
  listOf(term['matchFields']).forEach((requirement, i) => {
    checkNodeFieldRequirement(requirement, `${path}.matchFields[${i}]`, errors);
  });
}

function checkNodeRequirement(requirement: Fields, anyValue: boolean, path: string, errors: FieldError[]): void {
  const { key = '', operator = '' } = requirement;
  const values = (requirement['values'] ?? []) as string[];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  checkLabelName(key, `${path}.key`, errors);
  if (anyValue) return;
  values.forEach((value, i) => {
    pushInvalid(errors, `${path}.values[${i}]`, value, isLabelValue(value));
  });
}

function checkNodeFieldRequirement(requirement: Fields, path: string, errors: FieldError[]): void {
  const { key = '', operator = '' } = requirement;
  const values = (requirement['values'] ?? []) as string[];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(required(`${path}.values`, detail));
    }
  } else {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  if (key !== 'metadata.name') errors.push(invalid(`${path}.key`, key, 'not a valid field selector key'));
  else {
    values.forEach((value, i) => {
      pushInvalid(errors, `${path}.values[${i}]`, value, nameIsDNSSubdomain(value, false));
    });
  }
}

function checkWeight(weight: number | undefined, path: string, errors: FieldError[]): void {
  const value = weight ?? 0;
  if (value <= 0 || value > 100) errors.push(invalid(`${path}.weight`, value, 'must be in the range 1-100'));
}

/** validateAffinity. */
export function checkAffinity(affinity: Fields, path: string, errors: FieldError[]): void {
  const node = affinity['nodeAffinity'] as Fields | null | undefined;
  if (node) {
    const at = `${path}.nodeAffinity`;
    if (node[requiredTerms]) checkNodeSelector(node[requiredTerms], `${at}.${requiredTerms}`, errors);
    listOf(node[preferredTerms]).forEach((term, i) => {
      checkWeight(term['weight'], `${at}.${preferredTerms}[${i}]`, errors);
      checkNodeSelectorTerm(term['preference'] ?? {}, true, `${at}.${preferredTerms}[${i}].preference`, errors);
    });
  }
  for (const field of ['podAffinity', 'podAntiAffinity']) {
    const pods = affinity[field] as Fields | null | undefined;
    if (!pods) continue;
    listOf(pods[requiredTerms]).forEach((term, i) => {
      checkPodAffinityTerm(term, `${path}.${field}.${requiredTerms}[${i}]`, errors);
    });
    listOf(pods[preferredTerms]).forEach((term, i) => {
      const at = `${path}.${field}.${preferredTerms}[${i}]`;
      checkWeight(term['weight'], at, errors);
      checkPodAffinityTerm(term['podAffinityTerm'] ?? {}, `${at}.podAffinityTerm`, errors);
    });
  }
}

function checkPodAffinityTerm(term: Fields, path: string, errors: FieldError[]): void {
  errors.push(...validateLabelSelector(term['labelSelector'], `${path}.labelSelector`));
  errors.push(...validateLabelSelector(term['namespaceSelector'], `${path}.namespaceSelector`));
  for (const name of (term['namespaces'] ?? []) as string[]) {
    pushInvalid(errors, `${path}.namespace`, name, nameIsDNSLabel(name, false));
  }
  checkLabelKeys(term, path, errors);
  const topologyKey = (term['topologyKey'] ?? '') as string;
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  checkLabelName(topologyKey, `${path}.topologyKey`, errors);
}

/** ValidateMatchLabelKeysAndMismatchLabelKeys: the keys are merged into the selector on create, so they may stand there once. */
function checkLabelKeys(term: Fields, path: string, errors: FieldError[]): void {
  const match = (term['matchLabelKeys'] ?? []) as string[];
  const mismatch = (term['mismatchLabelKeys'] ?? []) as string[];
  const selector = term['labelSelector'] as Fields | null | undefined;
  for (const [keys, field] of [
    [match, 'matchLabelKeys'],
    [mismatch, 'mismatchLabelKeys'],
  ] as const) {
    if (keys.length === 0) continue;
    if (!selector) errors.push(forbidden(`${path}.${field}`, 'must not be specified when labelSelector is not set'));
    else {
      keys.forEach((key, i) => {
        checkLabelName(key, `${path}.${field}[${i}]`, errors);
      });
    }
  }
  if (selector && match.length > 0) checkKeysOnce(match, selector, path, errors);
  match.forEach((key, i) => {
    if (!mismatch.includes(key)) return;
    errors.push(invalid(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
}

function checkKeysOnce(keys: readonly string[], selector: Fields, path: string, errors: FieldError[]): void {
  const seen = new Set(Object.keys(selector['matchLabels'] ?? {}));
  for (const { key } of listOf(selector['matchExpressions'])) {
    if (keys.includes(key) && seen.has(key)) {
      errors.push(invalid(`${path}[${keys.indexOf(key)}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    }
    seen.add(key);
  }
}

/** validateTopologySpreadConstraints. */
export function checkTopologySpread(constraints: readonly Fields[], path: string, errors: FieldError[]): void {
  constraints.forEach((constraint, i) => {
    const at = `${path}[${i}]`;
    const { topologyKey = '', whenUnsatisfiable: action = '' } = constraint;
    checkPositive(constraint['maxSkew'], `${at}.maxSkew`, errors);
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (action !== 'DoNotSchedule' && action !== 'ScheduleAnyway') {
      errors.push(notSupported(`${at}.whenUnsatisfiable`, action, ['DoNotSchedule', 'ScheduleAnyway']));
    }
    const repeats = constraints
      .slice(i + 1)
      .some((other) => (other['topologyKey'] ?? '') === topologyKey && (other['whenUnsatisfiable'] ?? '') === action);
    if (repeats) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`));
    checkMinDomains(constraint['minDomains'], action, `${at}.minDomains`, errors);
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy']) {
      const policy = constraint[field];
      if (policy === undefined || policy === null || policy === 'Honor' || policy === 'Ignore') continue;
      errors.push(notSupported(`${at}.${field}`, policy, ['Honor', 'Ignore']));
    }
    checkLabelKeys({ ...constraint, mismatchLabelKeys: undefined }, at, errors);
    errors.push(...validateLabelSelector(constraint['labelSelector'], `${at}.labelSelector`));
  });
}

function checkMinDomains(
  minDomains: number | null | undefined,
  action: string,
  path: string,
  errors: FieldError[],
): void {
  if (minDomains === undefined || minDomains === null) return;
  checkPositive(minDomains, path, errors);
  if (action === 'DoNotSchedule') return;
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
  errors.push(invalid(path, minDomains, detail));
}

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** validateTaintEffect. */
export function checkTaintEffect(effect: string, path: string, errors: FieldError[]): void {
  if (effect === '') errors.push(required(path));
  else if (!taintEffects.includes(effect)) errors.push(notSupported(path, effect, taintEffects));
}

/** ValidateTolerations. */
export function checkTolerations(tolerations: readonly Fields[], path: string, errors: FieldError[]): void {
  for (let i = 0; i < tolerations.length; i++) {
    const { key = '', operator = '', effect = '', value = '', tolerationSeconds } = tolerations[i]!;
    const at = `${path}[${i}]`;
    if (key !== '') checkLabelName(key, `${at}.key`, errors);
    else if (operator !== 'Exists') {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(invalid(`${at}.operator`, operator, detail));
    }
    if (tolerationSeconds !== undefined && tolerationSeconds !== null && effect !== 'NoExecute') {
      errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    checkTolerationOperator(operator, value, `${at}.operator`, errors);
    if (effect !== '') checkTaintEffect(effect, `${at}.effect`, errors);
  }
}

function checkTolerationOperator(operator: string, value: string, path: string, errors: FieldError[]): void {
  if (operator === 'Equal' || operator === '') {
    const messages = isLabelValue(value);
    if (messages.length > 0) errors.push(invalid(path, value, messages.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(path, value, "value must be empty when `operator` is 'Exists'"));
  } else if (operator === 'Lt' || operator === 'Gt') {
    errors.push(notSupported(path, operator, ['Equal', 'Exists', 'Lt', 'Gt']));
  } else {
    errors.push(notSupported(path, operator, ['Equal', 'Exists']));
  }
}

/** validateSchedulingGates: qualified names, each once. */
export function checkSchedulingGates(gates: readonly Fields[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  gates.forEach(({ name = '' }, i) => {
    checkQualifiedName(name, `${path}[${i}]`, errors);
    if (seen.has(name)) errors.push(duplicate(`${path}[${i}]`, name));
    seen.add(name);
  });
}
