// Event (pkg/apis/core/validation/events.go). Clients of core v1 get the rules that events always had; events.k8s.io is stricter.
// Objects are in the stored (core) form, and errors name its fields.
import { type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import { isDNS1123Subdomain } from '../../../apimachinery/names.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { checkQualifiedName, pushInvalid } from '../core/checks.ts';
import { asInternal } from '../core/internal-form.ts';
import type { Fields } from '../fields.ts';

const maxLength = 128;
const maxNoteLength = 1024;

export function validateCoreEvent(object: KubeObject): FieldError[] {
  return checkAnyEvent(object, 'reportingComponent');
}

export function validateNewEvent(object: KubeObject): FieldError[] {
  const errors = checkAnyEvent(object, 'reportingController');
  checkSeries(object['series'], errors);
  if (!object['eventTime']) errors.push(required('eventTime'));
  const type = (object['type'] ?? '') as string;
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`));
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'])
    if (object[field]) errors.push(invalid(field, '', 'needs to be unset'));
  const source = (object['source'] ?? {}) as Fields;
  if (source['component'] || source['host']) errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

export function validateCoreEventUpdate(object: KubeObject): FieldError[] {
  return checkAnyEvent(object, 'reportingComponent');
}

/** Fields in the order of upstream's checks; reason is there twice. */
const immutable = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingController',
  'reportingInstance',
];
const internalTypes: Record<string, string> = {
  involvedObject: 'ObjectReference',
  related: 'ObjectReference',
  source: 'EventSource',
};
const numbers = new Set(['count']);
const times = new Set(['firstTimestamp', 'lastTimestamp', 'eventTime', 'related']);

/** Of an event that happens again, only the series changes. */
export function validateNewEventUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = checkAnyEvent(object, 'reportingController');
  if (!semanticEqual(object['series'], old['series'])) checkSeries(object['series'], errors);
  for (const field of immutable) {
    const stored = field === 'reportingController' ? 'reportingComponent' : field;
    if (!semanticEqual(object[stored], old[stored]))
      errors.push(invalid(field, printed(field, object[stored]), 'field is immutable'));
  }
  return errors;
}

function printed(field: string, value: unknown): unknown {
  const type = internalTypes[field];
  if (type !== undefined) return asInternal(type, value as Fields);
  return value ?? (times.has(field) ? null : numbers.has(field) ? 0 : '');
}

function checkSeries(series: Fields | null | undefined, errors: FieldError[]): void {
  if (!series) return;
  if ((series['count'] ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if (!series['lastObservedTime']) errors.push(required('series.lastObservedTime'));
}

/** legacyValidateEvent. `reporting` is what the request's version calls the reporting controller. */
function checkAnyEvent(object: KubeObject, reporting: string): FieldError[] {
  const errors: FieldError[] = [];
  const namespace = object.metadata.namespace ?? '';
  const involved = (object['involvedObject']?.namespace ?? '') as string;
  const hasTime = Boolean(object['eventTime']);
  // Events about objects without a namespace are in the default one, newer ones also in kube-system.
  const isAtHome = namespace === 'default' || (hasTime ? namespace === 'kube-system' : namespace === '');
  if (involved === '' ? !isAtHome : !hasTime && namespace !== involved)
    errors.push(invalid('involvedObject.namespace', involved, 'does not match event.namespace'));
  if (hasTime) checkReport(object, reporting, errors);
  pushInvalid(errors, 'namespace', namespace, isDNS1123Subdomain(namespace));
  return errors;
}

function checkReport(object: KubeObject, reporting: string, errors: FieldError[]): void {
  const controller = (object['reportingComponent'] ?? '') as string;
  if (controller === '') errors.push(required(reporting));
  checkQualifiedName(controller, reporting, errors);
  for (const field of ['reportingInstance', 'action', 'reason']) {
    const value = (object[field] ?? '') as string;
    if (value === '') errors.push(required(field));
    checkLength(value, maxLength, field, errors);
  }
  checkLength((object['message'] ?? '') as string, maxNoteLength, 'message', errors);
}

function checkLength(value: string, max: number, path: string, errors: FieldError[]): void {
  if (Buffer.byteLength(value) > max) errors.push(invalid(path, '', `can have at most ${max} characters`));
}
