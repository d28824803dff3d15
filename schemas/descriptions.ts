// What types and fields mean, from the doc comments of generated models: those of @kubernetes/client-node, and of kubernetes-models for
// what the former lack, which are line breaks and fields whose type is another definition. They are read when OpenAPI documents
// are made, one or two small files per type, and not kept: the documents are.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Definition } from './schemas.ts';

export interface Descriptions {
  /** Of the type itself; '' where the models have none. */
  type: string;
  /** By field; a few whose type is another definition have none. */
  fields: ReadonlyMap<string, string>;
}

const none: Descriptions = { type: '', fields: new Map() };

/** Types that the models do not have, because they are not objects on the wire. */
const ownDescriptions: Readonly<Record<string, string>> = {
  Duration: 'A span of time as Go writes it: 1h30m, 500ms.',
  FieldsV1:
    'A set of fields as a trie in JSON: "f:<name>" is a field, "k:<keys>" an element of a list by its keys, "v:<value>" one by its value, "i:<index>" one by its place, and "." the parent itself.',
  IntOrString: 'A 32-bit integer or a string; which of the two is kept as it was written.',
  JSON: 'Any JSON value.',
  JSONSchemaPropsOrArray: 'A JSON schema or a list of JSON schemas.',
  JSONSchemaPropsOrBool: 'A JSON schema or a boolean.',
  JSONSchemaPropsOrStringArray: 'A JSON schema or a list of strings.',
  CustomResourceSubresourceStatus: 'The presence of this object turns on the status subresource.',
  MicroTime: 'A time in RFC 3339 with microseconds.',
  Patch: 'The body of a PATCH request; its media type says which kind of patch it is.',
  Quantity:
    'A fixed-point number with an optional suffix: m for thousandths, k M G T P E for powers of 1000, Ki Mi Gi Ti Pi Ei for powers of 1024, or a decimal exponent such as 12e6. It is kept with at most three decimal places and written in a canonical form.',
  RawExtension: 'An object of any kind.',
  Time: 'A time in RFC 3339 with whole seconds.',
};

let modelFolder: string | undefined;

function modelsAt(): string {
  modelFolder ??= join(dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')), 'gen', 'models');
  return modelFolder;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The models' names for a definition: `V1Pod`, or with the group in front where two groups have one of that name. */
function modelNames(definition: Definition): string[] {
  if (definition.name === 'io.k8s.apimachinery.pkg.version.Info') return ['VersionInfo'];
  const [group = '', version = '', shortName = ''] = definition.name.split('.').slice(-3);
  return [`${capitalized(group)}${capitalized(version)}${shortName}`, `${capitalized(version)}${shortName}`];
}

/** The declaration file of the model of a definition, if there is one. */
export function modelFileOf(definition: Definition): string | undefined {
  return modelNames(definition)
    .map((name) => join(modelsAt(), `${name}.d.ts`))
    .find((path) => existsSync(path));
}

/** Reads the descriptions of one definition. */
export function descriptionsOf(definition: Definition): Descriptions {
  const file = modelFileOf(definition);
  if (file === undefined) return { ...none, type: ownDescriptions[definition.shortName] ?? '' };
  const { type, fields } = parseModel(readFileSync(file, 'utf8'));
  const named = new Map([...fields].map(([name, text]) => [fieldNameOf(name, definition), text]));
  for (const [name, text] of secondTexts(definition)) {
    const own = named.get(name);
    if (own === undefined ? definition.fields.has(name) : sameWords(own, text)) named.set(name, text);
  }
  return { type, fields: named };
}

/** The two sources may be of different releases: line breaks are taken over where nothing else differs. */
function sameWords(a: string, b: string): boolean {
  return a.replaceAll(/\s+/g, ' ') === b.replaceAll(/\s+/g, ' ');
}

let secondFolder: string | undefined;
let secondGroups: ReadonlyMap<string, string> | undefined;

/** kubernetes-models' file of a definition: `v1/Pod.d.ts`, `rbac.authorization.k8s.io/v1/RoleBinding.d.ts`. */
function secondFileOf(definition: Definition): string | undefined {
  secondFolder ??= dirname(createRequire(import.meta.url).resolve('kubernetes-models/package.json'));
  secondGroups ??= new Map(readdirSync(secondFolder).map((name) => [name.split('.')[0]!, name]));
  const [group = '', version = '', shortName = ''] = definition.name.split('.').slice(-3);
  const folder = group === 'core' ? '' : secondGroups.get(group);
  const file = folder === undefined ? undefined : join(secondFolder, folder, version, `${shortName}.d.ts`);
  return file !== undefined && existsSync(file) ? file : undefined;
}

const secondComment = /\/\*\*\n((?:\s*\*(?: .*)?\n)+?)\s*\*\/\n\s*"([^"]+)"\??:/g;

/** The texts of a definition's fields in kubernetes-models, with their line breaks. */
function secondTexts(definition: Definition): [string, string][] {
  const file = secondFileOf(definition);
  if (file === undefined) return [];
  return [...readFileSync(file, 'utf8').matchAll(secondComment)].map(([, lines = '', field = '']) => {
    const text = lines.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
    return [field, text.join('\n').trim()];
  });
}

/** The API's name of a model's field: the models rename what is a keyword or no identifier (`_default`, `ref`, `x_kubernetes_…`). */
export function fieldNameOf(modelName: string, definition: Definition): string {
  const candidates = [modelName, modelName.replace(/^_/, ''), `$${modelName}`, modelName.replaceAll('_', '-')];
  return candidates.find((name) => definition.fields.has(name)) ?? modelName;
}

const comment = /\/\*\*\n\s*\* (.*?)\n\s*\*\/\n\s*(?:export declare class|'([^']+)'\??:)/gs;

/** The models have lost their line breaks; before these words two spaces were always the beginning of a paragraph. */
const paragraphs = / {2}(?=(?:This is|Populated by|Deprecated: This|More info:|Allowed values) )/g;

/** Reads a model's declaration file: the comment before the class and those before its fields, by the model's names. */
export function parseModel(source: string): Descriptions {
  const fields = new Map<string, string>();
  let type = '';
  // The file begins with a comment on the whole API, which ends with a blank comment line and no declaration.
  const body = source.slice(source.indexOf('*/') + 2);
  for (const [, text = '', field] of body.matchAll(comment)) {
    const description = text.replaceAll(/\\(['"])/g, '$1').replaceAll(paragraphs, '\n\n');
    if (field === undefined) type = description;
    else fields.set(field, description);
  }
  return { type, fields };
}
