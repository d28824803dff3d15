// What plugins are made of and with.
import { groupResourceOf, type JsonObject } from '../../apimachinery/object.ts';
import { newForbidden, type StatusError } from '../../apimachinery/status.ts';
import type { Authorizer } from '../auth/types.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import type { ObjectReader, ObjectWriter } from '../registry/objects.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './types.ts';

export interface PluginContext {
  objects: ObjectReader;
  /** Writes as the server itself; not before the server's stores are made, so not while plugins are made. */
  writer: Pick<ObjectWriter, 'create' | 'updateStatus'>;
  authorizer: Authorizer;
  /** Resolves when `objects` holds every write acknowledged before the call; asked for before refusing what seems not to exist. */
  fresh(): Promise<void>;
  /** What --admission-control-config-file holds for a plugin. */
  configuration(plugin: string): JsonObject | undefined;
  /** Every resource that is served now. */
  descriptors(): readonly ResourceDescriptor[];
}

/** A plugin with what it wants to see, so that the chain calls nobody in vain. */
export interface ScopedPlugin extends AdmissionPlugin {
  operations: readonly AdmissionAttributes['operation'][];
  /** `pods`, `ingresses.networking.k8s.io`, …; undefined: all. Subresources are the plugin's to tell apart. */
  resources?: readonly string[];
  /** Frees what the plugin holds. */
  close?(): void;
}

/** `pods`, `ingresses.networking.k8s.io`: how plugins name what is written. */
export function resourceOf({ descriptor }: AdmissionAttributes): string {
  return groupResourceOf(descriptor.group, descriptor.resource);
}

/** The 403 of a plugin (k8s.io/apiserver pkg/admission errors.go): a name that is not generated yet is given as its prefix. */
export function forbidden(attributes: AdmissionAttributes, message: string): StatusError {
  const { group, resource } = attributes.descriptor;
  const metadata = attributes.object?.metadata;
  const name = attributes.name || metadata?.name || metadata?.generateName || 'Unknown';
  return newForbidden({ group, resource }, name, message);
}
