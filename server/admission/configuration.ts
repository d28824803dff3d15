// --admission-control-config-file (k8s.io/apiserver pkg/admission config.go): what plugins are told, each in a part of its own or in
// a file of its own.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { JsonObject } from '../../apimachinery/object.ts';

interface AdmissionPluginConfiguration {
  name: string;
  /** Relative to the file that names it. */
  path?: string;
  configuration?: JsonObject;
}

async function readYaml(file: string): Promise<JsonObject> {
  const { parse } = await import('yaml');
  const document: unknown = parse(await readFile(file, 'utf8'));
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Error(`${file} does not hold an object`);
  return document as JsonObject;
}

/** Reads a file with an AdmissionConfiguration. Throws where it cannot be read or is something else. */
export async function readAdmissionConfiguration(file: string): Promise<Map<string, JsonObject>> {
  const document = await readYaml(file);
  const { kind, apiVersion, plugins } = document;
  if (kind !== 'AdmissionConfiguration' || apiVersion !== 'apiserver.config.k8s.io/v1')
    throw new Error(`${file} is no AdmissionConfiguration of apiserver.config.k8s.io/v1`);
  const result = new Map<string, JsonObject>();
  for (const { name, path, configuration } of (plugins ?? []) as unknown as AdmissionPluginConfiguration[]) {
    if (path !== undefined && configuration !== undefined)
      throw new Error(`${file}: plugin ${name} has both path and configuration`);
    if (path !== undefined) result.set(name, await readYaml(resolve(dirname(file), path)));
    else if (configuration !== undefined) result.set(name, configuration);
  }
  return result;
}
