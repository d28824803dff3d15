// What kube-apiserver 1.36.2 answered to expressions of a ValidatingAdmissionPolicy; EXPR stands for the tokens that begin an
// expression.
import { describe, expect, it } from '@jest/globals';
import { baseEnvironment, CelCompileError, dynType, libraryTypes } from './index.ts';

const startTokens =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const answers: [expression: string, message: string][] = [
  ['1 +', "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting EXPR\n | 1 +\n | ...^"],
  ['a b', "ERROR: <input>:1:3: Syntax error: extraneous input 'b' expecting <EOF>\n | a b\n | ..^"],
  ['(1', "ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'\n | (1\n | ..^"],
  ['1)', "ERROR: <input>:1:2: Syntax error: extraneous input ')' expecting <EOF>\n | 1)\n | .^"],
  ['object.', "ERROR: <input>:1:8: Syntax error: no viable alternative at input '.'\n | object.\n | .......^"],
  ['object..a', "ERROR: <input>:1:8: Syntax error: no viable alternative at input '..'\n | object..a\n | .......^"],
  ['object.1', "ERROR: <input>:1:7: Syntax error: extraneous input '.1' expecting <EOF>\n | object.1\n | ......^"],
  ['[1,2', "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {']', ','}\n | [1,2\n | ....^"],
  ['[1,,2]', "ERROR: <input>:1:4: Syntax error: mismatched input ',' expecting ']'\n | [1,,2]\n | ...^"],
  ['{1:2', "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {'}', ','}\n | {1:2\n | ....^"],
  ['{1}', "ERROR: <input>:1:3: Syntax error: mismatched input '}' expecting ':'\n | {1}\n | ..^"],
  [
    'f(',
    "ERROR: <input>:1:3: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | f(\n | ..^",
  ],
  ['f(1', "ERROR: <input>:1:4: Syntax error: missing ')' at '<EOF>'\n | f(1\n | ...^"],
  [
    'f(,1)',
    "ERROR: <input>:1:3: Syntax error: extraneous input ',' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | f(,1)\n | ..^",
  ],
  ['!', "ERROR: <input>:1:2: Syntax error: extraneous input '<EOF>' expecting EXPR\n | !\n | .^"],
  [
    "'abc",
    "ERROR: <input>:1:1: Syntax error: token recognition error at: ''abc'\n | 'abc\n | ^\nERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting EXPR\n | 'abc\n | ....^",
  ],
  [
    '#',
    "ERROR: <input>:1:1: Syntax error: token recognition error at: '#'\n | #\n | ^\nERROR: <input>:1:2: Syntax error: mismatched input '<EOF>' expecting EXPR\n | #\n | .^",
  ],
  [
    '1 # 2',
    "ERROR: <input>:1:3: Syntax error: token recognition error at: '#'\n | 1 # 2\n | ..^\nERROR: <input>:1:5: Syntax error: extraneous input '2' expecting <EOF>\n | 1 # 2\n | ....^",
  ],
  ['a ? b', "ERROR: <input>:1:6: Syntax error: mismatched input '<EOF>' expecting ':'\n | a ? b\n | .....^"],
  [
    'a ? : b',
    "ERROR: <input>:1:5: Syntax error: extraneous input ':' expecting EXPR\n | a ? : b\n | ....^\nERROR: <input>:1:8: Syntax error: mismatched input '<EOF>' expecting ':'\n | a ? : b\n | .......^",
  ],
  ['&& true', "ERROR: <input>:1:1: Syntax error: extraneous input '&&' expecting EXPR\n | && true\n | ^"],
  [
    'true & false',
    "ERROR: <input>:1:6: Syntax error: token recognition error at: '& '\n | true & false\n | .....^\nERROR: <input>:1:8: Syntax error: extraneous input 'false' expecting <EOF>\n | true & false\n | .......^",
  ],
  ['if', 'ERROR: <input>:1:1: reserved identifier: if\n | if\n | ^'],
  [
    'in',
    "ERROR: <input>:1:1: Syntax error: mismatched input 'in' expecting EXPR\n | in\n | ^\nERROR: <input>:1:3: Syntax error: mismatched input '<EOF>' expecting EXPR\n | in\n | ..^",
  ],
  ['1 in', "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting EXPR\n | 1 in\n | ....^"],
  [
    'object[',
    "ERROR: <input>:1:8: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | object[\n | .......^",
  ],
  ['object[1', "ERROR: <input>:1:9: Syntax error: missing ']' at '<EOF>'\n | object[1\n | ........^"],
  [
    'object[]',
    "ERROR: <input>:1:8: Syntax error: mismatched input ']' expecting {'[', '{', '(', '.', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | object[]\n | .......^",
  ],
  ['[1 2]', "ERROR: <input>:1:4: Syntax error: extraneous input '2' expecting {']', ','}\n | [1 2]\n | ...^"],
  ["{'a' 1}", "ERROR: <input>:1:6: Syntax error: missing ':' at '1'\n | {'a' 1}\n | .....^"],
  [
    "{'a':1 'b':2}",
    "ERROR: <input>:1:8: Syntax error: mismatched input ''b'' expecting {'}', ','}\n | {'a':1 'b':2}\n | .......^",
  ],
  ['()', "ERROR: <input>:1:2: Syntax error: mismatched input ')' expecting EXPR\n | ()\n | .^"],
  [
    'object.f(1,)',
    "ERROR: <input>:1:12: Syntax error: mismatched input ')' expecting EXPR\n | object.f(1,)\n | ...........^",
  ],
  ['has()', "ERROR: <input>:1:4: undeclared reference to 'has' (in container '')\n | has()\n | ...^"],
  ['has(a)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(a)\n | ....^'],
  ['0xg', "ERROR: <input>:1:2: Syntax error: extraneous input 'xg' expecting <EOF>\n | 0xg\n | .^"],
  ['1.', "ERROR: <input>:1:3: Syntax error: no viable alternative at input '.'\n | 1.\n | ..^"],
  ['9223372036854775808', 'ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^'],
  [
    "'\\q'",
    "ERROR: <input>:1:1: Syntax error: token recognition error at: ''\\q'\n | '\\q'\n | ^\nERROR: <input>:1:4: Syntax error: token recognition error at: '''\n | '\\q'\n | ...^\nERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting EXPR\n | '\\q'\n | ....^",
  ],
  ["b'\\u1234'", "ERROR: <input>:1:1: unable to unescape string\n | b'\\u1234'\n | ^"],
  ['`a`', "ERROR: <input>:1:1: Syntax error: mismatched input '`a`' expecting EXPR\n | `a`\n | ^"],
  ['object.`a b`', "ERROR: <input>:1:8: unsupported syntax: '`'\n | object.`a b`\n | .......^"],
  ['true.a', "ERROR: <input>:1:5: type 'bool' does not support field selection\n | true.a\n | ....^"],
  [
    'foo.bar{',
    "ERROR: <input>:1:9: Syntax error: mismatched input '<EOF>' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}\n | foo.bar{\n | ........^",
  ],
  ['foo{a 1}', "ERROR: <input>:1:7: Syntax error: missing ':' at '1'\n | foo{a 1}\n | ......^"],
  ['[?1]', "ERROR: <input>:1:3: expected type 'optional_type(int)' but found 'int'\n | [?1]\n | ..^"],
  [
    "'a\nb'",
    "ERROR: <input>:1:1: Syntax error: token recognition error at: ''a\n'\n | 'a\n | ^\nERROR: <input>:2:2: Syntax error: token recognition error at: '''\n | b'\n | .^",
  ],
  ['\t\n 1 +\n 2 )', "ERROR: <input>:3:4: Syntax error: extraneous input ')' expecting <EOF>\n |  2 )\n | ...^"],
  [
    '1 < 2 < 3',
    "ERROR: <input>:1:7: found no matching overload for '_<_' applied to '(bool, int)'\n | 1 < 2 < 3\n | ......^",
  ],
  ['(((1', "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting ')'\n | (((1\n | ....^"],
  [
    '-',
    "ERROR: <input>:1:2: Syntax error: no viable alternative at input '-'\n | -\n | .^\nERROR: <input>:1:2: Syntax error: mismatched input '<EOF>' expecting EXPR\n | -\n | .^",
  ],
  ['-a.', "ERROR: <input>:1:4: Syntax error: no viable alternative at input '.'\n | -a.\n | ...^"],
  ['a:b', "ERROR: <input>:1:2: Syntax error: mismatched input ':' expecting <EOF>\n | a:b\n | .^"],
  ['"""abc', 'ERROR: <input>:1:3: Syntax error: token recognition error at: \'"abc\'\n | """abc\n | ..^'],
  [
    'a.?',
    "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}\n | a.?\n | ...^\nERROR: <input>:1:4: unsupported ident kind\n | a.?\n | ...^",
  ],
  [
    '%',
    "ERROR: <input>:1:1: Syntax error: mismatched input '%' expecting EXPR\n | %\n | ^\nERROR: <input>:1:2: Syntax error: mismatched input '<EOF>' expecting EXPR\n | %\n | .^",
  ],
  [
    "1 == 'a'",
    "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, string)'\n | 1 == 'a'\n | ..^",
  ],
  ["[1,'a'] == []", "ERROR: <input>:1:4: expected type 'int' but found 'string'\n | [1,'a'] == []\n | ...^"],
  [
    "{'a':1,2:3} == {}",
    "ERROR: <input>:1:8: expected type 'string' but found 'int'\n | {'a':1,2:3} == {}\n | .......^",
  ],
  ['-1u == 1', "ERROR: <input>:1:1: found no matching overload for '-_' applied to '(uint)'\n | -1u == 1\n | ^"],
  ["!'a'", "ERROR: <input>:1:1: found no matching overload for '!_' applied to '(string)'\n | !'a'\n | ^"],
  ['1 && true', "ERROR: <input>:1:1: expected type 'bool' but found 'int'\n | 1 && true\n | ^"],
  [
    '1 ? true : false',
    "ERROR: <input>:1:3: found no matching overload for '_?_:_' applied to '(int, bool, bool)'\n | 1 ? true : false\n | ..^",
  ],
  [
    "'a' in 'abc'",
    "ERROR: <input>:1:5: found no matching overload for '@in' applied to '(string, string)'\n | 'a' in 'abc'\n | ....^",
  ],
  [
    'foo.bar() == 1',
    "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo.bar() == 1\n | ^\nERROR: <input>:1:8: undeclared reference to 'bar' (in container '')\n | foo.bar() == 1\n | .......^",
  ],
  ["'a'.foo()", "ERROR: <input>:1:8: undeclared reference to 'foo' (in container '')\n | 'a'.foo()\n | .......^"],
  ['[1].all(1, true)', 'ERROR: <input>:1:9: argument must be a simple name\n | [1].all(1, true)\n | ........^'],
  [
    '[1].all(x)',
    "ERROR: <input>:1:8: undeclared reference to 'all' (in container '')\n | [1].all(x)\n | .......^\nERROR: <input>:1:9: undeclared reference to 'x' (in container '')\n | [1].all(x)\n | ........^",
  ],
  [
    "[1].exists(x, 'a')",
    "ERROR: <input>:1:15: expected type 'bool' but found 'string'\n | [1].exists(x, 'a')\n | ..............^",
  ],
  ['[1].map(1, 2) == [1]', 'ERROR: <input>:1:9: argument is not an identifier\n | [1].map(1, 2) == [1]\n | ........^'],
  [
    '1.all(x, true)',
    "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | 1.all(x, true)\n | ^",
  ],
  ["has('a'.b)", "ERROR: <input>:1:4: type 'string' does not support field selection\n | has('a'.b)\n | ...^"],
  [
    "duration('x') == duration('1h')",
    "ERROR: <input>:1:10: invalid duration argument\n | duration('x') == duration('1h')\n | .........^",
  ],
  ["'a'.matches('[')", "ERROR: <input>:1:13: invalid matches argument\n | 'a'.matches('[')\n | ............^"],
  [
    "string([1]) == '1'",
    "ERROR: <input>:1:7: found no matching overload for 'string' applied to '(list(int))'\n | string([1]) == '1'\n | ......^",
  ],
  [
    "quantity('1').add('a') == quantity('1')",
    "ERROR: <input>:1:18: found no matching overload for 'add' applied to 'kubernetes.Quantity.(string)'\n | quantity('1').add('a') == quantity('1')\n | .................^",
  ],
  [
    "'%d'.format(['a']) == ''",
    "ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given string\n | '%d'.format(['a']) == ''\n | .............^",
  ],
  [
    "'%s %s'.format(['a']) == ''",
    "ERROR: <input>:1:15: index 1 out of range\n | '%s %s'.format(['a']) == ''\n | ..............^",
  ],
  [
    "'%s'.format(['a','b']) == ''",
    "ERROR: <input>:1:12: too many arguments supplied to string.format (expected 1, got 2)\n | '%s'.format(['a','b']) == ''\n | ...........^",
  ],
  [
    "'%z'.format(['a']) == ''",
    "ERROR: <input>:1:12: could not parse formatting clause: unrecognized formatting clause \"z\"\n | '%z'.format(['a']) == ''\n | ...........^",
  ],
  [
    "optional.of(1).orValue('a') == 'a'",
    "ERROR: <input>:1:23: found no matching overload for 'orValue' applied to 'optional_type(int).(string)'\n | optional.of(1).orValue('a') == 'a'\n | ......................^",
  ],
  [
    '[1,2].transformList(i, i, i) == [0]',
    'ERROR: <input>:1:24: duplicate variable name: i\n | [1,2].transformList(i, i, i) == [0]\n | .......................^',
  ],
  [
    'authorizer.foo()',
    "ERROR: <input>:1:15: undeclared reference to 'foo' (in container '')\n | authorizer.foo()\n | ..............^",
  ],
  [
    'authorizer.requestResource.foo',
    "ERROR: <input>:1:27: unexpected failed resolution of 'kubernetes.authorization.ResourceCheck'\n | authorizer.requestResource.foo\n | ..........................^",
  ],
  [
    "timestamp('2020-01-01T00:00:00Z') + 1 == null",
    "ERROR: <input>:1:35: found no matching overload for '_+_' applied to '(timestamp, int)'\n | timestamp('2020-01-01T00:00:00Z') + 1 == null\n | ..................................^",
  ],
  ['Foo{} == 1', "ERROR: <input>:1:4: undeclared reference to 'Foo' (in container '')\n | Foo{} == 1\n | ...^"],
  ['int{} == 1', "ERROR: <input>:1:4: 'int' is not a message type\n | int{} == 1\n | ...^"],
  [
    "[1,2]['a'] == 1",
    "ERROR: <input>:1:6: found no matching overload for '_[_]' applied to '(list(int), string)'\n | [1,2]['a'] == 1\n | .....^",
  ],
  [
    "[1, dyn('a')] == []",
    "ERROR: <input>:1:8: expected type 'int' but found 'dyn'\n | [1, dyn('a')] == []\n | .......^",
  ],
  [
    "'日本' + unknown == 1",
    "ERROR: <input>:1:8: undeclared reference to 'unknown' (in container '')\n | '日本' + unknown == 1\n | .．．....^\nERROR: <input>:1:16: found no matching overload for '_==_' applied to '(string, int)'\n | '日本' + unknown == 1\n | .．．............^",
  ],
  [
    '1.sortBy(x, x) == [1]',
    'ERROR: <input>:1:1: sortBy can only be applied to a list, identifier, comprehension, call or select expression\n | 1.sortBy(x, x) == [1]\n | ^',
  ],
  [
    'math.greatest(1,2) == 2',
    "ERROR: <input>:1:1: undeclared reference to 'math' (in container '')\n | math.greatest(1,2) == 2\n | ^\nERROR: <input>:1:14: undeclared reference to 'greatest' (in container '')\n | math.greatest(1,2) == 2\n | .............^",
  ],
  [
    "size(object) > 0 ? size(oldObject) : 'a'",
    "ERROR: <input>:1:18: found no matching overload for '_?_:_' applied to '(bool, int, string)'\n | size(object) > 0 ? size(oldObject) : 'a'\n | .................^",
  ],
  [
    'x +\n\ty\n == z',
    "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x +\n | ^\nERROR: <input>:2:2: undeclared reference to 'y' (in container '')\n |  y\n | .^\nERROR: <input>:3:5: undeclared reference to 'z' (in container '')\n |  == z\n | ....^",
  ],
  [
    "unknown1 && unknown2 || unknown3 + 'é' == unknown4",
    "ERROR: <input>:1:1: undeclared reference to 'unknown1' (in container '')\n | unknown1 && unknown2 || unknown3 + 'é' == unknown4\n | ^\nERROR: <input>:1:13: undeclared reference to 'unknown2' (in container '')\n | unknown1 && unknown2 || unknown3 + 'é' == unknown4\n | ............^\nERROR: <input>:1:25: undeclared reference to 'unknown3' (in container '')\n | unknown1 && unknown2 || unknown3 + 'é' == unknown4\n | ........................^\nERROR: <input>:1:43: undeclared reference to 'unknown4' (in container '')\n | unknown1 && unknown2 || unknown3 + 'é' == unknown4\n | ....................................．.....^",
  ],
  ["int('a') == 1", "type conversion error from 'string' to 'int'"],
  ["'a'.find('[') == ''", 'error parsing regexp: missing closing ]: `[`'],
];

