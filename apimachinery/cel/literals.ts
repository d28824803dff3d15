/**
 * The values of string and bytes literals. Behaviour: cel-go parser/unescape.go.
 */

/** A literal's value, or why it has none. */
export type LiteralResult<T> = { readonly value: T } | { readonly fault: string };

const simpleEscapes: Readonly<Record<string, number>> = {
  ...{ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34, '`': 96, '?': 63 },
};

const escapePattern =
  /\\(?:([abfnrtv\\'"`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/g;

/** Without prefix and quotes, line ends as `\n`. */
function contents(literal: string): { body: string; isRaw: boolean } {
  const isRaw = /^[rR]/.test(literal);
  const quoted = (isRaw ? literal.slice(1) : literal).replace(/\r\n?/g, '\n');
  const quotes = quoted.length >= 6 && /^("""|''')/.test(quoted) ? 3 : 1;
  return { body: quoted.slice(quotes, quoted.length - quotes), isRaw };
}

/** The value of `'…'`, `"""…"""`, `r'…'`. */
export function parseStringLiteral(literal: string): LiteralResult<string> {
  const { body, isRaw } = contents(literal);
  if (isRaw || !body.includes('\\')) return { value: body };
  let valid = true;
  const value = body.replace(
    escapePattern,
    (_all, simple?: string, byte?: string, short?: string, long?: string, octal?: string) => {
      const code = simple !== undefined ? (simpleEscapes[simple] as number) : escapeCode(byte ?? short ?? long, octal);
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        valid = false;
        return '';
      }
      return String.fromCodePoint(code);
    },
  );
  return valid ? { value } : { fault: 'invalid unicode code point' };
}

function escapeCode(hexadecimal: string | undefined, octal: string | undefined): number {
  return hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : Number.parseInt(octal as string, 8);
}

/** The value of `b'…'`: text as UTF-8, `\x` and octal escapes as bytes. */
export function parseBytesLiteral(literal: string): LiteralResult<Uint8Array> {
  const { body, isRaw } = contents(literal.slice(1));
  if (isRaw) return { value: new Uint8Array(Buffer.from(body)) };
  const parts: Buffer[] = [];
  let end = 0;
  for (const match of body.matchAll(escapePattern)) {
    const [all, simple, byte, short, long, octal] = match;
    if (short !== undefined || long !== undefined) return { fault: 'unable to unescape string' };
    parts.push(Buffer.from(body.slice(end, match.index)));
    parts.push(Buffer.from([simple !== undefined ? (simpleEscapes[simple] as number) : escapeCode(byte, octal)]));
    end = match.index + all.length;
  }
  parts.push(Buffer.from(body.slice(end)));
  return { value: new Uint8Array(Buffer.concat(parts)) };
}
