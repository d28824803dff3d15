// A pod against a level in a version (k8s.io/pod-security-admission policy registry.go): the checks as they stood in that version,
// those of baseline first, each group by name.
import type { ObjectMeta } from '../../../apimachinery/object.ts';
import type { Fields } from '../../registry/fields.ts';
import { baselineChecks } from './baseline-checks.ts';
import type { Check, CheckPod, Violation } from './checks.ts';
import type { LevelVersion } from './levels.ts';
import { restrictedChecks } from './restricted-checks.ts';

/** The check that stood in a version; undefined before there was one. */
function checkIn({ versions }: Check, version: number): CheckPod | undefined {
  return versions.findLast(({ since }) => since <= version)?.check;
}

const byId = (checks: readonly Check[]) => [...checks].sort((a, b) => (a.id < b.id ? -1 : 1));

function checksOf({ level, version }: LevelVersion): CheckPod[] {
  const restricted = level === 'restricted' ? byId(restrictedChecks) : [];
  const overridden = new Set(
    restricted.filter((check) => checkIn(check, version) !== undefined).map(({ overrides }) => overrides),
  );
  const baseline = byId(baselineChecks).filter(({ id }) => !overridden.has(id));
  return [...baseline, ...restricted].flatMap((check) => checkIn(check, version) ?? []);
}

/** What the pod does that the level does not allow; nothing where it is allowed. */
export function violationsOf(asked: LevelVersion, spec: Fields, metadata: ObjectMeta): Violation[] {
  if (asked.level === 'privileged') return [];
  return checksOf(asked).flatMap((check) => check(spec, metadata) ?? []);
}

/** `privileged (container "a" must not …), hostPort (…)`. */
export function detailOf(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/** `privileged, hostPort`. */
export function reasonOf(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(', ');
}
