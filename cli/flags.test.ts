// The command line comes to complete options, and reads durations as Go prints them.
import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { defaultServerOptions } from '../server/options.ts';
import { completionScript } from './completion.ts';
import { addServerFlags, addUpFlags, duration, type ServerFlags } from './flags.ts';
import { serverOptions } from './run.ts';

function parse(...words: string[]): ServerFlags {
  const command = addServerFlags(new Command('server').exitOverride().configureOutput({ writeErr: () => undefined }));
  return command.parse(words, { from: 'user' }).opts<ServerFlags>();
}

test('without flags every option has its standard', () => {
  const options = serverOptions(parse());
  const { advertiseAddress: _, ...standard } = defaultServerOptions;
  expect(options).toMatchObject(standard);
  expect(options.certDirectory).toBe('.pgplane/pki');
  for (const [name, value] of Object.entries(options)) {
    if (name in defaultServerOptions) expect([name, value]).not.toEqual([name, undefined]);
  }
});

test('flags reach the options that they name', () => {
  const options = serverOptions(
    parse(
      '--secure-port',
      '0',
      '--min-request-timeout',
      '60',
      '--advertise-address',
      '192.0.2.7',
      '--tls-san-names',
      'a,b',
    ),
  );
  expect(options).toMatchObject({
    securePort: 0,
    minRequestTimeoutSeconds: 60,
    advertiseAddress: '192.0.2.7',
    tlsSanNames: ['a', 'b'],
  });
});

describe('durations', () => {
  test.each([
    ['90s', 90],
    ['5m', 300],
    ['5m0s', 300],
    ['1h30m', 5400],
    ['0.5h', 1800],
  ])('%s is %d seconds', (text, seconds) => expect(duration(text)).toBe(seconds));
  test.each(['', '5', 'm', '5m!', '-5m', '5 m'])('%p is refused', (text) => {
    expect(() => duration(text)).toThrow('Give a duration');
  });
});

test.each([
  ['--secure-port', '70000'],
  ['--anonymous-auth', 'perhaps'],
  ['--storage-backend', 'etcd'],
  ['--no-such-flag', 'x'],
])('%s %s is refused', (flag, value) => {
  expect(() => parse(flag, value)).toThrow(flag);
});

test.each(['bash', 'zsh', 'fish'] as const)('completion for %s knows every command and flag', (shell) => {
  const program = new Command('pgplane');
  const up = addUpFlags(program.command('up').description('run'));
  const script = completionScript(program, shell);
  expect(script).toContain('up');
  for (const { long } of up.options) expect(script).toContain(long!.slice(2));
});
