import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';
import { findChromium } from './tests/browser/chromium.ts';
import { sites } from './tests/browser/serve.ts';

const { executablePath, args } = await findChromium();
process.env.CHROMIUM_PATH = executablePath; // workers read this file again and need not search

const served = Object.values(sites).filter(({ directory }) => existsSync(directory));

/** Browser tests of the built site; `npm test -- browser` builds it first, twice. */
export default defineConfig({
  testDir: 'tests/browser',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  // A busy machine is slow, not wrong: axe alone takes ten seconds there.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 2,
  retries: 0,
  reporter: [
    [process.stdout.isTTY ? 'line' : 'list'],
    ...(process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['json'] as const] : []),
  ],
  use: {
    baseURL: sites.root.url,
    launchOptions: { executablePath, args },
    screenshot: 'only-on-failure',
    trace: 'off',
  },
  projects: [{ name: 'chromium', use: { ...devices['Desktop Chrome'] } }],
  // A build that is not there has no server, so that one test can be tried without building the other site.
  webServer: served.map(({ directory, base, port, url }) => ({
    command: `"${process.execPath}" tests/browser/serve.ts ${directory} --base ${base} --port ${port}`,
    url,
    reuseExistingServer: false,
  })),
});
