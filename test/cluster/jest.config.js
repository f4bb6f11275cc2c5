const base = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster'],
  testPathIgnorePatterns: [],
  globalSetup: '<rootDir>/test/cluster/harness/global-setup.ts',
  globalTeardown: '<rootDir>/test/cluster/harness/global-teardown.ts',
  // One after the other: they share the nodes, and two at a time would take each other's GPUs.
  maxWorkers: 1,
  // What controllers do takes seconds; each wait inside a test is bounded by itself.
  testTimeout: 120_000,
};
