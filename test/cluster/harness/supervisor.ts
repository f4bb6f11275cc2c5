import { startControlPlane } from './control-plane';

/*
 * Runs the control plane in a process of its own, which ends when its standard input does: so it goes too when the
 * test run is killed, and no signal handler there has to see to it.
 */
async function main(): Promise<void> {
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave);
  process.stdin.once('end', leave).once('error', leave).resume();
  const { cluster, stop } = await startControlPlane();
  process.stdout.once('error', leave).write(`${JSON.stringify(cluster)}\n`);
  await left;
  await stop();
  process.exit();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
