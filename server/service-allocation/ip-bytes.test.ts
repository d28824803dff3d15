import { expect, test } from '@jest/globals';
import { ipBytes } from './ip-bytes.ts';

test.each([
  ['10.96.0.1', '0a600001'],
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::5', '20010db8000000000000000000000005'],
  ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
  ['fe80:1:2:3:4:5:6:7', 'fe800001000200030004000500060007'],
])('the bytes of %s', (address, hex) => {
  expect(ipBytes(address).toString('hex')).toBe(hex);
});
