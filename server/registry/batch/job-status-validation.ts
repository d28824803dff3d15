// What controllers may write to a job's status. Rules about a field count only where the field changes, so that a status
// that is wrong already can still be written (pkg/apis/batch/validation ValidateJobStatusUpdate; pkg/registry/batch/job
// getStatusValidationOptions).
import { duplicate, type FieldError, invalid, required } from '../../../apimachinery/field.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { semanticEqual } from '../../../apimachinery/semantic-equal.ts';
import { pushInvalidWithoutValue } from '../core/checks.ts';
import { asInternal } from '../core/internal-form.ts';
import { checkCounts } from '../core/workload-validation.ts';
import type { Fields } from '../fields.ts';
import { hasCondition } from './job-conditions.ts';
import { countIndexes, firstSharedIndex, IndexesError } from './job-indexes.ts';

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'];

/** What this write changes. */
interface Changes {
  has(field: string): boolean;
  complete: boolean;
  failed: boolean;
  finished: boolean;
}

function isFinished(status: Fields): boolean {
  return hasCondition(status, 'Complete') || hasCondition(status, 'Failed');
}

export function validateJobStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = (object['spec'] ?? {}) as Fields;
  const status = (object['status'] ?? {}) as Fields;
  const oldStatus = (old['status'] ?? {}) as Fields;
  const changes: Changes = {
    has: (field) => !semanticEqual(status[field], oldStatus[field]),
    complete: hasCondition(status, 'Complete') !== hasCondition(oldStatus, 'Complete'),
    failed: hasCondition(status, 'Failed') !== hasCondition(oldStatus, 'Failed'),
    finished: isFinished(status) !== isFinished(oldStatus),
  };
  checkCounts(status, counts, 'status', errors);
  checkUncounted(status, errors);
  checkTerminalConditions(status, oldStatus, changes, errors);
  checkFinished(spec, status, changes, errors);
  checkIndexLists(spec, status, changes, errors);
  if (isFinished(status) && (changes.finished || changes.has('terminating')) && status['terminating'] > 0)
    errors.push(invalid('status.terminating', status['terminating'], 'terminating>0 is invalid for finished job'));
  if ((changes.has('ready') || changes.has('active')) && status['ready'] > (status['active'] ?? 0))
    errors.push(invalid('status.ready', status['ready'], 'cannot set more ready pods than active'));
  checkSuccessCriteria(spec, status, errors);
  checkOneWay(spec, status, oldStatus, changes, errors);
  return errors;
}

