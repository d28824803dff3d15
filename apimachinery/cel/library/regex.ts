/**
 * Regular expressions: `matches`, `find`, `findAll`. RE2 by re2js, in time linear in the text, so no pattern stalls the server. Behaviour: cel-go
 * common/types/string.go (Match) and apiserver pkg/cel/library/regex.go; the words of faults are Go's regexp/syntax.
 */
import { RE2JS } from 're2js';
import { EvaluationFault, noSuchOverload } from '../errors.ts';
import type { OverloadRow } from '../functions.ts';
import { stringList } from '../json.ts';
import type { CelValue } from '../values.ts';

/** A compiled pattern. */
export type Pattern = RE2JS;

const maxCachedPatterns = 256;
const cachedPatterns = new Map<string, Pattern>();

/** Compiles a pattern. Throws `error parsing regexp: …`. */
export function compilePattern(pattern: string): Pattern {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new EvaluationFault(error instanceof Error ? error.message : String(error));
  }
}

/** A pattern that only the evaluation knows: the last few are kept compiled. */
function dynamicPattern(pattern: CelValue): Pattern {
  if (typeof pattern !== 'string') throw noSuchOverload();
  const known = cachedPatterns.get(pattern);
  if (known) return known;
  const compiled = compilePattern(pattern);
  if (cachedPatterns.size >= maxCachedPatterns) cachedPatterns.delete(cachedPatterns.keys().next().value as string);
  cachedPatterns.set(pattern, compiled);
  return compiled;
}

function libraryPattern(pattern: CelValue): Pattern {
  try {
    return dynamicPattern(pattern);
  } catch (fault) {
    if (!(fault instanceof EvaluationFault) || typeof pattern !== 'string') throw fault;
    throw new EvaluationFault(`Illegal regex: ${fault.message}`);
  }
}

/** Whether the pattern matches anywhere in the text. */
export function matchesPattern(text: CelValue, pattern: Pattern): boolean {
  if (typeof text !== 'string') throw noSuchOverload();
  return pattern.test(text);
}

/** The leftmost match, or an empty string. */
export function findMatch(text: CelValue, pattern: Pattern): string {
  if (typeof text !== 'string') throw noSuchOverload();
  const matcher = pattern.matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

/** At most `limit` matches that do not overlap; all of them for a negative limit. */
export function findAllMatches(text: CelValue, pattern: Pattern, limit: CelValue = -1n): CelValue {
  if (typeof text !== 'string' || typeof limit !== 'bigint') throw noSuchOverload();
  const matches: string[] = [];
  const matcher = pattern.matcher(text);
  let end = -1;
  while ((limit < 0n || matches.length < limit) && matcher.find()) {
    const isEmptyBehindOther = matcher.start() === matcher.end() && matcher.start() === end;
    if (!isEmptyBehindOther) matches.push(matcher.group() ?? '');
    end = matcher.end();
  }
  return stringList(matches);
}

function matches(text: CelValue, pattern: CelValue): boolean {
  return matchesPattern(text, dynamicPattern(pattern));
}

function findAll(text: CelValue, pattern: CelValue, limit?: CelValue): CelValue {
  return findAllMatches(text, libraryPattern(pattern), limit);
}

/** The rows of the regex library and of `matches`. */
export function regexRows(): OverloadRow[] {
  return [
    ['matches', 'matches', '(string, string) bool', matches],
    ['matches', 'matches_string', 'string.(string) bool', matches],
    [
      'find',
      'string_find_string',
      'string.(string) string',
      (text, pattern) => findMatch(text, libraryPattern(pattern)),
    ],
    ['findAll', 'string_find_all_string', 'string.(string) list(string)', findAll],
    ['findAll', 'string_find_all_string_int', 'string.(string, int) list(string)', findAll],
  ];
}
