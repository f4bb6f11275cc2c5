import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SCRIPTS = join(__dirname, '../../../lib/training/sweep');
// Shown as skipped where there is no Python: in the cluster it comes with the image.
const has = spawnSync('python3', ['--version']).status === 0;
const onPython = has ? test : test.skip;

/** What a coordinator takes from a sidecar's answer as the figure that counts, without Optuna, as Python writes it. */
function valueIn(answer: string, metric: string): string {
  const program = `
import sys, types
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
sys.modules["strategy"] = types.ModuleType("strategy")
from coordinator import Coordinator, parsed
print(Coordinator({"objective": {"metric": sys.argv[2]}}, None, None, None).value_in(parsed(sys.argv[3])))
`;
  const { stdout, stderr } = spawnSync('python3', ['-c', program, SCRIPTS, metric, answer], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return stdout.trim();
}

onPython.each([
  ['a figure of quality', '{"step":3,"metrics":{"ndcg":0.4}}', 'ndcg', '0.4'],
  ['the loss', '{"step":3,"loss":0.7,"metrics":{"ndcg":0.4}}', 'loss', '0.7'],
  ['a figure of quality before the loss of that name', '{"step":3,"loss":0.7,"metrics":{"loss":0.5}}', 'loss', '0.5'],
  ['a figure that is no number any more', '{"step":3,"metrics":{"ndcg":null}}', 'ndcg', 'nan'],
  ['a loss that is no number any more', '{"step":3,"loss":null}', 'loss', 'nan'],
  ['a figure that is not told of yet', '{"step":3,"metrics":{"auc":0.4}}', 'ndcg', 'None'],
  ['a program that tells of no figures', '{"step":3}', 'ndcg', 'None'],
  ['an answer that is no JSON', 'nothing here yet', 'ndcg', 'None'],
])('of %s the coordinator reads what the sidecar says', (_what, answer, metric, expected) => {
  expect(valueIn(answer, metric)).toBe(expected);
});
