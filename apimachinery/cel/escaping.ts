/**
 * Names of JSON fields as CEL identifiers: `a-b` is `a__dash__b`, `namespace` is `__namespace__`. Behaviour: apiserver
 * pkg/cel/escaping.go.
 */

/** Words that are no identifiers in CEL. */
export const reservedWords: ReadonlySet<string> = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
]);

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

const unescapes: Readonly<Record<string, string>> = { underscores: '__', dot: '.', dash: '-', slash: '/' };

/** The identifier for a field's name, or undefined where the name cannot be written in CEL. */
export function escapeFieldName(name: string): string | undefined {
  if (reservedWords.has(name)) return `__${name}__`;
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  return /__|[./-]/.test(name) ? name.replace(/__|[./-]/g, (part) => escapes[part] as string) : name;
}

/** The field's name for an identifier, or undefined where it holds an escape that does not exist. */
export function unescapeFieldName(identifier: string): string | undefined {
  let valid = true;
  const name = identifier.replace(/__([^_]+)__/g, (all, word: string) => {
    const character = unescapes[word];
    if (character !== undefined) return character;
    if (!reservedWords.has(word) || all.length !== identifier.length) valid = false;
    return word;
  });
  return valid ? name : undefined;
}
