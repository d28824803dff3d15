// Exact arithmetic on resource quantities (k8s.io/apimachinery/pkg/api/resource): `250m`, `1Gi`, `12e6`.
// A quantity is a whole number of nano-units plus the family of suffixes it was written in. Anything finer is
// rounded away from zero on parsing, as upstream does, so nothing is ever lost after that.

/** Which suffixes a quantity prints with: `k M G`, `Ki Mi Gi`, or `e3 e6`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** The value times 10⁹. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** Thrown by parseQuantity; the message is upstream's. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const errFormatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const errNumeric = 'unable to parse numeric part of quantity';
const errSuffix = "unable to parse quantity's suffix";

const nano = 1_000_000_000n;
/** Larger values of the binary family are capped at 2⁶³-1 units. */
const maxNanos = (2n ** 63n - 1n) * nano;

const pattern = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const exponentPattern = /^[eE]([-+]?[0-9]+)$/;

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryPowers: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };

/** Parses `text` (resource.ParseQuantity). Throws QuantityError. */
export function parseQuantity(text: string): Quantity {
  if (text === '') throw new QuantityError(errFormatWrong);
  const match = pattern.exec(text);
  if (match === null) throw new QuantityError(errFormatWrong);
  const whole = match[2]!;
  const fraction = match[3] ?? '';
  if (whole === '' && fraction === '') throw new QuantityError(errNumeric);
  const { multiplier, exponent, format } = readSuffix(match[4]!);
  const digits = BigInt(whole + fraction) * multiplier;
  // The value in nanos is digits × 10^(exponent - length of fraction + 9).
  const exact = scaleUp(digits, exponent - fraction.length + 9);
  const nanos = format === 'BinarySI' && exact > maxNanos ? maxNanos : exact;
  return { nanos: match[1] === '-' ? -nanos : nanos, format };
}

function readSuffix(suffix: string): { multiplier: bigint; exponent: number; format: QuantityFormat } {
  const decimal = decimalExponents[suffix];
  if (decimal !== undefined) return { multiplier: 1n, exponent: decimal, format: 'DecimalSI' };
  const binary = binaryPowers[suffix];
  if (binary !== undefined) return { multiplier: 1n << binary, exponent: 0, format: 'BinarySI' };
  const exponent = exponentPattern.exec(suffix);
  if (exponent === null) throw new QuantityError(errSuffix);
  // Exponents past these bounds make no difference after capping and rounding, and would only cost memory.
  return {
    multiplier: 1n,
    exponent: Math.max(-1000, Math.min(1000, Number(exponent[1]))),
    format: 'DecimalExponent',
  };
}

/** digits × 10^power, rounded away from zero (`digits` is not negative). */
function scaleUp(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  return divideUp(digits, 10n ** BigInt(-power));
}

function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The canonical form (Quantity.String after CanonicalizeBytes): `0.5` is `500m`, `1024Ki` is `1Mi`, `1.5Gi` is `1536Mi`. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.nanos === 0n) return '0';
  if (quantity.format === 'BinarySI') {
    const units = quantity.nanos / nano;
    const small = quantity.nanos > -1024n * nano && quantity.nanos < 1024n * nano;
    // Fractions and small numbers would look odd or lose precision with binary suffixes.
    if (!small && units * nano === quantity.nanos) return formatBinary(units);
  }
  return formatDecimal(quantity.nanos, quantity.format);
}

function formatBinary(units: bigint): string {
  let power = 0;
  let value = units;
  while (power < 6 && value % 1024n === 0n) {
    value /= 1024n;
    power++;
  }
  return `${value}${binarySuffixes[power]}`;
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  let step = 0;
  let value = nanos;
  while (step < 9 && value % 1000n === 0n) {
    value /= 1000n;
    step++;
  }
  if (format !== 'DecimalExponent') return `${value}${decimalSuffixes[step]}`;
  const exponent = step * 3 - 9;
  return exponent === 0 ? `${value}` : `${value}e${exponent}`;
}

// Workloads write the same few quantities over and over: the canonical form of each is worked out once.
const canonicalForms = new Map<string, string>();
const canonicalFormsLimit = 4096;

/**
 * The canonical text of a quantity as it stands in a JSON body: a string, a number, or null (which is 0).
 * Throws QuantityError.
 */
export function canonicalQuantity(value: unknown): string {
  if (value === null || value === undefined) return '0';
  const text = typeof value === 'string' ? value : String(value);
  const known = canonicalForms.get(text);
  if (known !== undefined) return known;
  const canonical = formatQuantity(parseQuantity(text.trim()));
  if (canonicalForms.size >= canonicalFormsLimit) canonicalForms.clear();
  canonicalForms.set(text, canonical);
  return canonical;
}

/** Reads a quantity that validation has already accepted; anything unreadable counts as zero. */
export function quantityOf(value: unknown): Quantity {
  if (value === undefined || value === null) return zeroQuantity;
  try {
    return parseQuantity(String(value));
  } catch (error) {
    if (error instanceof QuantityError) return zeroQuantity;
    throw error;
  }
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`; the format does not count. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** a + b, in the format of `a` unless `a` is zero (Quantity.Add). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** a - b, in the format of `a` unless `a` is zero (Quantity.Sub). */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** Whole units, rounded away from zero (Quantity.Value). */
export function quantityValue(quantity: Quantity): bigint {
  return divideUp(quantity.nanos, nano);
}

/** Thousandths of a unit, rounded away from zero (Quantity.MilliValue). */
export function quantityMilliValue(quantity: Quantity): bigint {
  return divideUp(quantity.nanos, 1_000_000n);
}

/** Rounds away from zero to thousandths (Quantity.RoundUp(-3)), which is how resource lists are stored. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  return { nanos: quantityMilliValue(quantity) * 1_000_000n, format: quantity.format };
}
