// The one place where printers learn what a field of the API is documented as.
import { fieldDescription } from '../../schemas/descriptions.ts';

/** The documentation of `field` of the OpenAPI definition `definition`; '' where there is none. */
export function describe(definition: string, field: string): string {
  return fieldDescription(definition, field);
}
