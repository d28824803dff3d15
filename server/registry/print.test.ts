import { expect, test } from '@jest/globals';
import {
  formatAccessModes,
  formatLabelSelector,
  formatLabels,
  humanDuration,
  labelSelectorString,
  listWithMore,
} from './print.ts';

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const days = 24 * hours;

test.each([
  [-2 * seconds, '<invalid>'],
  [-1 * seconds, '0s'],
  [0, '0s'],
  [119 * seconds, '119s'],
  [2 * minutes, '2m'],
  [2 * minutes + 5 * seconds, '2m5s'],
  [10 * minutes + 5 * seconds, '10m'],
  [179 * minutes, '179m'],
  [3 * hours, '3h'],
  [7 * hours + 59 * minutes, '7h59m'],
  [8 * hours + 59 * minutes, '8h'],
  [47 * hours, '47h'],
  [2 * days, '2d'],
  [2 * days + 3 * hours, '2d3h'],
  [8 * days + 3 * hours, '8d'],
  [2 * 365 * days + 5 * days, '2y5d'],
  [9 * 365 * days, '9y'],
])('%d ms are %s', (milliseconds, text) => {
  expect(humanDuration(milliseconds)).toBe(text);
});

test('labels and selectors', () => {
  expect(formatLabels({ b: '2', a: '1' })).toBe('a=1,b=2');
  expect(formatLabels(undefined)).toBe('<none>');
  const matchExpressions = [
    { key: 'tier', operator: 'NotIn', values: ['b', 'a'] },
    { key: 'zone', operator: 'Exists' },
  ];
  expect(formatLabelSelector({ matchLabels: { app: 'web' }, matchExpressions })).toBe('app=web,tier notin (a,b),zone');
  expect(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] })).toBe('<error>');
  expect(labelSelectorString({})).toBe('');
});

test('access modes in the order of the API, and long lists cut', () => {
  expect(formatAccessModes(['ReadWriteOncePod', 'ReadWriteOnce', 'ReadWriteOnce', 'ReadOnlyMany'])).toBe(
    'RWO,ROX,RWOP',
  );
  expect(listWithMore(['a', 'b'], 5)).toBe('a,b + 3 more...');
  expect(listWithMore(['a', 'b'], 2)).toBe('a,b');
});
