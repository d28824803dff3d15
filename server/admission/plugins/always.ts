// AlwaysAdmit and AlwaysDeny, for tests of what stands around admission (kubernetes plugin/pkg/admission/admit, deny).
import { forbidden, type ScopedPlugin } from '../plugin.ts';
import type { AdmissionAttributes } from '../types.ts';

const everything = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;

export function alwaysAdmit(): ScopedPlugin {
  return { name: 'AlwaysAdmit', operations: everything };
}

export function alwaysDeny(): ScopedPlugin {
  const deny = (attributes: AdmissionAttributes) => {
    throw forbidden(attributes, 'admission control is denying all modifications');
  };
  return { name: 'AlwaysDeny', operations: everything, admit: deny, validate: deny };
}