const environment = baseEnvironment().extend({
  variables: {
    object: dynType,
    oldObject: dynType,
    authorizer: libraryTypes().get('kubernetes.authorization.Authorizer') ?? dynType,
    'authorizer.requestResource': libraryTypes().get('kubernetes.authorization.ResourceCheck') ?? dynType,
  },
});

describe('an expression that does not compile', () => {
  it.each(answers)('%j', (expression, message) => {
    const program = environment.compile(expression);
    expect(program).toBeInstanceOf(CelCompileError);
    expect((program as CelCompileError).message).toBe(message.replaceAll('EXPR', startTokens));
  });

  it('lists at most a hundred faults', () => {
    const program = environment.compile(Array.from({ length: 130 }, (_, at) => `x${at}`).join(' && '));
    expect((program as CelCompileError).issues).toHaveLength(100);
    expect((program as CelCompileError).message).toMatch(/\n30 more errors were truncated$/);
  });

  it.each([
    ['parentheses', `${'('.repeat(260)}1${')'.repeat(260)}`, 'expression recursion limit exceeded: 250'],
    ['sums', Array(300).fill('1').join('+'), 'max recursion depth exceeded'],
    ['selections', `object${'.a'.repeat(300)}`, 'max recursion depth exceeded'],
    ['too long', `'${'a'.repeat(100_001)}'`, 'expression code point size exceeds limit: size: 100003, limit 100000'],
  ])('%s', (_name, expression, message) => {
    const program = environment.compile(expression) as CelCompileError;
    expect(program.message).toBe(`ERROR: <input>:-1:0: ${message}`);
  });
});