function checkUncounted(status: Fields, errors: FieldError[]): void {
  const pods = status['uncountedTerminatedPods'] as Fields | null | undefined;
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed']) {
    ((pods?.[list] ?? []) as string[]).forEach((uid, index) => {
      const path = `status.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === '') errors.push(invalid(path, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(path, uid));
      seen.add(uid);
    });
  }
}

/** Conditions that end a job go together as its controller sets them, with the time of completion. */
function checkTerminalConditions(status: Fields, old: Fields, changes: Changes, errors: FieldError[]): void {
  const has = (type: string) => hasCondition(status, type);
  const isChanged = (type: string) => has(type) !== hasCondition(old, type);
  const conditions = (detail: string) => pushInvalidWithoutValue('status.conditions', detail, errors);
  const { startTime, completionTime } = status;
  const path = 'status.completionTime';
  const timeChanges = changes.complete || changes.has('completionTime');
  if ((changes.complete || changes.failed) && has('Complete') && has('Failed'))
    conditions('cannot set Complete=True and Failed=true conditions');
  if ((changes.complete || isChanged('FailureTarget')) && has('Complete') && has('FailureTarget'))
    conditions('cannot set Complete=True and FailureTarget=true conditions');
  if (timeChanges && completionTime && !has('Complete'))
    errors.push(invalid(path, completionTime, 'cannot set completionTime when there is no Complete=True condition'));
  if (timeChanges && !completionTime && has('Complete'))
    errors.push(required(path, 'completionTime is required for Complete jobs'));
  const isEarly = startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime);
  if ((changes.has('startTime') || changes.has('completionTime')) && isEarly)
    errors.push(invalid(path, completionTime, 'must be equal to or after `startTime`'));
  if ((changes.failed || changes.has('failedIndexes')) && has('Failed') && !has('FailureTarget'))
    conditions('cannot set Failed=True condition without the FailureTarget=true condition');
  if ((changes.complete || isChanged('SuccessCriteriaMet')) && has('Complete') && !has('SuccessCriteriaMet'))
    conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
}

function checkFinished(spec: Fields, status: Fields, changes: Changes, errors: FieldError[]): void {
  if (!isFinished(status)) return;
  const needsStart = changes.finished || changes.has('startTime');
  const isEmptySuspended = spec['suspend'] === true && spec['completions'] === 0;
  if ((changes.finished || changes.has('active')) && status['active'] > 0)
    errors.push(invalid('status.active', status['active'], 'active>0 is invalid for finished job'));
  if (needsStart && !isEmptySuspended && !status['startTime'])
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  const pods = status['uncountedTerminatedPods'] as Fields | null | undefined;
  const left = (pods?.['failed'] ?? []).length + (pods?.['succeeded'] ?? []).length;
  if ((changes.finished || changes.has('uncountedTerminatedPods')) && left > 0) {
    const value = asInternal('UncountedTerminatedPods', pods!);
    errors.push(invalid('status.uncountedTerminatedPods', value, 'must be empty for finished job'));
  }
}

function checkIndexLists(spec: Fields, status: Fields, changes: Changes, errors: FieldError[]): void {
  const completions = (spec['completions'] ?? undefined) as number | undefined;
  const completed = (status['completedIndexes'] ?? '') as string;
  const failed = (status['failedIndexes'] ?? undefined) as string | undefined;
  const completedChanges = changes.has('completedIndexes');
  const failedChanges = changes.has('failedIndexes');
  const isPerIndex = (spec['backoffLimitPerIndex'] ?? undefined) !== undefined;
  if (completedChanges && completions !== undefined) checkIndexes('completedIndexes', completed, completions, errors);
  if (failedChanges && completions !== undefined && isPerIndex && failed !== undefined)
    checkIndexes('failedIndexes', failed, completions, errors);
  if (completedChanges && completed !== '' && spec['completionMode'] !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalid('status.completedIndexes', completed, detail));
  }
  if (failed === undefined) return;
  if (failedChanges && !isPerIndex) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalid('status.failedIndexes', failed, detail));
  }
  if ((!failedChanges && !completedChanges) || completions === undefined) return;
  const shared = firstSharedIndex(completed, failed, completions);
  if (shared !== undefined)
    errors.push(
      invalid('status.failedIndexes', failed, `failedIndexes and completedIndexes overlap at index: ${shared}`),
    );
}

function checkIndexes(field: string, list: string, completions: number, errors: FieldError[]): void {
  try {
    countIndexes(list, completions);
  } catch (error) {
    if (!(error instanceof IndexesError)) throw error;
    errors.push(invalid(`status.${field}`, list, `error parsing ${field}: ${error.message}`));
  }
}

function checkSuccessCriteria(spec: Fields, status: Fields, errors: FieldError[]): void {
  const isMet = hasCondition(status, 'SuccessCriteriaMet');
  const conditions = (detail: string) => pushInvalidWithoutValue('status.conditions', detail, errors);
  if (isMet && hasCondition(status, 'Failed'))
    conditions('cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (isMet && hasCondition(status, 'FailureTarget'))
    conditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (spec['successPolicy'] && !isMet && hasCondition(status, 'Complete'))
    conditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
}

/** What only goes one way: conditions that end the job, counters, and the times of start and completion. */
function checkOneWay(spec: Fields, status: Fields, old: Fields, changes: Changes, errors: FieldError[]): void {
  const conditions = (detail: string) => pushInvalidWithoutValue('status.conditions', detail, errors);
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (hasCondition(old, type) && !hasCondition(status, type))
      conditions(`cannot disable the terminal ${type}=True condition`);
  }
  const isScalable = spec['completionMode'] === 'Indexed' && spec['completions'] === spec['parallelism'];
  for (const counter of isScalable ? ['failed'] : ['failed', 'succeeded']) {
    const value = status[counter] ?? 0;
    if (value < (old[counter] ?? 0))
      errors.push(invalid(`status.${counter}`, value, `cannot decrease the ${counter} counter`));
  }
  if (status['completionTime'] && old['completionTime'] && changes.has('completionTime'))
    errors.push(invalid('status.completionTime', status['completionTime'], 'field is immutable'));
  const isResuming = hasCondition(old, 'Suspended') && hasCondition(status, 'Suspended', 'False');
  if (old['startTime'] && changes.has('startTime') && !isResuming && spec['suspend'] !== true) {
    const detail = 'field is immutable for unsuspended job once set';
    errors.push(invalid('status.startTime', status['startTime'], detail));
  }
  const wasMet = hasCondition(old, 'SuccessCriteriaMet');
  const isMet = hasCondition(status, 'SuccessCriteriaMet');
  if (wasMet && !isMet) conditions('cannot disable the SuccessCriteriaMet=True condition');
  if (hasCondition(old, 'Complete') && !wasMet && isMet)
    conditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions');
}
