/**
 * Positions in an expression and the text of its faults. Behaviour: cel-go common/{source,error,errors}.go.
 */
import { CelCompileError, type CelIssue } from './cel.ts';

/** The most faults that are spelled out. */
const maxErrorsToReport = 100;

/** The position of something that has none. */
export const noPosition = -1;

/** Collects the faults of one expression. Positions are UTF-16 offsets. */
export class Issues {
  readonly #text: string;
  readonly #issues: CelIssue[] = [];
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get count(): number {
    return this.#count;
  }

  add(position: number, message: string): void {
    this.#count++;
    if (this.#issues.length < maxErrorsToReport) this.#issues.push({ ...locate(this.#text, position), message });
  }

  /** All of them as one error, in the order of their positions. */
  toError(): CelCompileError {
    const sorted = this.#issues.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = this.#text.split('\n');
    const shown = sorted.map((issue) => displayIssue(issue, lines));
    const more = this.#count - sorted.length;
    if (more > 0) shown.push(`${more} more errors were truncated`);
    return new CelCompileError(shown.join('\n'), sorted);
  }
}

function locate(text: string, position: number): { line: number; column: number } {
  if (position === noPosition) return { line: -1, column: -1 };
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++;
  return { line, column: [...before.slice(lineStart)].length };
}

function displayIssue(issue: CelIssue, lines: readonly string[]): string {
  const head = `ERROR: <input>:${issue.line}:${issue.column + 1}: ${issue.message}`;
  const line = lines[issue.line - 1];
  if (line === undefined) return head;
  const characters = [...line.replaceAll('\t', ' ')];
  const dots = characters.slice(0, Math.max(issue.column, 0)).map((character) => (isWide(character) ? '．' : '.'));
  const mark = isWide(characters[issue.column] ?? '') ? '＾' : '^';
  return `${head}\n | ${characters.join('')}\n | ${dots.join('')}${mark}`;
}

function isWide(character: string): boolean {
  return (character.codePointAt(0) ?? 0) >= 0x80;
}
