// A volume that a VolumeAttachment describes itself: the spec of a persistent volume with a CSI source and little else
// (ValidatePersistentVolumeSpec for inline volumes).
import { type FieldError, forbidden, required } from '../../../apimachinery/field.ts';
import { checkAccessModes } from '../core/claim-spec-validation.ts';
import { persistentSourceChecks } from '../core/persistent-source-validation.ts';
import type { Fields } from '../fields.ts';

const notInline = 'may not be specified in the context of inline volumes';

/** Exactly one source; the check of a source that cannot be here is not worth more than that. */
function checkSource(spec: Fields, field: string, errors: FieldError[]): void {
  const sources = persistentSourceChecks.filter((source) => spec[source.field]);
  const [first, ...others] = sources;
  if (first === undefined) return void errors.push(required(field, 'must specify a volume type'));
  first.check(spec[first.field], `${field}.${first.path ?? first.field}`, errors);
  for (const source of others)
    errors.push(forbidden(`${field}.${source.field}`, 'may not specify more than 1 volume type'));
}

export function validateInlineVolume(spec: Fields, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const modes = (spec['accessModes'] ?? []) as string[];
  const { persistentVolumeReclaimPolicy: policy = '', volumeMode } = spec;
  if (spec['claimRef']) errors.push(forbidden(`${field}.claimRef`, notInline));
  if (Object.keys(spec['capacity'] ?? {}).length > 0) errors.push(forbidden(`${field}.capacity`, notInline));
  if (!spec['csi']) errors.push(required(`${field}.csi`, 'has to be specified in the context of inline volumes'));
  if (modes.length === 0) errors.push(required(`${field}.accessModes`));
  checkAccessModes(modes, `${field}.accessModes`, errors);
  if (policy !== '' && policy !== 'Retain') {
    const rule = 'may only be Retain in the context of inline volumes';
    errors.push(forbidden(`${field}.persistentVolumeReclaimPolicy`, rule));
  }
  if (spec['nodeAffinity']) errors.push(forbidden(`${field}.nodeAffinity`, notInline));
  checkSource(spec, field, errors);
  if (spec['storageClassName']) errors.push(forbidden(`${field}.storageClassName`, notInline));
  if (volumeMode !== undefined && volumeMode !== 'Filesystem') {
    const rule = 'may not specify volumeMode other than Filesystem in the context of inline volumes';
    errors.push(forbidden(`${field}.volumeMode`, rule));
  }
  return errors;
}
