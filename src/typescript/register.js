import { register } from 'node:module';
import process from 'node:process';

// Node reads TypeScript by itself from 22.18 on.
if (!process.features.typescript) {
  process.setSourceMapsEnabled(true);
  register('./hooks.js', import.meta.url);
}
