// How objects of a custom resource go from one version to another (apiextensions-apiserver pkg/apiserver/conversion).
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';

export interface Converter {
  /** True where labels may come out different. */
  readonly changesMetadata: boolean;
  /**
   * The objects in `apiVersion`, in order; those that are in that version already are given back as they are. What is given may be changed
   * and shared. Throws a StatusError 500 in upstream's words.
   */
  convert(objects: readonly KubeObject[], apiVersion: string): readonly KubeObject[] | Promise<readonly KubeObject[]>;
}

/** Strategy `None`: only the version's name changes. */
export const noneConverter: Converter = {
  changesMetadata: false,
  convert: (objects, apiVersion) =>
    objects.map((object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion })),
};

/** What upstream calls a version and kind in its errors: `example.com/v1, Kind=Widget`. */
export function gvkText(group: string, version: string, kind: string): string {
  return `${apiVersionOf(group, version)}, Kind=${kind}`;
}
