import express from 'express';
import { openBare } from './bare-store.ts';

/** What Express 5 and the driver can do at most: one query by a unique key, and one INSERT with its COMMIT. */
const { port, find, insert } = openBare();

const app = express();
app.use(express.json());
app.get('/users/:id', async (req, res) => {
  const found = await find(req.params.id);
  res.status(found ? 200 : 404).json(found ?? {});
});
app.post('/users', async (req, res) => {
  res.status(201).json(await insert(req.body));
});
app.listen(port, '127.0.0.1');
