// Times as metav1.Time and metav1.MicroTime read and write them (Go's time.Parse with RFC3339 and RFC3339Micro).

export const layouts = {
  Time: '2006-01-02T15:04:05Z07:00',
  MicroTime: '2006-01-02T15:04:05.000000Z07:00',
} as const;

export type TimeKind = keyof typeof layouts;

/** Thrown by normalizeTime; the message is Go's time.ParseError. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TimeError';
  }
}

const zeroTimeMilliseconds = Date.parse('0001-01-01T00:00:00Z');

/**
 * Brings a time into the form that upstream writes: UTC, whole seconds for Time and microseconds for MicroTime; null for
 * Go's zero time. Throws TimeError.
 */
export function normalizeTime(text: string, kind: TimeKind): string | null {
  const { milliseconds, nanoseconds } = new TimeReader(text, kind).read();
  if (milliseconds === zeroTimeMilliseconds && nanoseconds === 0) return null;
  const seconds = new Date(milliseconds).toISOString().slice(0, -5);
  if (kind === 'Time') return `${seconds}Z`;
  return `${seconds}.${String(Math.floor(nanoseconds / 1000)).padStart(6, '0')}Z`;
}

/** Reads a layout's elements one after the other; what fails is named with the layout's element and the rest of the value. */
class TimeReader {
  readonly #whole: string;
  readonly #kind: TimeKind;
  #rest: string;

  constructor(text: string, kind: TimeKind) {
    this.#whole = text;
    this.#rest = text;
    this.#kind = kind;
  }

  /** Milliseconds since the epoch of the whole second, and the nanoseconds after it. */
  read(): { milliseconds: number; nanoseconds: number } {
    const year = this.#number('2006', 4, 4);
    this.#skip('-');
    const month = this.#ranged('01', 2, 1, 12, 'month');
    this.#skip('-');
    const day = this.#number('02', 2, 2);
    this.#skip('T');
    const hour = this.#ranged('15', 1, 0, 23, 'hour');
    this.#skip(':');
    const minute = this.#ranged('04', 2, 0, 59, 'minute');
    this.#skip(':');
    const second = this.#ranged('05', 2, 0, 59, 'second');
    const nanoseconds = this.#fraction();
    const offsetMinutes = this.#zone();
    if (this.#rest !== '') this.#fail(`: extra text: ${JSON.stringify(this.#rest)}`);
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    if (day < 1 || date.getUTCDate() !== day) this.#fail(': day out of range');
    date.setUTCHours(hour, minute - offsetMinutes, second);
    return { milliseconds: date.getTime(), nanoseconds };
  }

  #fail(message: string): never {
    throw new TimeError(`parsing time ${JSON.stringify(this.#whole)}${message}`);
  }

  #bad(element: string, value = this.#rest): never {
    return this.#fail(
      ` as ${JSON.stringify(layouts[this.#kind])}: cannot parse ${JSON.stringify(value)} as ${JSON.stringify(element)}`,
    );
  }

  #skip(literal: string): void {
    if (!this.#rest.startsWith(literal)) this.#bad(literal);
    this.#rest = this.#rest.slice(1);
  }

  #number(element: string, minimumDigits: number, maximumDigits: number): number {
    let digits = 0;
    while (digits < maximumDigits && /[0-9]/.test(this.#rest[digits] ?? '')) digits++;
    if (digits < minimumDigits) this.#bad(element);
    const value = Number(this.#rest.slice(0, digits));
    this.#rest = this.#rest.slice(digits);
    return value;
  }

  #ranged(element: string, minimumDigits: number, minimum: number, maximum: number, word: string): number {
    const value = this.#number(element, minimumDigits, 2);
    if (value < minimum || value > maximum) this.#fail(`: ${word} out of range`);
    return value;
  }

  #fraction(): number {
    const match = /^[.,]([0-9]+)/.exec(this.#rest);
    if (this.#kind === 'MicroTime') {
      if (match === null || match[1]!.length < 6) this.#bad('.000000');
      this.#rest = this.#rest.slice(7);
      return Number(match[1]!.slice(0, 6)) * 1000;
    }
    if (match === null) return 0;
    this.#rest = this.#rest.slice(match[0].length);
    return Number(match[1]!.slice(0, 9).padEnd(9, '0'));
  }

  /** Minutes east of UTC. */
  #zone(): number {
    if (this.#rest.startsWith('Z')) {
      this.#rest = this.#rest.slice(1);
      return 0;
    }
    const match = /^([+-])([0-9]{2}):([0-9]{2})/.exec(this.#rest);
    if (match === null) this.#bad('Z07:00');
    const [whole, sign, hours, minutes] = match;
    if (Number(hours) > 24) this.#fail(': time zone offset hour out of range');
    if (Number(minutes) > 60) this.#fail(': time zone offset minute out of range');
    this.#rest = this.#rest.slice(whole.length);
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  }
}
