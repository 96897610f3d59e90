import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setting } from './setting.ts';

/** Does nothing, and tells by how much that was held up since it was last asked, in nanoseconds: by the machine alone. */
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

createServer((_req, res) => {
  res.end(String(delay.max));
  delay.reset();
}).listen(Number(setting('PORT')), '127.0.0.1');
