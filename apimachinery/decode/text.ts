// What JSON.parse does not tell about a body's text, found in one pass over it.

export interface TextFacts {
  /** Keys as they stand in the text: more than the parsed object has when one is repeated. */
  keys: number;
  /** How deep brackets nest. */
  depth: number;
  /** Some number is written with a fraction or an exponent, which Go does not read into an integer even where it is whole. */
  fractions: boolean;
}

const quote = 0x22;
const backslash = 0x5c;

/** Reads the facts of `text`, which must be valid JSON. About a nanosecond per character. */
export function textFacts(text: string): TextFacts {
  let keys = 0;
  let depth = 0;
  let deepest = 0;
  let fractions = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quote: {
        let c = text.charCodeAt(++i);
        while (c !== quote) {
          if (c === backslash) i++;
          c = text.charCodeAt(++i);
        }
        break;
      }
      case 0x3a: // ':'
        keys++;
        break;
      case 0x7b: // '{'
      case 0x5b: // '['
        if (++depth > deepest) deepest = depth;
        break;
      case 0x7d: // '}'
      case 0x5d: // ']'
        depth--;
        break;
      case 0x2e: // '.'
      case 0x45: // 'E'
        fractions = true;
        break;
      case 0x65: // 'e', also in `true` and `false`
        if (isDigit(text.charCodeAt(i - 1))) fractions = true;
        break;
    }
  }
  return { keys, depth: deepest, fractions };
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** How many keys a parsed value has, all levels together. */
export function countKeys(value: unknown): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) count += countKeys(item);
    return count;
  }
  for (const key in value as object) {
    count++;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null) count += countKeys(item);
  }
  return count;
}
