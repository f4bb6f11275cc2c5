import { stringify } from 'yaml';
import { locateAll } from '../../../tools/build';
import { environments, shopOf } from '../harness/shop';
import { alertsOf, monitoringFiles } from './files';
import { alertmanagerInPlace, type Places, prometheusInPlace, rulesInPlace } from './in-place';
import { TemporaryFolder } from './temporary-folder';
import { run } from './tool';

const folder = new TemporaryFolder();
const file = (name: string, content: object): string => folder.write(name, stringify(content));
const places: Places = {
  api: { url: 'https://127.0.0.1:6443', caFile: '/ca.crt' },
  tokenFile: '/token',
  rulesFile: '/rules.yaml',
  prometheus: '127.0.0.1:9090',
  alertmanager: '127.0.0.1:9093',
  kubeStateMetrics: '127.0.0.1:8080',
  webhookFolder: '/webhook',
};
let promtool: string;
let amtool: string;

beforeAll(async () => {
  ({ promtool, amtool } = await locateAll(['promtool', 'amtool']));
});
afterAll(() => folder.remove());

describe.each(environments)('%s', (environment) => {
  const files = monitoringFiles(shopOf(environment));

  test('promtool finds nothing to say about the rules', async () => {
    const { code, output } = await run(promtool, [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      file('rules.yaml', files.rules),
    ]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });

  test('promtool accepts the configuration, with the files that it names in place', async () => {
    const inFolder: Places = {
      ...places,
      api: { ...places.api, caFile: folder.write('ca.crt', '') },
      tokenFile: folder.write('token', 'token'),
      rulesFile: file('rules.yaml', files.rules),
    };
    const path = file('prometheus.yaml', prometheusInPlace(files.prometheus, inFolder));
    const { code, output } = await run(promtool, ['check', 'config', '--lint=all', '--lint-fatal', path]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/is valid prometheus config/) });
  });

  test('promtool accepts the configuration as it is, but for files that only a pod has', async () => {
    const path = file('as-it-is.yaml', files.prometheus);
    expect(await run(promtool, ['check', 'config', '--syntax-only', path])).toMatchObject({ code: 0 });
  });

  test('amtool accepts the configuration of Alertmanager', async () => {
    const { code, output } = await run(amtool, ['check-config', file('alertmanager.yaml', files.alertmanager)]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });

  test.each([
    ['the watchdog goes to nobody', ['alertname=Watchdog', 'severity=none'], 'nobody'],
    ['an event goes to nobody', ['alertname=TrainingStarted', 'severity=info'], 'nobody'],
    ['a critical alert goes to the default receiver', ['alertname=ModelServerDown', 'severity=critical'], 'default'],
    ['a warning goes to the default receiver', ['alertname=ModelServerSlow', 'severity=warning'], 'default'],
    ['an alert without a severity is not lost', ['alertname=Foreign'], 'default'],
  ])('%s', async (_, labels, receiver) => {
    const path = file('alertmanager.yaml', files.alertmanager);
    const { output } = await run(amtool, [
      'config',
      'routes',
      'test',
      `--config.file=${path}`,
      'platform=shop',
      ...labels,
    ]);
    expect(output.trim()).toBe(receiver);
  });

  test('every alert of the rules goes where its severity says', async () => {
    const path = file('alertmanager.yaml', files.alertmanager);
    for (const { labels } of alertsOf(files.rules)) {
      const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const { output } = await run(amtool, ['config', 'routes', 'test', `--config.file=${path}`, ...pairs]);
      // Events wake nobody who didn't ask for them by `notify`.
      const nobody = labels.severity === 'none' || labels.severity === 'info';
      expect(output.trim()).toBe(nobody ? 'nobody' : 'default');
    }
  });
});

test('putting a configuration in place changes addresses, files and how often things happen, and nothing else', () => {
  const { prometheus, rules, alertmanager } = monitoringFiles(shopOf('production'));
  expect(changed(prometheus, prometheusInPlace(prometheus, places))).toEqual([
    'alerting.alertmanagers.*.static_configs.*.targets.*',
    'global.evaluation_interval',
    'global.scrape_interval',
    'rule_files.*',
    'scrape_configs.*.authorization.credentials_file',
    'scrape_configs.*.kubernetes_sd_configs.*.api_server',
    'scrape_configs.*.kubernetes_sd_configs.*.authorization.credentials_file',
    'scrape_configs.*.kubernetes_sd_configs.*.tls_config.ca_file',
    'scrape_configs.*.static_configs.*.targets.*',
  ]);
  expect(changed(rules, rulesInPlace(rules))).toEqual(['groups.*.rules.*.for']);
  expect(changed(alertmanager, alertmanagerInPlace(alertmanager, places))).toEqual([
    'receivers.*.webhook_configs.*.url_file',
    'route.group_interval',
    'route.group_wait',
  ]);
});

/** The paths at which two documents differ, with `*` for the place in a list. */
function changed(before: object, after: object): string[] {
  const [was, is] = [leaves(before), leaves(after)];
  const paths = [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path));
  return [...new Set(paths.map((path) => path.replace(/\.\d+/g, '.*')))].sort();
}

function leaves(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, part]) => [...leaves(part, path === '' ? key : `${path}.${key}`)]),
  );
}
