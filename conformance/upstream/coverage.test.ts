// Every name in covered.txt has a test here, and every test here stands for a name in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const folder = import.meta.dirname;

/** The names that the tests of a file stand for; a constant that begins several of them is put in. */
function namesIn(text: string): string[] {
  const constants = new Map(
    [...text.matchAll(/const (\w+) =\s+'(\[sig-[^']*)'/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const filled = text.replace(/\$\{(\w+)\}/g, (whole, name: string) => constants.get(name) ?? whole);
  return [...filled.matchAll(/['`](\[sig-[^'`]*\[Conformance\][^'`]*)['`]/g)].map(([, name = '']) => name);
}

test('the conformance tests of sig-api-machinery, sig-auth and sig-cli that need an API server alone', () => {
  const files = readdirSync(folder).filter(
    (file) => /\.(test|conformance)\.ts$/.test(file) && file !== 'coverage.test.ts',
  );
  const names = files.flatMap((file) => namesIn(readFileSync(join(folder, file), 'utf8')));
  const covered = readFileSync(join(folder, 'covered.txt'), 'utf8').trim().split('\n');
  expect(names.sort()).toEqual(covered.sort());
});
