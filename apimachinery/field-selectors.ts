// Field selectors: `metadata.name=x,status.phase!=Running`. Terms are joined by and; only equality is known.
// After k8s.io/apimachinery pkg/fields/selector.go.
import { newBadRequest } from './status.ts';

export interface FieldRequirement {
  field: string;
  operator: '=' | '!=';
  value: string;
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(value: string): string {
  let out = '';
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!;
    if (char === '\\') {
      const next = value[++i];
      if (next !== '\\' && next !== ',' && next !== '=')
        throw newBadRequest(`invalid field selector: invalid escape sequence: \\${next ?? ''}`);
      out += next;
    } else if (char === ',' || char === '=') {
      throw newBadRequest(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    } else {
      out += char;
    }
  }
  return out;
}

/**
 * Parses a `fieldSelector` as written in a query, in sorted term order. A term without an operator and a wrong escape are the
 * 400 that upstream answers. Which fields a resource knows is checked by who compiles the requirements.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const match = /!=|==|=/.exec(term);
    if (match === null) throw newBadRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    const field = term.slice(0, match.index);
    const value = unescapeValue(term.slice(match.index + match[0].length));
    requirements.push({ field, operator: match[0] === '!=' ? '!=' : '=', value });
  }
  return requirements;
}

/**
 * A function that says whether an object meets every requirement. `accessor` answers how a field is read, and throws for
 * a field that the resource does not know.
 */
export function compileFieldSelector<T>(
  requirements: readonly FieldRequirement[],
  accessor: (field: string) => (object: T) => string,
): (object: T) => boolean {
  const tests = requirements.map(({ field, operator, value }) => {
    const read = accessor(field);
    return operator === '=' ? (object: T) => read(object) === value : (object: T) => read(object) !== value;
  });
  if (tests.length === 1) return tests[0]!;
  return (object) => tests.every((test) => test(object));
}

/** The value that a selector requires of `field`, if it requires exactly one (fields.Selector.RequiresExactMatch). */
export function requiresExactMatch(requirements: readonly FieldRequirement[], field: string): string | undefined {
  return requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}
