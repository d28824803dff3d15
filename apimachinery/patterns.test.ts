import { expect, test } from '@jest/globals';
import { lazyPattern, PatternCheck, patternError } from './patterns.ts';

/** Words of Go's regexp/syntax. */
test.each<[string, string | undefined]>([
  ['^a+$', undefined],
  ['(?i)\\pL', undefined],
  ['(?P<name>x)', undefined],
  ['(', 'error parsing regexp: missing closing ): `(`'],
  ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
  ['[b-a]', 'error parsing regexp: invalid character class range: `b-a`'],
  ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
  ['a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
  ['('.repeat(5000) + ')'.repeat(5000), 'error parsing regexp: expression nests too deeply'],
  ['(a{1000}){999}', 'error parsing regexp: expression too large'],
  ['a{1000}'.repeat(1000), 'error parsing regexp: expression too large'],
  ['[a{1000}]'.repeat(1000), undefined],
])('pattern %#', (expression, wanted) => {
  expect(patternError(expression)).toBe(wanted);
});

test('no pattern takes longer than its text', () => {
  for (const expression of ['^(a+)+$', '(a|aa)+$', '(.*)(.*)(.*)(.*)x', '(x+x+)+y'])
    expect(lazyPattern(expression)()!(`${'a'.repeat(500_000)}!`)).toBe(false);
  expect(lazyPattern('(')()).toBeUndefined();
});

test('the patterns of one definition are bounded together, each counted once', () => {
  const check = new PatternCheck();
  for (let i = 0; i < 1000; i++) expect(check.error('^[a-z]{1,900}$')).toBeUndefined();
  const errors = Array.from({ length: 600 }, (_, i) => check.error(`^[a-z]{1,900}${i}$`));
  expect(errors.at(0)).toBeUndefined();
  expect(errors.at(-1)).toBe('error parsing regexp: expression too large');
});
