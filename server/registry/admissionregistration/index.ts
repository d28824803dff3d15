import type { ResourceDescriptor } from '../descriptor.ts';
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts';
import { mutatingAdmissionPolicyBinding } from './mutatingadmissionpolicybinding.ts';
import { mutatingWebhookConfiguration } from './mutatingwebhookconfiguration.ts';
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts';
import { validatingAdmissionPolicyBinding } from './validatingadmissionpolicybinding.ts';
import { validatingWebhookConfiguration } from './validatingwebhookconfiguration.ts';

/** admissionregistration.k8s.io/v1. */
export const admissionregistration: readonly ResourceDescriptor[] = [
  mutatingAdmissionPolicy,
  mutatingAdmissionPolicyBinding,
  mutatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  validatingWebhookConfiguration,
];
