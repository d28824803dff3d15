import { describe, expect, test } from '@jest/globals';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  roundUpToMilli,
  subtractQuantities,
} from './quantity.ts';

describe('canonical form', () => {
  test.each([
    ['0', '0'],
    ['0m', '0'],
    ['0.0', '0'],
    ['1', '1'],
    ['+1', '1'],
    ['-1', '-1'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['1.', '1'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['1.0000000001', '1000000001n'],
    ['12e6', '12e6'],
    ['12E6', '12e6'],
    ['1e3', '1e3'],
    ['1000e-3', '1'],
    ['1e-3', '1e-3'],
    ['1Ki', '1Ki'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.5Mi', '512Ki'],
    ['1.1Mi', '1153433600m'],
    ['64Mi', '64Mi'],
    ['1E', '1E'],
    ['9999E', '9999E'],
    ['9999Ei', '9223372036854775807'],
  ])('%s prints as %s', (input, output) => {
    expect(canonicalQuantity(input)).toBe(output);
    expect(formatQuantity(parseQuantity(input))).toBe(output);
  });

  test('JSON numbers and null', () => {
    expect(canonicalQuantity(7)).toBe('7');
    expect(canonicalQuantity(0.25)).toBe('250m');
    expect(canonicalQuantity(null)).toBe('0');
  });
});

describe('refused', () => {
  test.each([
    ['', /must match the regular expression/],
    ['x', /must match the regular expression/],
    ['1 Gi', /must match the regular expression/],
    ['1..2', /must match the regular expression/],
    ['+', /numeric part/],
    ['Ki', /numeric part/],
    ['1ki', /suffix/],
    ['1KiKi', /suffix/],
    ['1e', /suffix/],
    ['1m5', /suffix/],
  ])('%j', (input, message) => {
    expect(() => parseQuantity(input)).toThrow(message);
  });
});

describe('arithmetic', () => {
  test('sums and differences are exact and keep the first format', () => {
    expect(formatQuantity(addQuantities(parseQuantity('1Gi'), parseQuantity('512Mi')))).toBe('1536Mi');
    expect(formatQuantity(addQuantities(parseQuantity('0'), parseQuantity('1Gi')))).toBe('1Gi');
    expect(formatQuantity(addQuantities(parseQuantity('100m'), parseQuantity('0.2')))).toBe('300m');
    expect(formatQuantity(subtractQuantities(parseQuantity('1'), parseQuantity('1500m')))).toBe('-500m');
  });

  test('comparison goes by value', () => {
    expect(compareQuantities(parseQuantity('1Ki'), parseQuantity('1024'))).toBe(0);
    expect(compareQuantities(parseQuantity('1M'), parseQuantity('1Mi'))).toBe(-1);
    expect(compareQuantities(parseQuantity('2'), parseQuantity('1999m'))).toBe(1);
  });

  test('whole units and thousandths round away from zero', () => {
    expect(quantityValue(parseQuantity('1.1'))).toBe(2n);
    expect(quantityValue(parseQuantity('-1.1'))).toBe(-2n);
    expect(quantityMilliValue(parseQuantity('0.0001'))).toBe(1n);
    expect(formatQuantity(roundUpToMilli(parseQuantity('1u')))).toBe('1m');
  });

  test('what cannot be read counts as zero', () => {
    expect(quantityOf('nonsense').nanos).toBe(0n);
    expect(quantityOf(undefined).nanos).toBe(0n);
  });
});
