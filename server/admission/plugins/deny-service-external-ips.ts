// No Service gets external IPs that it did not have (kubernetes plugin/pkg/admission/network/denyserviceexternalips).
import { forbidden, type ScopedPlugin } from '../plugin.ts';

export function denyServiceExternalIPs(): ScopedPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    operations: ['CREATE', 'UPDATE'],
    resources: ['services'],
    validate(attributes) {
      const { object, old, subresource } = attributes;
      if (subresource !== '') return;
      const before: string[] = old?.['spec']?.externalIPs ?? [];
      const now: string[] = object?.['spec']?.externalIPs ?? [];
      if (now.some((address) => !before.includes(address)))
        throw forbidden(attributes, 'Use of external IPs is denied by admission control');
    },
  };
}
