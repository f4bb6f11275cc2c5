/**
 * How the tuner's proposals do on a trace's last days, learnt from all days and from all but five. Run on demand:
 * `node -r tsx/cjs bench/tuner.ts TRACE.csv`, with a trace of columns `time_s,requests` and some weeks.
 */
import { readFileSync } from 'node:fs';
import { type DemandPolicy, duration, propose, readTrace, scale, slice, type Trace } from '../lib/capacity';
import { Course } from '../lib/capacity/tuner/course';

const SERVICE = { capacity: 100, readySeconds: 120, metricWindow: 30 };
const FEWEST = 3;
const BUDGET = 0.0002;

const file = process.argv[2] ?? '../shared/traces/worldcup98-may1-jun14.csv';
const whole = readTrace(readFileSync(file), { name: file }).trace;
const DAY = 86_400;
const days = (from: number, until: number, times = 1) => scale(slice(whole, from * DAY, until * DAY), times);
const last = Math.floor(duration(whole) / DAY);

const row = (...cells: readonly string[]) => console.log(cells.map((cell) => cell.padEnd(26)).join(''));
row('learnt from', 'tried on', 'over capacity', 'by the oracle');
for (const canSetTolerance of [false, true])
  for (const until of [last, last - 5]) {
    const { policy } = propose([days(0, until)], SERVICE, { fewest: FEWEST, budget: BUDGET, canSetTolerance });
    console.log(JSON.stringify(policy));
    tried(`the first ${until} days`, policy);
  }

function tried(name: string, policy: DemandPolicy): void {
  const again = (what: string, trace: Trace, service = SERVICE, phase = 0) => {
    const course = new Course(trace, service, FEWEST, phase);
    const run = course.run(policy);
    row(name, what, `${(100 * course.share(run)).toFixed(4)} %`, course.cost(run).toFixed(4));
  };
  again('all days', days(0, last));
  again('last 7 days', days(last - 7, last));
  again('last 7 days, twofold', days(last - 7, last, 2));
  again('last 7 days, fivefold', days(last - 7, last, 5));
  again('ready after 140 s', days(last - 7, last), { ...SERVICE, readySeconds: 140 });
  again('window of 60 s', days(last - 7, last), { ...SERVICE, metricWindow: 60 });
  again('syncs 7 s later', days(last - 7, last), SERVICE, 7);
}
