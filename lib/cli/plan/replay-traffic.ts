import { join } from 'node:path';
import type { App } from 'cdk8s';
import { formatProblem, type Problem } from '../../core/problem';
import { render } from '../../synth/render';
import type { Terminal } from '../terminal';
import { describeTraffic } from './describe-traffic';
import { planTraffic } from './plan-traffic';
import { trafficPage } from './report/page';
import { trafficJson } from './traffic-json';
import { writeFiles } from './write-file';

/** What the command was told, beside the stack. */
export interface ReplayOptions {
  readonly env: string;
  readonly trace: readonly string[];
  readonly server: readonly string[];
  readonly scale: number;
  readonly startsAt?: number;
  readonly propose: boolean;
  readonly report: string | boolean;
  readonly json?: string;
}

/**
 * Replays traces against an environment's autoscalers, shows what they met, and writes it down.
 *
 * @returns what is broken of the servers' budgets
 * @throws InvalidInput with everything that is wrong; nothing is written then
 */
export function replayTraffic(app: App, options: ReplayOptions, terminal: Terminal): readonly Problem[] {
  // What synth refuses has no manifests to replay against.
  render(app, { deferred: 'keep' });
  const progress = terminal.progress ?? (() => {});
  const { trace: traces, server: servers } = options;
  const plan = planTraffic(app, { ...options, traces, servers }, progress);
  progress('');
  for (const { trace, repairs } of plan.traces) {
    for (const text of repairs) terminal.err(`repaired ${formatProblem({ where: trace.name, text })}\n`);
  }
  for (const { server } of plan.servers) {
    if (server.about.floors === undefined || plan.traces.every(({ trace }) => trace.startsAt !== undefined)) continue;
    const text = 'has peaks, which are left out where a trace does not tell when it starts: say it by --starts-at';
    terminal.err(`warning ${formatProblem({ where: server.path, text })}\n`);
  }
  const json = `${JSON.stringify(trafficJson(plan), undefined, 2)}\n`;
  const files: { readonly file: string; readonly content: string }[] = [];
  if (options.json !== undefined && options.json !== '-') files.push({ file: options.json, content: json });
  if (options.report !== false) {
    const file = typeof options.report === 'string' ? options.report : join('dist', `${options.env}-plan.html`);
    files.push({ file, content: trafficPage(plan) });
  }
  writeFiles(files);
  terminal.out(options.json === '-' ? json : describeTraffic(plan, terminal.columns));
  const tell = options.json === '-' ? terminal.err : terminal.out;
  for (const { file } of files) tell(`written ${file}\n`);
  return plan.servers.flatMap(({ broken }) => broken);
}
