import { stringify } from 'yaml';
import { locate, type ProgramName } from '../../../tools/build';
import { builtOf } from '../harness/built';
import { Client } from '../harness/client';
import { cluster } from '../harness/cluster';
import { eventually } from '../harness/eventually';
import { addNodes, cpuNodes, removeNodes } from '../harness/nodes';
import { freePorts } from '../harness/ports';
import { Program } from '../harness/process';
import { environments, shopOf } from '../harness/shop';
import { alertsOf, monitoringFiles } from './files';
import { PrometheusApi } from './prometheus-api';
import { TemporaryFolder } from './temporary-folder';

/** The real exporters that teams run beside recstack, and a metric by which each is known. */
const EXPORTERS = {
  node_exporter: {
    prefix: 'node_',
    known: 'node_uname_info',
    args: (port: number) => [`--web.listen-address=127.0.0.1:${port}`],
  },
} as const satisfies Partial<Record<ProgramName, object>>;

const names = Object.keys(EXPORTERS) as (keyof typeof EXPORTERS)[];
const built = builtOf(names);
const client = new Client(cluster());
const nodes = cpuNodes(1);
const folder = new TemporaryFolder();
const programs: Program[] = [];
let prometheus: PrometheusApi;

beforeAll(async () => {
  if (built.length === 0) return;
  await addNodes(client, nodes);
  const scraped = [];
  for (const name of built) {
    const [port = 0] = await freePorts(1);
    await start(name, EXPORTERS[name].args(port));
    scraped.push({ job_name: name, static_configs: [{ targets: [`127.0.0.1:${port}`] }] });
  }
  const [port] = await freePorts(1);
  const settings = { global: { scrape_interval: '1s' }, scrape_configs: scraped };
  const program = await start('prometheus', [
    `--config.file=${folder.write('prometheus.yaml', stringify(settings))}`,
    `--storage.tsdb.path=${folder.join('data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  prometheus = new PrometheusApi(`127.0.0.1:${port}`);
  await program.ready(() => prometheus.ready());
});

afterAll(async () => {
  for (const program of programs) await program.stop();
  folder.remove();
  if (built.length > 0) await removeNodes(client, nodes);
});

for (const name of names) {
  const { prefix, known } = EXPORTERS[name];
  const title = built.includes(name)
    ? `${name} has every metric that recstack asks it for`
    : `${name} is not built: npx tsx tools/build.ts --only ${name}`;
  (built.includes(name) ? test : test.skip)(title, async () => {
    await eventually(async () => {
      expect(await prometheus.query(`up{job="${name}"}`)).toEqual([expect.objectContaining({ value: 1 })]);
    });
    const missing: string[] = [];
    for (const metric of [known, ...metricsOf(prefix)]) {
      if ((await prometheus.query(`count(${metric})`)).length === 0) missing.push(metric);
    }
    expect(missing).toEqual([]);
  });
}

async function start(name: ProgramName, args: readonly string[]): Promise<Program> {
  const program = new Program(await locate(name), { args, log: folder.join(`${name}.log`) });
  programs.push(program);
  return program;
}

/** The metrics with a prefix that rules or panels of any environment ask for. */
function metricsOf(prefix: string): string[] {
  const expressions = environments.flatMap((environment) => {
    const { rules, panels } = monitoringFiles(shopOf(environment));
    return [...alertsOf(rules), ...panels.flatMap(({ targets = [] }) => targets)].map(({ expr }) => expr);
  });
  return [...new Set(expressions.flatMap((expr) => expr.match(new RegExp(`(?<![\\w:])${prefix}\\w+`, 'g')) ?? []))];
}
