// Takes out of an answer what differs from run to run: uids, versions, the present time, addresses and ports that the server chose,
// generated names, managed fields. What the request itself wrote stays as it is.
import type { Answer, Document } from './corpus.ts';
import type { WireAnswer } from './target.ts';

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const leftOut = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'managedFields']);
const oneDayMs = 86_400_000;

/** The answer as the corpus holds it. `written` is the text of the request's body. */
export function normalized({ status, warnings, body }: WireAnswer, written = ''): Answer {
  const said = parse(body);
  const answer: Answer = { status };
  if (status >= 400 && said?.['kind'] === 'Status') Object.assign(answer, refusal(said, written));
  else answer.object = said === undefined ? body.toString() : settled(said, '', written);
  if (warnings.length > 0) answer.warnings = warnings.map((warning) => text(warning, written));
  return answer;
}

function parse(body: Buffer): Document | undefined {
  try {
    return JSON.parse(body.toString()) as Document;
  } catch {
    return undefined;
  }
}

function refusal(status: Document, written: string): Partial<Answer> {
  const { causes } = (status['details'] ?? {}) as { causes?: NonNullable<Answer['causes']> };
  if (causes === undefined)
    return { reason: String(status['reason'] ?? ''), message: text(String(status['message']), written) };
  const said = causes.map((cause) => ({ ...cause, message: text(cause.message ?? '', written) }));
  return { reason: String(status['reason']), causes: said };
}

function settled(value: unknown, key: string, written: string): unknown {
  if (Array.isArray(value)) return value.map((element) => settled(element, key, written));
  if (typeof value === 'object' && value !== null) {
    const isMetadata = key === 'metadata';
    const entries = Object.entries(value).filter(([name]) => !(isMetadata && leftOut.has(name)));
    return Object.fromEntries(entries.sort(byName).map(([name, inner]) => [name, settled(inner, name, written)]));
  }
  if (/nodePort$/i.test(key) && !written.includes(String(value))) return '<port>';
  return typeof value === 'string' ? chosen(value, key, written) : value;
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

function chosen(value: string, key: string, written: string): string {
  if (/^clusterIPs?$/.test(key) && value !== 'None' && !written.includes(value)) return '<ip>';
  if (time.test(value) && Math.abs(Date.parse(value) - Date.now()) < oneDayMs) return '<time>';
  return text(value, written);
}

function text(value: string, written: string): string {
  const [, begin] = /"metadata.generateName":"([^"]+)"/.exec(written) ?? [];
  const settledValue = value.replaceAll(uid, (found) => (written.includes(found) ? found : '<uid>'));
  return begin === undefined
    ? settledValue
    : settledValue.replaceAll(new RegExp(`${begin}[a-z0-9]{5}`, 'g'), `${begin}<x>`);
}
