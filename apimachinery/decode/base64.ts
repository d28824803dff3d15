// Base64 as Go's encoding/base64 reads it.

/**
 * The byte at which Go's base64.StdEncoding gives up, or undefined where it reads all of `text`. Line breaks are passed over.
 */
export function base64ErrorOffset(text: string): number | undefined {
  let inQuantum = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n' || c === '\r') continue;
    if (/[A-Za-z0-9+/]/.test(c)) {
      inQuantum = (inQuantum + 1) % 4;
      continue;
    }
    if (c !== '=' || inQuantum < 2) return i;
    return paddingErrorOffset(text, i, inQuantum);
  }
  return inQuantum === 0 ? undefined : text.length - inQuantum;
}

/** Looks at what follows the first `=`, which stands at `at` as the quantum's character number `inQuantum`. */
function paddingErrorOffset(text: string, at: number, inQuantum: number): number | undefined {
  const skipBreaks = (from: number): number => {
    let i = from;
    while (text[i] === '\n' || text[i] === '\r') i++;
    return i;
  };
  let next = skipBreaks(at + 1);
  if (inQuantum === 2) {
    if (next === text.length) return text.length;
    if (text[next] !== '=') return next;
    next = skipBreaks(next + 1);
  }
  return next < text.length ? next : undefined;
}
