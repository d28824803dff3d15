// Regular expressions as Go has them: RE2's syntax and words, and time linear in the text, so that no pattern of a schema can stall
// the server. Go's regexp and regexp/syntax.
import { RE2JS, RE2JSSyntaxException } from 're2js';

/** Gives whether a text contains a match. */
export type Pattern = (text: string) => boolean;

/**
 * The most instructions that an expression may come to: 200,000 take a second to compile. Go takes 3 million, which nobody
 * writes either, and has the same words for more.
 */
const maxInstructions = 200_000;

/** About how many instructions an expression comes to: its characters, times the counts after them. */
export function instructionsOf(expression: string): number {
  const groups = [0];
  let last = 0;
  const token = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[\s\S]/gs;
  for (const [text, least, most] of expression.matchAll(token)) {
    if (text === '(') {
      groups.push(0);
      last = 0;
    } else if (text === ')' && groups.length > 1) {
      last = groups.pop()! + 2;
      groups[groups.length - 1]! += last;
    } else if (least !== undefined) {
      groups[groups.length - 1]! += last * Math.max(Number(least), Number(most ?? 0));
    } else {
      last = 1;
      groups[groups.length - 1]!++;
    }
  }
  return groups.reduce((sum, size) => sum + size, 0);
}

/** The expression compiled, or why Go would not (`error parsing regexp: missing closing ): …`). */
export function compileGoPattern(expression: string): RE2JS | string {
  if (instructionsOf(expression) > maxInstructions) return 'error parsing regexp: expression too large';
  try {
    return RE2JS.compile(expression);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.message;
    throw error;
  }
}

/** Why Go would not compile the expression; undefined where it would. */
export function patternError(expression: string): string | undefined {
  const compiled = compileGoPattern(expression);
  return typeof compiled === 'string' ? compiled : undefined;
}

/** All different patterns of one CustomResourceDefinition: a second of compiling. */
const maxTotalInstructions = 200_000;

/** Checks patterns one after another: each is looked at once, and together they are bounded. */
export class PatternCheck {
  readonly #known = new Map<string, string | undefined>();
  #left = maxTotalInstructions;

  /** As patternError. */
  error(expression: string): string | undefined {
    if (!this.#known.has(expression)) {
      this.#left -= instructionsOf(expression);
      const error = this.#left < 0 ? 'error parsing regexp: expression too large' : patternError(expression);
      this.#known.set(expression, error);
    }
    return this.#known.get(expression);
  }
}

/** Compiled when it is first used. Gives undefined for an expression that does not compile. */
export function lazyPattern(expression: string): () => Pattern | undefined {
  let compiled: RE2JS | undefined | null;
  return () => {
    if (compiled === undefined) {
      const made = compileGoPattern(expression);
      compiled = typeof made === 'string' ? null : made;
    }
    const regexp = compiled;
    return regexp === null ? undefined : (text) => regexp.test(text);
  };
}
