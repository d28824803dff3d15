// Regular expressions as Go has them: RE2's syntax and words, and time linear in the text, so that no pattern of a schema can stall
// the server. Go's regexp and regexp/syntax.
import { RE2JS, RE2JSSyntaxException } from 're2js';

/** Gives whether a text contains a match. */
export type Pattern = (text: string) => boolean;

/** Why Go would not compile the expression (`error parsing regexp: missing closing ): …`); undefined where it would. */
export function patternError(expression: string): string | undefined {
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.message;
    throw error;
  }
}

/** Compiled when it is first used. Gives undefined for an expression that does not compile. */
export function lazyPattern(expression: string): () => Pattern | undefined {
  let compiled: RE2JS | undefined | null;
  return () => {
    if (compiled === undefined) compiled = patternError(expression) === undefined ? RE2JS.compile(expression) : null;
    const regexp = compiled;
    return regexp === null ? undefined : (text) => regexp.test(text);
  };
}
