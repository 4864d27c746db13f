import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig, devices } from '@playwright/test';
import { findChromium } from './tests/browser/chromium.ts';
import { sites } from './tests/browser/serve.ts';

const { executablePath, args } = await findChromium();

const served = Object.entries(sites).filter(([, { directory }]) => existsSync(directory));

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
  // A browser is more than one process, but a test often waits: for a frame, a timer, a page.
  workers: Math.max(3, Math.floor(availableParallelism() / 2)),
  retries: 0,
  reporter: [
    [process.stdout.isTTY ? 'line' : 'list'],
    ...(process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['json'] as const] : []),
  ],
  use: {
    ...(process.env.SITE_ROOT && { baseURL: process.env.SITE_ROOT }),
    launchOptions: { executablePath, args },
    // A new context for each test took a fifth of the time. Between tests cookies, storage, caches, routes, bindings,
    // scripts and emulation are set back, which is all that pages of files can leave behind; permissions are given anew
    // by `test` in tests/browser/site-page.ts. A test with touch or without scripts still has a context of its own.
    reuseContext: true,
    screenshot: 'only-on-failure',
    trace: 'off',
  },
  projects: [{ name: 'chromium', use: { ...devices['Desktop Chrome'] } }],
  // A build that is not there has no server, so that one test can be tried without building the other site.
  // Its port is the system's choice, so that two checkouts can be tested at once; workers are told it as SITE_ROOT and
  // SITE_SUB.
  webServer: served.map(([name, { directory, base }]) => ({
    name: directory,
    command: `"${process.execPath}" tests/browser/serve.ts ${directory} --base ${base} --port 0`,
    wait: { stdout: new RegExp(`is at (?<site_${name}>http\\S+)\\s`) },
  })),
});
