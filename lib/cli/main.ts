#!/usr/bin/env node
import { run } from './run';

// Of a line that is written again and again, the older text is erased: carriage return, then ANSI's "erase in line".
const progress = (text: string) => process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`);

process.exitCode = run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  progress: process.stderr.isTTY ? progress : undefined,
});
