// Defaults of device requests and devices (pkg/apis/resource/v1/defaults.go).
import { defaultZero, type Fields, listOf } from '../fields.ts';

function setRequestDefaults(request: Fields): void {
  for (const toleration of listOf(request['tolerations'])) defaultZero(toleration, 'operator', 'Equal');
  defaultZero(request, 'allocationMode', 'ExactCount');
  if (request['allocationMode'] === 'ExactCount') defaultZero(request, 'count', 1);
}

/** SetDefaults_ExactDeviceRequest and SetDefaults_DeviceSubRequest of each request of a ResourceClaimSpec. */
export function setClaimSpecDefaults(spec: Fields | undefined): void {
  for (const request of listOf(spec?.['devices']?.requests)) {
    if (request['exactly']) setRequestDefaults(request['exactly'] as Fields);
    for (const alternative of listOf(request['firstAvailable'])) setRequestDefaults(alternative);
  }
}

/** Attributes of several values are behind a gate that is off (DRAListTypeAttributes). */
export function dropListAttributes(devices: unknown): void {
  for (const device of listOf(devices)) {
    for (const attribute of Object.values((device['attributes'] ?? {}) as Record<string, Fields>))
      for (const part of ['bools', 'ints', 'strings', 'versions']) delete attribute[part];
  }
}

/** SetDefaults_DeviceTaint of each taint: added now, where the client does not say when. */
export function setTaintDefaults(devices: unknown): void {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  for (const device of listOf(devices)) for (const taint of listOf(device['taints'])) taint['timeAdded'] ??= now;
}
