// Prints the suites that failed; ends with 1 when they are too many: node .ci/failed.js RESULTS --most N
const { readFileSync } = require('node:fs');

const [, , file, , most] = process.argv;
const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
const failed = testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
if (failed.length === 0 || failed.length > Number(most)) process.exit(1);
console.log(failed.join(' '));
