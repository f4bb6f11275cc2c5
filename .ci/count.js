// Prints how many tests there were, a suite that was run twice counting as it ended: node .ci/count.js FOLDER
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const suites = new Map();
for (const run of ['unit', 'cluster', 'again']) {
  const file = join(process.argv[2], `${run}.json`);
  const { testResults } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { testResults: [] };
  for (const suite of testResults) suites.set(suite.name, suite);
}
const count = (wanted) => {
  const tests = [...suites.values()].flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(({ status }) => wanted.includes(status)).length;
};
// One that can't even be loaded has no tests.
const broken = [...suites.values()].filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
const failed = count(['failed']) + broken.length;
console.log(`${count(['passed'])} passed, ${failed} failed, ${count(['pending', 'todo', 'skipped'])} skipped`);
