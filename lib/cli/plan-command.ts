import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { formatProblem, InvalidInput } from '../core/problem';
import { plan } from '../synth/plan';
import { describeGpuHours } from './describe-gpu-hours';
import { describeWorkload } from './describe-workload';
import { buildEnvironment, type Choice, environmentCommand } from './environment';
import type { ReplayOptions } from './plan/replay-traffic';
import { report } from './report';
import type { Terminal } from './terminal';

type Options = Choice & ReplayOptions;

/** Exit code where all is well but a budget is broken: CI can tell it from a plan that failed. */
const BUDGET_BROKEN = 2;

/**
 * `recstack plan`: tells what an environment consists of and how its numbers came about, and writes nothing. With
 * traces, it tells what they would have met, and writes a report.
 */
export function planCommand(terminal: Terminal): Command {
  return environmentCommand('plan')
    .description(
      "show an environment's objects and derived numbers; with --trace, replay traffic against its autoscalers",
    )
    .option('-t, --trace <file>', 'requests over time to replay; may be given again', collect, [])
    .option('--server <name>', 'only this server; may be given again (default: all with an autoscaler)', collect, [])
    .option('--scale <factor>', 'multiply the requests of the traces', positive, 1)
    .option('--starts-at <time>', 'when traces start that do not tell, like 2026-11-09T00:00:00Z', instant)
    .option('--no-propose', 'do not look for a better policy, which takes most of the time')
    .option('--report <file>', 'where to write the page with charts (default: "dist/<env>-plan.html")')
    .option('--no-report', 'do not write the page')
    .option('--json <file>', "where to write the plan as data; '-' writes it to the terminal, in place of the tables")
    .action((options: Options, command: Command) => {
      if (options.trace.length > 0) planTraces(options, terminal);
      else {
        refuseWithoutTrace(command);
        planEnvironment(options, terminal);
      }
    });
}

/** A forgotten trace would pass every budget in silence. */
function refuseWithoutTrace(command: Command): void {
  const given = ['server', 'scale', 'startsAt', 'propose', 'report', 'json'].filter(
    (name) => command.getOptionValueSource(name) === 'cli',
  );
  const flags = command.options.filter((option) => given.includes(option.attributeName()));
  const problems = given.map((name) => {
    const where = flags.find((option) => option.attributeName() === name)?.long ?? name;
    return { where, text: 'must come with --trace, but there is none: name the requests to replay, or leave it out' };
  });
  if (problems.length > 0) throw new InvalidInput(problems);
}

function planEnvironment(options: Options, terminal: Terminal): void {
  const result = plan(buildEnvironment(options));
  for (const workload of result.workloads) terminal.out(`${describeWorkload(workload)}\n`);
  terminal.out(describeGpuHours(result.gpuHours));
  report(result, terminal);
}

function planTraces(options: Options, terminal: Terminal): void {
  // Only who replays traffic pays for loading what it takes.
  const { replayTraffic } = require('./plan/replay-traffic') as typeof import('./plan/replay-traffic');
  const broken = replayTraffic(buildEnvironment(options), options, terminal);
  for (const problem of broken) terminal.err(`${formatProblem(problem)}\n`);
  if (broken.length === 0) return;
  terminal.err(`${broken.length} ${broken.length === 1 ? 'budget is' : 'budgets are'} broken\n`);
  throw new CommanderError(BUDGET_BROKEN, 'recstack.budgetBroken', 'a budget is broken');
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a number above 0, like 3.');
}

function instant(value: string): number {
  const milliseconds = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)(Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  const offset = /Z$/.test(value)
    ? 0
    : Number(`${value.at(-6)}1`) * (Number(value.slice(-5, -3)) * 60 + Number(value.slice(-2)));
  // Date.parse takes the 31st of February for the 3rd of March.
  const isReal =
    !Number.isNaN(milliseconds) &&
    new Date(milliseconds + offset * 60_000).toISOString().startsWith(value.slice(0, 16));
  if (isReal) return milliseconds / 1000;
  throw new InvalidArgumentError('It must be a time with its offset, like 2026-11-09T00:00:00Z.');
}
