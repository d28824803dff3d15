import { expect, test } from '@jest/globals';
import { fieldErrorMessage } from '../../../apimachinery/field.ts';
import { schemaNode } from '../../../apimachinery/structural/schema.ts';
import { validateRuleExpressions } from './rule-validation.ts';

type Props = Record<string, unknown>;

const text = { type: 'string' };
const advice =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

function rules(...validations: Props[]): Props {
  return { 'x-kubernetes-validations': validations };
}

function object(properties: Props, rest: Props = {}): Props {
  return { type: 'object', properties, ...rest };
}

function printed(rule: string, rest: Props = {}): string {
  const all = { Rule: rule, Message: '', MessageExpression: '', Reason: null, FieldPath: '', OptionalOldSelf: null };
  return JSON.stringify({ ...all, ...rest })
    .replaceAll('&', '\\u0026')
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e');
}

/** Words of kube-apiserver 1.36. */
test.each<[string, Props, string[]]>([
  ['rules that are fine', object({ a: text }, rules({ rule: "self.a == 'x'", messageExpression: 'self.a' })), []],
  [
    'a field that is not there',
    object({ a: text }, rules({ rule: 'self.b == "x" && self.a < "y"' })),
    [
      `s.x-kubernetes-validations[0].rule: Invalid value: ${printed('self.b == "x" && self.a < "y"')}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == "x" && self.a < "y"\n | ....^`,
    ],
  ],
  [
    'no boolean',
    object({ a: text }, rules({ rule: 'self.a' })),
    [`s.x-kubernetes-validations[0].rule: Invalid value: ${printed('self.a')}: cel expression must evaluate to a bool`],
  ],
  [
    'a message that is no text',
    object({ a: text }, rules({ rule: 'true', messageExpression: '1 + 1' })),
    [
      `s.x-kubernetes-validations[0].messageExpression: Invalid value: ${printed('true', { MessageExpression: '1 + 1' })}: messageExpression must evaluate to a string`,
    ],
  ],
  [
    'an old value where none correlates',
    object({
      l: { type: 'array', maxItems: 5, items: { ...text, maxLength: 5, ...rules({ rule: 'self == oldSelf' }) } },
    }),
    [
      's.properties[l].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[l]',
    ],
  ],
  [
    'an optional old value that is not asked for',
    object({ a: { ...text, ...rules({ rule: 'self == "x"', optionalOldSelf: true }) } }),
    [
      's.properties[a].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
    ],
  ],
  [
    'a rule that may cost too much',
    object({
      l: {
        type: 'array',
        maxItems: 100,
        items: { ...text, maxLength: 100 },
        ...rules({ rule: 'self.all(x, self.all(y, x == y || !x.contains(y)))' }),
      },
    }),
    [
      `s.properties[l].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.6x ${advice}`,
    ],
  ],
  [
    'rules that together may cost too much',
    object({
      l: {
        type: 'array',
        maxItems: 1000,
        items: { ...text, maxLength: 64 },
        ...rules({ rule: 'self.all(x, self.all(y, x == y || !x.contains(y)))' }),
      },
    }),
    [
      `s.properties[l].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 71.0x ${advice}`,
      's.properties[l].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      `s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 7.1x ${advice}`,
    ],
  ],
  [
    'a value of which nothing is known',
    object({ a: { 'x-kubernetes-preserve-unknown-fields': true, ...rules({ rule: 'self == 1' }) } }),
    [
      's.properties[a].x-kubernetes-validations: Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations',
    ],
  ],
  [
    'a union',
    object({
      a: { 'x-kubernetes-int-or-string': true, ...rules({ rule: 'type(self) == int ? self < 5 : self == "x"' }) },
    }),
    [],
  ],
])('%s', (_, schema, wanted) => {
  expect(validateRuleExpressions(schemaNode(schema), 's', [], false).map(fieldErrorMessage)).toEqual(wanted);
});

test('rules are not compiled where the schema is wrong, and may stay expensive where it has not changed', () => {
  const node = schemaNode(
    object({
      a: { ...text, ...rules({ rule: 'self +' }) },
      l: {
        type: 'array',
        maxItems: 100,
        items: { ...text, maxLength: 100 },
        ...rules({ rule: 'self.all(x, self.all(y, !x.contains(y)))' }),
      },
    }),
  );
  const wrong = { type: 'FieldValueForbidden', field: 's.properties[a].uniqueItems', body: '' } as const;
  expect(validateRuleExpressions(node, 's', [wrong], false)).toHaveLength(1);
  expect(validateRuleExpressions(node, 's', [wrong], true)).toEqual([]);
});
