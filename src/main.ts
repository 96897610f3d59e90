import { ConfigError, readConfig } from './config.ts';
import { flushLog, log, setLogLevel } from './lib/log.ts';
import { createLifecycle, stopOnSignals } from './server/lifecycle.ts';
import { start } from './server/start.ts';

/** Runs the server until it is told to stop. A start that fails says why, a line for each mistake, and ends with 1. */
async function main(): Promise<void> {
  const lifecycle = createLifecycle();
  try {
    const config = readConfig();
    setLogLevel(config.logLevel);
    const started = start(config, lifecycle);
    stopOnSignals(lifecycle, started);
    await started;
  } catch (error) {
    log.debug('The start failed.', { error });
    flushLog();
    for (const line of linesOf(error)) process.stderr.write(`${line}\n`);
    process.exitCode = 1;
    await lifecycle.stop();
  }
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.lines;
  // A host with several addresses fails once for each, and says nothing itself.
  const told = error instanceof AggregateError && error.message === '' ? (error.errors[0] as unknown) : error;
  return [`Rollcall cannot start. ${told instanceof Error ? told.message : String(told)}`];
}

await main();
