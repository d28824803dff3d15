// The one place where printers learn what a field of the API is documented as.
import { type Descriptions, descriptionsOf } from '../../schemas/descriptions.ts';
import { definitionNamed } from '../../schemas/schemas.ts';

const known = new Map<string, Descriptions | undefined>();

function documentationOf(definition: string): Descriptions | undefined {
  if (!known.has(definition)) {
    const found = definitionNamed(definition);
    known.set(definition, found && descriptionsOf(found));
  }
  return known.get(definition);
}

/** The documentation of `field` of the OpenAPI definition `definition`; '' where there is none. Read on first use. */
export function describe(definition: string, field: string): string {
  return documentationOf(definition)?.fields.get(field) ?? '';
}
