/**
 * Semantic versions. Behaviour: apiserver pkg/cel/library/semverlib.go and blang/semver.
 */
import { EvaluationFault } from '../errors.ts';
import { type OverloadRow, semverType } from '../functions.ts';
import { CelOpaque, type CelValue } from '../values.ts';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
}

/** A version as a CEL value. */
export class SemverValue extends CelOpaque {
  override readonly type = semverType;
  readonly version: Version;

  constructor(version: Version) {
    super();
    this.version = version;
  }

  override equals(other: CelValue): boolean {
    return other instanceof SemverValue && compare(this, other) === 0;
  }
}

const partNames = ['Major', 'Minor', 'Patch'] as const;

function parsePart(text: string, at: 0 | 1 | 2): bigint {
  const name = partNames[at];
  if (!/^\d+$/.test(text))
    throw new EvaluationFault(`Invalid character(s) found in ${name.toLowerCase()} number ${JSON.stringify(text)}`);
  if (/^0\d/.test(text))
    throw new EvaluationFault(`${name} number must not contain leading zeroes ${JSON.stringify(text)}`);
  return BigInt(text);
}

function checkIdentifiers(identifiers: readonly string[], kind: 'Prerelease' | 'Build meta data'): void {
  for (const identifier of identifiers) {
    if (identifier === '') throw new EvaluationFault(`${kind} is empty`);
    if (!/^[0-9A-Za-z-]+$/.test(identifier)) {
      const words =
        kind === 'Prerelease'
          ? 'Invalid character(s) found in prerelease'
          : 'Invalid character(s) found in build meta data';
      throw new EvaluationFault(`${words} ${JSON.stringify(identifier)}`);
    }
    if (kind === 'Prerelease' && /^0\d+$/.test(identifier)) {
      throw new EvaluationFault(
        `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(identifier)}`,
      );
    }
  }
}

/** A strict version. Throws EvaluationFault. */
function parse(text: string): SemverValue {
  if (text === '') throw new EvaluationFault('Version string empty');
  const dots = text.split('.');
  const parts = [dots[0], dots[1], dots.slice(2).join('.')] as [string, string | undefined, string];
  if (dots.length < 3) throw new EvaluationFault('No Major.Minor.Patch elements found');
  const [, patch, prerelease, build] = /^([^+-]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(parts[2]) as unknown as [
    string,
    string,
    string?,
    string?,
  ];
  const numbers = [parsePart(parts[0], 0), parsePart(parts[1] as string, 1), parsePart(patch, 2)] as const;
  const identifiers = prerelease?.split('.') ?? [];
  checkIdentifiers(identifiers, 'Prerelease');
  checkIdentifiers(build?.split('.') ?? [], 'Build meta data');
  return new SemverValue({ numbers, prerelease: identifiers });
}

/** A version that may begin with `v`, have leading zeros, and lack minor and patch. Throws EvaluationFault. */
function normalizeAndParse(text: string): SemverValue {
  const bare = text.startsWith('v') ? text.slice(1) : text;
  const dots = bare.split('.');
  const parts = dots.length > 3 ? [...dots.slice(0, 2), dots.slice(2).join('.')] : dots;
  const stripped = parts.map((part) => (part.length > 1 ? part.replace(/^0+(?=\d)/, '') : part));
  if (stripped.length < 3) {
    if (/[+-]/.test(stripped.at(-1) ?? ''))
      throw new EvaluationFault('short version cannot contain PreRelease/Build meta data');
    while (stripped.length < 3) stripped.push('0');
  }
  return parse(stripped.join('.'));
}

function parseWith(text: string, normalize = false): SemverValue {
  return normalize ? normalizeAndParse(text) : parse(text);
}

function isSemver(text: string, normalize = false): boolean {
  try {
    parseWith(text, normalize);
    return true;
  } catch (fault) {
    if (fault instanceof EvaluationFault) return false;
    throw fault;
  }
}

function compareIdentifiers(a: string, b: string): number {
  const [aNumeric, bNumeric] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  const [left, right] = aNumeric ? [BigInt(a), BigInt(b)] : [a, b];
  return left < right ? -1 : left > right ? 1 : 0;
}

function compare({ version: a }: SemverValue, { version: b }: SemverValue): number {
  for (const [at, number] of a.numbers.entries()) {
    const other = b.numbers[at] as bigint;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let at = 0; at < Math.min(a.prerelease.length, b.prerelease.length); at++) {
    const order = compareIdentifiers(a.prerelease[at] as string, b.prerelease[at] as string);
    if (order !== 0) return order;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

type S = SemverValue;

/** The rows of the semver library, version 1. */
export function semverRows(): OverloadRow[] {
  return [
    ['semver', 'string_to_semver', '(string) Semver', parseWith],
    ['semver', 'string_bool_to_semver', '(string, bool) Semver', parseWith],
    ['isSemver', 'is_semver_string', '(string) bool', isSemver],
    ['isSemver', 'is_semver_string_bool', '(string, bool) bool', isSemver],
    ['isGreaterThan', 'semver_is_greater_than', 'Semver.(Semver) bool', (a: S, b: S) => compare(a, b) > 0],
    ['isLessThan', 'semver_is_less_than', 'Semver.(Semver) bool', (a: S, b: S) => compare(a, b) < 0],
    ['compareTo', 'semver_compare_to', 'Semver.(Semver) int', (a: S, b: S) => BigInt(compare(a, b))],
    ['major', 'semver_major', 'Semver.() int', ({ version }: S) => version.numbers[0]],
    ['minor', 'semver_minor', 'Semver.() int', ({ version }: S) => version.numbers[1]],
    ['patch', 'semver_patch', 'Semver.() int', ({ version }: S) => version.numbers[2]],
  ];
}
