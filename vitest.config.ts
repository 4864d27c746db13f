import { defineConfig } from 'vitest/config';

/** Every test that needs no browser. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/browser/**'],
    environment: 'node',
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
    // Vitest would leave one processor free, which on two makes one file at a time.
    maxWorkers: '100%',
  },
});
