// What the server itself does to metadata on every write (k8s.io/apiserver pkg/registry/rest meta.go, create.go, update.go).
import { randomInt, randomUUID } from 'node:crypto';
import type { KubeObject } from '../../apimachinery/object.ts';

/** Characters of generated suffixes: no vowels and no look-alikes (k8s.io/apimachinery pkg/util/rand). */
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxNameLength = 63;

let lastSecond = 0;
let lastTimestamp = '';

/** Now with second precision, as metav1.Time prints it. Printed once a second: thousands of writes ask for it. */
export function timestamp(nowMilliseconds: number = Date.now()): string {
  const second = Math.floor(nowMilliseconds / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTimestamp = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return lastTimestamp;
}

/** `generateName` with five random characters; the base is cut so that the whole fits a label. */
export function generatedName(base: string): string {
  let suffix = '';
  for (let i = 0; i < suffixLength; i++) suffix += suffixAlphabet[randomInt(suffixAlphabet.length)];
  return base.slice(0, maxNameLength - suffixLength) + suffix;
}

/** Sets what the server owns on create; what the client sent for it is replaced. */
export function fillSystemMetadata(object: KubeObject, hasGeneration: boolean, now: string): void {
  const { metadata } = object;
  metadata.creationTimestamp = now;
  metadata.uid = randomUUID();
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.resourceVersion;
  if (hasGeneration) metadata.generation = 1;
}

/** Carries over what an update may leave out and never changes. */
export function inheritMetadata(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  const before = old.metadata;
  metadata.uid ??= before.uid!;
  metadata.creationTimestamp = before.creationTimestamp ?? metadata.creationTimestamp ?? null;
  if (before.deletionTimestamp !== undefined) {
    metadata.deletionTimestamp = before.deletionTimestamp;
    metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds!;
  }
  delete metadata.selfLink;
  if (before.generation === undefined) delete metadata.generation;
  else metadata.generation = before.generation;
  if (before.generateName !== undefined) metadata.generateName ??= before.generateName;
}
