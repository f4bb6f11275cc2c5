import type { Command } from 'commander';
import { plan } from '../synth/plan';
import { describeGpuHours } from './describe-gpu-hours';
import { describeWorkload } from './describe-workload';
import { buildEnvironment, type Choice, environmentCommand } from './environment';
import { report } from './report';
import type { Terminal } from './terminal';

/** `recstack plan`: tells what an environment consists of and how its numbers came about, and writes nothing. */
export function planCommand(terminal: Terminal): Command {
  return environmentCommand('plan')
    .description("show an environment's objects and derived numbers; writes nothing")
    .action((options: Choice) => {
      const result = plan(buildEnvironment(options));
      for (const workload of result.workloads) terminal.out(`${describeWorkload(workload)}\n`);
      terminal.out(describeGpuHours(result.gpuHours));
      report(result, terminal);
    });
}
