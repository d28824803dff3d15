// What expressions give, one table per part of the language and per library.
import { describe, expect, it } from '@jest/globals';
import { baseEnvironment, CelCompileError, type CelProgram, CelRuntimeError, dynType } from './index.ts';
import { formatValue } from './value-format.ts';

const environment = baseEnvironment().extend({ variables: { x: dynType } });

function run(expression: string): string {
  const program = environment.compile(expression);
  if (program instanceof CelCompileError) return `compile: ${program.message}`;
  try {
    return formatValue(program.evaluate({ x: () => 1n }).value);
  } catch (error) {
    if (error instanceof CelRuntimeError) return `error: ${error.message}`;
    throw error;
  }
}

const tables: Record<string, [expression: string, result: string][]> = {
  operators: [
    ['1 + 2 * 3 - 4 / 2', '5'],
    ['-7 / 2', '-3'],
    ['-7 % 3', '-1'],
    ['7.0 / 2.0', '3.5'],
    ['9223372036854775807 + 1', 'error: integer overflow'],
    ['-9223372036854775808 / -1', 'error: integer overflow'],
    ['0u - 1u', 'error: unsigned integer overflow'],
    ['1 / 0', 'error: division by zero'],
    ['1 % 0', 'error: modulus by zero'],
    ['1.0 / 0.0', '+Inf'],
    ["'a' + 'b'", 'ab'],
    ['[1] + [2, 3]', '[1, 2, 3]'],
    ["'a' < 'b' && b'a' < b'b'", 'true'],
    ['1 < 1.5 && 1u < 2 && 2.0 > 1u', 'true'],
    ['dyn(1) == 1.0 && dyn(1u) == 1', 'true'],
    ["dyn(1) == 'a'", 'false'],
    ['{1: 2} == {1: 2} && [1, 2] != [2, 1]', 'true'],
    ["dyn('a') < 1", 'error: no such overload'],
    ["dyn(1) + 'a'", 'error: no such overload'],
    ['1 in [1, 2] && !(3 in [1, 2])', 'true'],
    ["'a' in {'a': 1}", 'true'],
    ['true ? 1 : 2', '1'],
    ['size("🐱é") == 2 && "🐱é".size() == 2', 'true'],
    ['0xff + 1', '256'],
    ["r'\\n' == '\\\\n'", 'true'],
    [`'''a'b''' + """c"d"""`, `a'bc"d`],
  ],
  'faults and short circuits': [
    ['1 / 0 == 1 || true', 'true'],
    ['true || 1 / 0 == 1', 'true'],
    ['1 / 0 == 1 && false', 'false'],
    ['1 / 0 == 1 && true', 'error: division by zero'],
    ['1 / 0 == 1 || 1 % 0 == 1', 'error: division by zero'],
    ['1 % 0 == 1 && 1 / 0 == 1', 'error: modulus by zero'],
    ["dyn('a') || 1 / 0 == 1", 'error: no such overload'],
    ['[1, 0].all(y, 1 / y == 2)', 'false'],
    ['[0, 1].exists(y, 1 / y == 1)', 'true'],
    ['[0, 1].all(y, 1 / y == 1)', 'error: division by zero'],
    ['[0, 1].exists_one(y, 1 / y == 1)', 'error: division by zero'],
    ["{'a': 1}.b", 'error: no such key: b'],
    ['[1][1]', 'error: index out of bounds: 1'],
    ["[1]['a' == 'a' ? dyn('a') : dyn(0)]", "error: unsupported index type 'string' in list"],
  ],
  macros: [
    ['[1, 2, 3].map(y, y * 2)', '[2, 4, 6]'],
    ['[1, 2, 3].map(y, y > 1, y * 2)', '[4, 6]'],
    ['[1, 2, 3].filter(y, y != 2)', '[1, 3]'],
    ["{'a': 1, 'b': 2}.map(k, k)", '[a, b]'],
    ['[[1, 2], [3]].map(y, y.map(z, z + 1))', '[[2, 3], [4]]'],
    ['[1, 1].exists_one(y, y == 1) || [1].existsOne(y, y == 1)', 'true'],
    ["has({'a': 1}.a) && !has({'a': 1}.b)", 'true'],
    ['[5, 6].all(i, v, v == i + 5)', 'true'],
    ["{'a': 1}.exists(k, v, k == 'a' && v == 1)", 'true'],
    ['[1, 2].existsOne(i, v, v == 2)', 'true'],
    ['[1, 2].transformList(i, v, v > 1, v * i)', '[2]'],
    ["{'a': 1}.transformMap(k, v, v + 1)", '{a: 2}'],
    ["{'a': 1}.transformMapEntry(k, v, {v: k})", '{1: a}'],
    ["[1, 2].transformMapEntry(i, v, {'same': v})", 'error: insert failed: key same already exists'],
    ['[3, 1, 2].sortBy(y, -y)', '[3, 2, 1]'],
  ],
  optionals: [
    ['optional.of(1).value()', '1'],
    ['optional.none().hasValue()', 'false'],
    ['optional.none().value()', 'error: optional.none() dereference'],
    ["optional.ofNonZeroValue('').orValue('b')", 'b'],
    ["{'a': {'b': 1}}.?a.?b.orValue(0)", '1'],
    ["{'a': {'b': 1}}.?a.c.orValue(7)", '7'],
    ['[1, 2][?5].orValue(9)', '9'],
    ['optional.none().or(optional.of(2)).value()', '2'],
    ['optional.of(null).orValue(null)', 'null'],
    ['optional.of(1).optMap(y, y + 1).value()', '2'],
    ['optional.of([1]).optFlatMap(y, y[?0]).value()', '1'],
    ['[?optional.none(), ?optional.of(1)]', '[1]'],
    ["{?'a': optional.none()}.size()", '0'],
    ['[1, 2].first().value() + [1, 2].last().value()', '3'],
    ['[optional.of(1), optional.none()].unwrapOpt()', '[1]'],
  ],
  conversions: [
    ["int('42') + int(4.9) + int(3u)", '49'],
    ["int('x')", "compile: type conversion error from 'string' to 'int'"],
    ['uint(3) + 1u', '4'],
    ['uint(-1)', 'compile: unsigned integer overflow'],
    ['int(1e30)', 'compile: integer overflow'],
    ["double('1.5') + double(1)", '2.5'],
    ['string(1.0) + string(true) + string(1e21)', '1true1e+21'],
    ["string(b'\\xff')", 'compile: invalid UTF-8 in bytes, cannot convert to string'],
    ["bool('t')", 'true'],
    ['type(1) == int && type([1]) == list && type(type(1)) == type', 'true'],
    ["bytes('é').size()", '2'],
  ],
  times: [
    ["duration('1h30m').getMinutes()", '90'],
    ["string(duration('1.5s'))", '1.5s'],
    ["timestamp('2023-01-01T00:00:00Z') + duration('36h')", '2023-01-02T12:00:00Z'],
    ["timestamp('2023-01-02T00:00:00Z') - timestamp('2023-01-01T00:00:00Z')", '86400s'],
    ["timestamp('2023-07-14T10:30:45.123Z').getMilliseconds()", '123'],
    ["timestamp('2023-07-14T10:30:45Z').getHours('America/Los_Angeles')", '3'],
    ["timestamp('2023-07-14T10:30:45Z').getHours('-01:30')", '9'],
    ["timestamp('2023-07-14T10:30:45Z').getDayOfWeek()", '5'],
    ["timestamp('2024-12-31T00:00:00Z').getDayOfYear()", '365'],
    ["timestamp('9999-12-31T23:59:59Z') + duration('1s')", 'error: timestamp overflow'],
    ["timestamp('2023-07-14T10:30:45Z').getHours('Mars/Base')", 'error: unknown time zone Mars/Base'],
  ],
  strings: [
    ["'hello'.charAt(1) + 'hello'.charAt(5)", 'e'],
    ["'tacocat'.charAt(30)", 'error: index out of range: 30'],
    ["'hello mellow'.indexOf('ello', 2)", '7'],
    ["'hello mellow'.lastIndexOf('ello', 6)", '1'],
    ["'🐱abc'.indexOf('b')", '2'],
    ["'hello hello'.replace('he', 'we', 1)", 'wello hello'],
    ["'abc'.replace('', '_')", '_a_b_c_'],
    ["'a,b,c'.split(',', 2)", '[a, b,c]'],
    ["'ab'.split('')", '[a, b]'],
    ["'tacocat'.substring(4)", 'cat'],
    ["'tacocat'.substring(2, 1)", 'error: invalid substring range. start: 2, end: 1'],
    ["' \\u0085a\\t'.trim()", 'a'],
    ["'TacoCÆt'.lowerAscii() + 'tacocæt'.upperAscii()", 'tacocÆtTACOCæT'],
    ["['a', 'b'].join('-')", 'a-b'],
    ["strings.quote('a\"\\n')", '"a\\"\\n"'],
    ["'%s %d %x'.format(['a', dyn(255), dyn(255)])", 'a 255 ff'],
    [
      "'%d'.format([dyn('a')])",
      'error: error during formatting: decimal clause can only be used on integers, was given string',
    ],
    ["'%s'.format([[1, 2]]) + '%.2f'.format([1234.567])", '[1, 2]1,234.57'],
    ["'%e'.format([1052.032911275])", '1.052033\u202f×\u202f10⁰³'],
  ],
  regex: [
    ["'abc123'.matches('^[a-z]+[0-9]+$')", 'true'],
    ["'aéb'.matches('a.b')", 'true'],
    ["'abc 123'.find('[0-9]+')", '123'],
    ["'123 abc 456'.findAll('[0-9]+')", '[123, 456]'],
    ["'123 abc 456'.findAll('[0-9]+', 1)", '[123]'],
    ["'abc'.findAll('x*')", '[, , , ]'],
    ["'a'.matches(x == 1 ? '[' : '')", 'error: error parsing regexp: missing closing ]: `[`'],
    ["'a'.find(x == 1 ? '[' : '')", 'error: Illegal regex: error parsing regexp: missing closing ]: `[`'],
  ],
  lists: [
    ['[1, 2, 2].isSorted() && ![2, 1].isSorted()', 'true'],
    ["[1, 2].sum() + [duration('1m')].sum().getSeconds()", '63'],
    ["['b', 'a'].min() + ['b', 'a'].max()", 'ab'],
    ['[1].filter(y, y > 1).min()', 'error: min called on empty list'],
    ['[1, 2, 1].indexOf(1) + [1, 2, 1].lastIndexOf(1)', '2'],
    ['[3, 1, 2].sort()', '[1, 2, 3]'],
    ['[1, 2, 3, 4].slice(1, 3)', '[2, 3]'],
    ['[1].slice(0, 2)', 'error: cannot slice(0, 2), list is length 1'],
    ['[[1], [2, 3]].flatten()', '[1, 2, 3]'],
    ['[1, 2, 1].distinct()', '[1, 2]'],
    ['lists.range(3).reverse()', '[2, 1, 0]'],
    ['sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])', 'true'],
  ],
  quantities: [
    ["quantity('1.5Gi').asInteger()", '1610612736'],
    ["quantity('1500m').isInteger()", 'false'],
    ["quantity('1500m').asInteger()", 'error: cannot convert value to integer'],
    ["quantity('50k').add(20).compareTo(quantity('50020'))", '0'],
    ["quantity('200M').isGreaterThan(quantity('100Mi'))", 'true'],
    ["sign(quantity('-1'))", '-1'],
    ["isQuantity('1.3Gi') && !isQuantity('200K')", 'true'],
    ["quantity('1000m') == quantity('1')", 'true'],
  ],
  addresses: [
    ["ip('2001:DB8::1') == ip('2001:db8::1')", 'true'],
    ["string(ip('2001:DB8::1'))", '2001:db8::1'],
    ["ip.isCanonical('2001:DB8::1')", 'false'],
    ["isIP('10.0.0.01') || isIP('::ffff:1.2.3.4') || isIP('fe80::1%eth0')", 'false'],
    [
      "ip('127.0.0.1').isLoopback() && ip('169.254.1.1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()",
      'true',
    ],
    ["ip('fe80::1').isGlobalUnicast()", 'false'],
    ["ip('::ffff:1.2.3.4')", 'error: IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed'],
    ["cidr('192.168.1.5/24').masked() == cidr('192.168.1.0/24')", 'true'],
    ["cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24')", 'true'],
    ["cidr('192.168.0.0/24').containsCIDR(cidr('192.168.0.0/16'))", 'false'],
    ["cidr('192.168.0.0/24').ip().family() + cidr('192.168.0.0/24').prefixLength()", '28'],
    ["isCIDR('10.0.0.0/33')", 'false'],
  ],
  urls: [
    ["url('https://example.com:80/a%20b?k=v1&k=v2').getHostname()", 'example.com'],
    ["url('https://[::1]:80/').getHost() + url('https://[::1]:80/').getPort()", '[::1]:8080'],
    ["url('https://example.com/a%20b').getEscapedPath()", '/a%20b'],
    ["url('https://example.com/?k=v1&k=v2').getQuery()['k']", '[v1, v2]'],
    ["url('/path').getScheme()", ''],
    ["isURL('../path') || isURL('https://a:b/')", 'false'],
    ["url('a b')", 'error: URL parse error during conversion from string: parse "a b": invalid URI for request'],
  ],
  formats: [
    ["format.dns1123Label().validate('my-name').hasValue()", 'false'],
    ["format.named('uuid').value().validate('x').value()", '[does not match the UUID format]'],
    ["format.named('none').hasValue()", 'false'],
    [
      "format.datetime().validate('2023-01-01T00:00:00Z').hasValue() || format.date().validate('2023-01-32').hasValue()",
      'true',
    ],
    ["format.byte().validate('aGVsbG8=').hasValue()", 'false'],
  ],
  semvers: [
    ["semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()", '6'],
    ["semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))", 'true'],
    ["semver('1.0.0-alpha.2').compareTo(semver('1.0.0-alpha.10'))", '-1'],
    ["semver('1.0.0+a') == semver('1.0.0+b')", 'true'],
    ["isSemver('1.0') || isSemver('01.0.0') || isSemver('v1.0.0')", 'false'],
    ["isSemver('v1.0', true) && semver('v01.2', true) == semver('1.2.0')", 'true'],
    ["semver('1.0')", 'error: No Major.Minor.Patch elements found'],
  ],
};

describe.each(Object.entries(tables))('%s', (_name, rows) => {
  it.each(rows)('%s', (expression, result) => {
    expect(run(expression)).toBe(result);
  });
});

describe('a program', () => {
  const compile = (expression: string): CelProgram => environment.compile(expression) as CelProgram;

  it('knows which variables it reads', () => {
    expect([...compile('x.y == 1 && [1].all(z, z == x)').variables]).toEqual(['x']);
    expect([...compile('[1].all(x, x == 1)').variables]).toEqual([]);
  });

  it('computes a lazy variable once, and only when it is read', () => {
    let calls = 0;
    const lazy = { x: () => BigInt(++calls) };
    compile('true || x == 1').evaluate(lazy);
    expect(calls).toBe(0);
    expect(compile('x + x').evaluate(lazy).value).toBe(2n);
    expect(calls).toBe(1);
  });

  it('fails where a variable has no binding', () => {
    expect(() => compile('x == 1').evaluate({})).toThrow('no such attribute(s): x');
  });
});
