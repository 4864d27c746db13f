import { defineConfig } from 'vitest/config';

/** Every test that needs no browser. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/browser/**'],
    environment: 'node',
    testTimeout: 20_000,
  },
});
