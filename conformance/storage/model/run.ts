// The long form of the correctness test: node conformance/storage/model/run.ts --seconds 300 --seed N
// Runs scenarios of ten seconds with consecutive seeds until the time is over; stops at the first that goes wrong.
import { parseArgs } from 'node:util';
import { runScenario } from './scenario.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const end = Date.now() + Number(values.seconds) * 1000;
let seed = Number(values.seed);
let calls = 0;

for (; Date.now() < end; seed++) {
  const durationMs = Math.min(10_000, end - Date.now());
  const { problems, counts } = await runScenario({ seed, durationMs });
  calls += Object.entries(counts).reduce((sum, [name, count]) => (name.startsWith('fault') ? sum : sum + count), 0);
  console.log(`seed ${seed}: ${problems.length === 0 ? 'right' : 'WRONG'} ${JSON.stringify(counts)}`);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
}
console.log(`${calls} calls and watches, every answer right`);
process.exit(0);
