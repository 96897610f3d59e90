import type { Scope } from '../core/context/caller.ts';

/** Reads of a workspace. */
export const READERS: readonly Scope[] = ['admin', 'auditor', 'operator'];

/** Changes of a workspace. */
export const WRITERS: readonly Scope[] = ['admin', 'operator'];

/** What is above workspaces. */
export const OPERATORS: readonly Scope[] = ['operator'];
