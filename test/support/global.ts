export {
  startTestDatabase as mochaGlobalSetup,
  stopTestDatabase as mochaGlobalTeardown,
} from './postgres.ts';
