import { applyClosingReviews } from '../../src/core/reviews/apply.ts';
import { openDb } from '../../src/store/db/pool.ts';

/** Applies reviews in a process of its own, which is to be killed; the database comes as an argument. */
const [url = ''] = process.argv.slice(2);
await applyClosingReviews({ db: openDb({ url, poolSize: 2 }) }, () => false);
