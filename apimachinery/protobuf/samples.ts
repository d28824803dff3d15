// An object of any type with every field set, for tests.
import { type Definition, definitionNamed, type Type } from '../../schemas/schemas.ts';

const specials: Readonly<Record<string, unknown>> = {
  Time: '2024-02-29T12:00:01Z',
  MicroTime: '2024-02-29T12:00:01.000250Z',
  Quantity: '250m',
  IntOrString: '50%',
  RawExtension: { kind: 'Config', list: [1, 'two', null] },
  FieldsV1: { 'f:spec': { '.': {} } },
  JSON: { any: ['thing', 1.5] },
  JSONSchemaPropsOrBool: false,
  JSONSchemaPropsOrArray: [{ type: 'string' }, { type: 'integer' }],
  JSONSchemaPropsOrStringArray: ['a', 'b'],
};

/** `above`: the types on the way to this one, so that those that contain themselves end. */
function sampleOf(type: Type, above: ReadonlySet<string>): unknown {
  switch (type.kind) {
    case 'pointer':
      return sampleOf(type.element, above);
    case 'slice':
      return [sampleOf(type.element, above), sampleOf(type.element, above)];
    case 'map':
      return { b: sampleOf(type.element, above), a: sampleOf(type.element, above) };
    case 'struct':
      return above.has(type.definition.name) ? {} : sampleFields(type.definition, above);
    case 'special':
      return specials[type.special];
    case 'bool':
      return true;
    case 'bytes':
      return 'AP/+';
    case 'string':
      return 'tëxt';
    case 'float64':
      return -1.25;
    case 'int32':
      return -7;
    default:
      return 2 ** 40 + 3;
  }
}

function sampleFields(definition: Definition, above: ReadonlySet<string>): Record<string, unknown> {
  const within = new Set([...above, definition.name]);
  const fields = [...definition.fields.values()].filter((field) => !field.via.includes('TypeMeta'));
  return Object.fromEntries(fields.map((field) => [field.name, sampleOf(field.type, within)]));
}

/** The fields of a definition, all set, but for kind and apiVersion. */
export function sample(name: string): Record<string, unknown> {
  return sampleFields(definitionNamed(name)!, new Set());
}
