import { once } from 'node:events';

/** Lets the control plane go, and waits until it has. */
export default async function tearDown(): Promise<void> {
  const supervisor = globalThis.recstackSupervisor;
  if (supervisor === undefined || supervisor.exitCode !== null) return;
  const exit = once(supervisor, 'exit');
  supervisor.stdin.end();
  await exit;
}
