// Query options, parsed and checked as upstream does (k8s.io/apimachinery pkg/apis/meta/{v1,internalversion}/validation).
import { type FieldError, forbidden, invalid, newInvalid, notSupported, required } from '../../apimachinery/field.ts';
import { newBadRequest } from '../../apimachinery/status.ts';
import { validateFieldManager } from '../../apimachinery/validation.ts';
import type { DeleteOptions } from '../registry/deletion.ts';
import { isTrue } from './request-info.ts';

export interface ListOptions {
  labelSelector: string;
  fieldSelector: string;
  watch: boolean;
  allowWatchBookmarks: boolean;
  /** Undefined where the client gave none. */
  resourceVersion: number | undefined;
  resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  timeoutSeconds: number | undefined;
  limit: number;
  continue: string;
  /** Undefined where the client does not say. */
  sendInitialEvents: boolean | undefined;
}

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', kind }, '', errors);
}

/** As strconv.ParseInt refuses it. */
function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

function optionalInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null || text === '' ? undefined : parseInteger(text);
}

/** A resourceVersion from a query; '' is none. Throws 400 as upstream words it. */
export function parseResourceVersion(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const isNumber = /^\d+$/.test(text);
  if (isNumber && (text.length < 20 || BigInt(text) < 2n ** 64n)) return Number(text);
  const said = JSON.stringify(text);
  const problem = isNumber ? 'value out of range' : 'invalid syntax';
  throw newBadRequest(
    `invalid resource version: resourceVersion: Invalid value: ${said}: strconv.ParseUint: parsing ${said}: ${problem}`,
  );
}

export function parseListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const match = query.get('resourceVersionMatch') ?? '';
  const text = query.get('resourceVersion') ?? '';
  const send = query.get('sendInitialEvents');
  const continueToken = query.get('continue') ?? '';
  const limit = optionalInteger(query, 'limit') ?? 0;
  const timeoutSeconds = optionalInteger(query, 'timeoutSeconds');
  refuse(
    'ListOptions',
    validateListOptions({
      watch,
      match,
      resourceVersion: text,
      sendInitialEvents: send,
      continueToken,
      bookmarks: isTrue(query.get('allowWatchBookmarks')),
    }),
  );
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    watch,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    resourceVersion: parseResourceVersion(text),
    resourceVersionMatch: match as ListOptions['resourceVersionMatch'],
    timeoutSeconds,
    limit,
    continue: continueToken,
    sendInitialEvents: send === null ? undefined : isTrue(send),
  };
}

interface RawListOptions {
  watch: boolean;
  match: string;
  resourceVersion: string;
  sendInitialEvents: string | null;
  continueToken: string;
  bookmarks: boolean;
}

function validateListOptions(options: RawListOptions): FieldError[] {
  return options.watch ? validateWatchOptions(options) : validatePlainListOptions(options);
}

function validateWatchOptions({ match, sendInitialEvents, continueToken }: RawListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'resourceVersionMatch';
  if (sendInitialEvents !== null) {
    if (match !== 'NotOlderThan')
      errors.push(forbidden(path, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  } else if (match !== '')
    errors.push(forbidden(path, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  if (continueToken !== '') errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}

function validatePlainListOptions({
  match,
  resourceVersion,
  sendInitialEvents,
  continueToken,
}: RawListOptions): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'resourceVersionMatch';
  if (sendInitialEvents !== null)
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match === '') return errors;
  if (resourceVersion === '')
    errors.push(forbidden(path, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (continueToken !== '') errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan')
    errors.push(notSupported(path, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && resourceVersion === '0') {
    errors.push(forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}

export interface WriteOptions {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
}

const fieldValidations = ['', 'Ignore', 'Strict', 'Warn'];

function dryRunErrors(query: URLSearchParams): FieldError[] {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  if (values.every((value) => value === 'All')) return [];
  return [notSupported('dryRun', values, ['All'])];
}

/** CreateOptions, UpdateOptions and PatchOptions share these. */
export function parseWriteOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): WriteOptions {
  const errors = writeOptionErrors(query);
  if (kind === 'PatchOptions' && isGiven(query, 'force'))
    errors.unshift(forbidden('force', 'may not be specified for non-apply patch'));
  refuse(kind, errors);
  return writeOptions(query);
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields from other managers where they conflict. */
  force: boolean;
}

/** PatchOptions of an apply patch, which must say who applies. */
export function parseApplyOptions(query: URLSearchParams): ApplyOptions {
  const errors = writeOptionErrors(query);
  if (!isGiven(query, 'fieldManager')) errors.unshift(required('fieldManager', 'is required for apply patch'));
  refuse('PatchOptions', errors);
  return { ...writeOptions(query), force: isGiven(query, 'force') && isTrue(query.get('force')) };
}

function isGiven(query: URLSearchParams, name: string): boolean {
  return (query.get(name) ?? '') !== '';
}

function writeOptionErrors(query: URLSearchParams): FieldError[] {
  const fieldValidation = query.get('fieldValidation') ?? '';
  return [
    ...validateFieldManager(query.get('fieldManager') ?? '', 'fieldManager'),
    ...dryRunErrors(query),
    ...(fieldValidations.includes(fieldValidation)
      ? []
      : [notSupported('fieldValidation', fieldValidation, fieldValidations)]),
  ];
}

function writeOptions(query: URLSearchParams): WriteOptions {
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    fieldManager: query.get('fieldManager') ?? '',
    fieldValidation: (query.get('fieldValidation') || 'Warn') as WriteOptions['fieldValidation'],
  };
}

const propagationPolicies = ['Foreground', 'Background', 'Orphan'];

/** DeleteOptions from the query, where the body carries none. */
export function deleteOptionsOfQuery(query: URLSearchParams): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const grace = optionalInteger(query, 'gracePeriodSeconds');
  if (grace !== undefined) options['gracePeriodSeconds'] = grace;
  const policy = query.get('propagationPolicy');
  if (policy !== null) options['propagationPolicy'] = policy;
  const orphan = query.get('orphanDependents');
  if (orphan !== null) options['orphanDependents'] = isTrue(orphan);
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.length > 0) options['dryRun'] = dryRun;
  return options;
}

/** Checks DeleteOptions wherever they came from. A negative grace period means 1 second, as upstream has it. */
export function checkDeleteOptions(raw: Record<string, unknown>): DeleteOptions & { dryRun: boolean } {
  const { propagationPolicy, orphanDependents, dryRun = [], gracePeriodSeconds, preconditions } = raw;
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined && !propagationPolicies.includes(propagationPolicy as string)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...propagationPolicies, 'nil']));
  }
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.unshift(
      invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  }
  const values = dryRun as string[];
  if (!values.every((value) => value === 'All')) errors.push(notSupported('dryRun', values, ['All']));
  refuse('DeleteOptions', errors);
  return {
    ...(gracePeriodSeconds === undefined
      ? {}
      : { gracePeriodSeconds: (gracePeriodSeconds as number) < 0 ? 1 : (gracePeriodSeconds as number) }),
    ...(propagationPolicy === undefined
      ? {}
      : { propagationPolicy: propagationPolicy as 'Orphan' | 'Background' | 'Foreground' }),
    ...(orphanDependents === undefined ? {} : { orphanDependents: orphanDependents as boolean }),
    ...(preconditions === undefined
      ? {}
      : { preconditions: preconditions as { uid?: string; resourceVersion?: string } }),
    dryRun: values.includes('All'),
  };
}
