// The one place where printers learn what a field of the API is documented as.
import { type Descriptions, descriptionsOf } from '../../schemas/descriptions.ts';
import { type Definition, definitionNamed, dereference, type Field, type Type } from '../../schemas/schemas.ts';

const read = new Map<Definition, Descriptions>();

function ofDefinition(definition: Definition): Descriptions {
  let descriptions = read.get(definition);
  if (descriptions === undefined) {
    descriptions = descriptionsOf(definition);
    read.set(definition, descriptions);
  }
  return descriptions;
}

/** The models document no field whose type is another definition: what the type is stands for what the field is. */
function ofType({ type }: Field): string {
  const target: Type = dereference(type);
  return target.kind === 'struct' ? ofDefinition(target.definition).type : '';
}

/** Types in whose documentation two spaces always stand for a new paragraph: the models write line breaks as spaces. */
const paragraphs = /\.(ObjectMeta|api\.resource\.v1\.[A-Za-z]+)$/;

/** The documentation of `field` of the OpenAPI definition `definition`; '' where there is none. */
export function describe(definition: string, field: string): string {
  const known = definitionNamed(definition);
  const declared = known?.fields.get(field);
  if (known === undefined || declared === undefined) return '';
  const text = ofDefinition(known).fields.get(field) ?? ofType(declared);
  return paragraphs.test(definition) ? text.replaceAll(/(?<=\.) {2}(?=[A-Z])/g, '\n\n') : text;
}
