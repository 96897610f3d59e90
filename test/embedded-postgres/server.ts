/**
 * A process of its own that has the database: started with the options as JSON, it sends each log message, then
 * the URL, and stays until SIGTERM, or until the test that started it is gone.
 */
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded.ts';

const options = JSON.parse(process.argv[2] ?? '') as EmbeddedPostgresOptions;
const database = await startEmbeddedPostgres({
  ...options,
  log: (_level, message) => process.send?.({ message }),
});
process.once('SIGTERM', () => void database.stop().then(() => process.disconnect()));
// Listening is what keeps this process and its channel open.
process.on('message', () => undefined);
process.send?.({ url: database.url });
