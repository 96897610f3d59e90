export {
  startTestDatabase as mochaGlobalSetup,
  stopTestDatabase as mochaGlobalTeardown,
} from './postgres.ts';
export { mochaHooks } from './statements.ts';
