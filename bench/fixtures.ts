// Puts the server into the state that a benchmark starts from: a namespace of its own, with so many pods in it.
import { call, request, requestHead, type Target } from './http.ts';
import { closedLoop } from './load.ts';
import { defaultServiceAccount, podBody, sequenceLabel } from './pod.ts';

const digits = 8;

/** `12` as `00000012`: names and labels of one length, so that requests differ in these bytes only. */
export function sequence(index: number): string {
  return String(index).padStart(digits, '0');
}

export function podName(index: number): string {
  return `shop-web-5d9c7b6f4b-${sequence(index)}`;
}

export function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

/** Makes the namespace and the service account that pods need; both may be there already. */
export async function makeNamespace(target: Target, namespace: string): Promise<void> {
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await call(target, request(target, 'POST', '/api/v1/namespaces', body), [201, 409]);
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await call(target, request(target, 'POST', accounts, defaultServiceAccount), [201, 409]);
}

/** Deletes the namespace's pods and the namespace. Without a namespace controller the namespace itself stays, terminating. */
export async function dropNamespace(target: Target, namespace: string): Promise<void> {
  const now = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
  await call(target, request(target, 'DELETE', podsPath(namespace), now), [200]);
  await call(target, request(target, 'DELETE', `/api/v1/namespaces/${namespace}`), [200, 202, 409]);
}

/** Returns the requests that create pod 0, 1, 2, …: one template in which only name and label change. */
export function createRequests(target: Target, namespace: string): (index: number) => Buffer {
  const placeholder = '########';
  const body = podBody(podName(0).replace(sequence(0), placeholder), placeholder);
  return template(request(target, 'POST', podsPath(namespace), body), placeholder);
}

/** A function that fills every occurrence of `placeholder` with a sequence number. */
export function template(bytes: Buffer, placeholder: string): (index: number) => Buffer {
  const found = places(bytes, placeholder);
  return (index) => {
    const filled = Buffer.from(bytes);
    const number = sequence(index);
    for (const at of found) filled.write(number, at, digits, 'latin1');
    return filled;
  };
}

/** Creates pods `from` to `to` - 1 over 32 connections. Throws when one could not be created. */
export async function fill(target: Target, namespace: string, from: number, to: number): Promise<void> {
  if (to <= from) return;
  const create = createRequests(target, namespace);
  const result = await closedLoop(target, {
    connections: 32,
    count: to - from,
    request: (index) => create(from + index),
  });
  if (result.requests !== to - from)
    throw new Error(`filling ${namespace}: answers ${JSON.stringify(result.failures)}`);
}

/** Requests that replace existing pods whole, unconditionally, changing one label each time. */
export async function updateRequests(
  target: Target,
  namespace: string,
  pods: number,
): Promise<(index: number) => Buffer> {
  const stored = await call(target, request(target, 'GET', `${podsPath(namespace)}/${podName(0)}`));
  const pod = JSON.parse(stored) as {
    metadata: Record<string, unknown> & { name: string; labels: Record<string, string> };
  };
  for (const field of ['resourceVersion', 'uid', 'creationTimestamp', 'managedFields', 'generation'])
    delete pod.metadata[field];
  const names = '@@@@@@@@';
  const labels = '########';
  pod.metadata.name = podName(0).replace(sequence(0), names);
  pod.metadata.labels[sequenceLabel] = labels;
  const body = JSON.stringify(pod);
  const head = requestHead(
    target,
    'PUT',
    `${podsPath(namespace)}/${pod.metadata.name}`,
    'Content-Type: application/json\r\n',
  );
  const byLabel = template(Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`), labels);
  const namePlaces = places(byLabel(0), names);
  return (index) => {
    const bytes = byLabel(index);
    for (const at of namePlaces) bytes.write(sequence(index % pods), at, digits, 'latin1');
    return bytes;
  };
}

function places(bytes: Buffer, text: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) found.push(at);
  return found;
}
