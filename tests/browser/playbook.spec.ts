/** The playbook, by somebody on call. */
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { FIELDS, type Field } from '#site/playbook/fields.ts';
import { filled, stepsOf } from '#site/playbook/playbook.ts';
import * as axe from './axe.ts';
import { expect, pages, test } from './site-page.ts';

const chapters = pages.filter((path) => path.startsWith('incidents/'));
const CHAPTER = 'incidents/close-wait-pipe/';
const stepsOfChapter = (path: string) => stepsOf(readFileSync(`content/${path}playbook.mdx`, 'utf8'));
const steps = stepsOfChapter(CHAPTER);
const VALUES: Record<Field, string> = {
  PID: '2001',
  TID: '2007',
  PORT: '8080',
  CLIENTPORT: '40002',
  PEER: '2001:db8::7',
};

const book = (page: Page): Locator => page.locator('play-book');
const toggle = (page: Page, id: string): Locator => page.locator(`#${id} > button`);
const body = (page: Page, id: string): Locator => page.locator(`#${id}-body`);
const answers = (page: Page, id: string): Locator => body(page, id).locator('.choice');
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const field = (page: Page, name: Field): Locator => page.getByRole('textbox', { name, exact: true });

/** The steps that are open, by their id. */
const open = (page: Page): Promise<string[]> =>
  book(page)
    .locator('h3:has([aria-expanded=true])')
    .evaluateAll((all) => all.map(({ id }) => id));

test.use({ contextOptions: { reducedMotion: 'reduce' } });

test.describe('the playbook', () => {
  test('begins with its first command, which is on a phone’s first screen, and one line for each later step', async ({
    page,
  }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const chapter of chapters) {
      await page.goto(chapter);
      const all = stepsOfChapter(chapter);
      expect(await open(page)).toEqual([all[0]?.id]);
      const command = book(page).locator('pre').first();
      await expect(command).toHaveText(all[0]?.commands[0] ?? '');
      await expect(command).toBeInViewport({ ratio: 1 });
      for (const { id } of all.slice(1)) {
        await expect(toggle(page, id)).toBeVisible();
        await expect(body(page, id)).toBeHidden();
      }
    }
  });

  test('opens the step that an answer leads to, keeps the command and the answer, and folds the others', async ({
    page,
  }) => {
    await page.goto(CHAPTER);
    const chosen = answers(page, 'whose').first();
    await chosen.click();
    expect(await open(page)).toEqual(['whose', 'recv-q']);
    await expect(toggle(page, 'recv-q')).toBeFocused();
    await expect(body(page, 'recv-q').locator('pre').first()).toBeInViewport();
    await expect(chosen).toBeVisible();
    await expect(chosen).toHaveAttribute('aria-expanded', 'true');
    await expect(body(page, 'whose').locator('pre').first()).toBeVisible();
    await expect(answers(page, 'whose').nth(1)).toBeHidden();
    const name = `${(steps[0]?.answers.length ?? 0) - 1} other answers`;
    const others = body(page, 'whose').getByRole('button', { name });
    await others.click();
    await expect(answers(page, 'whose').nth(1)).toBeVisible();
    await answers(page, 'whose').nth(1).click();
    await expect(chosen).toHaveAttribute('aria-expanded', 'false');
    await expect(body(page, 'whose').getByRole('button', { name })).toBeVisible();
  });

  test('leaves what was pressed where it is', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(CHAPTER);
    await toggle(page, 'threads').click();
    const last = answers(page, 'threads').last();
    await last.evaluate((answer) => answer.scrollIntoView({ block: 'center' }));
    const before = (await last.boundingBox())?.y ?? 0;
    await last.click();
    expect(Math.abs(((await last.boundingBox())?.y ?? 0) - before)).toBeLessThan(2);
  });

  test('shows where an answer leads that ends it, and stays', async ({ page }) => {
    await page.goto(CHAPTER);
    await toggle(page, 'recv-q').click();
    const written = steps.find(({ id }) => id === 'recv-q')?.answers ?? [];
    const end = written.findIndex(({ to }) => !to);
    const leak = answers(page, 'recv-q').nth(end);
    await leak.click();
    await expect(leak).toBeFocused();
    await expect(body(page, 'recv-q').locator('.more:visible')).toContainText(
      written[end]?.leads?.replaceAll('`', '') ?? '',
    );
    expect(await open(page)).toEqual(['whose', 'recv-q']);
  });

  test('takes an answer back, opens and closes each step by hand, and starts over', async ({ page }) => {
    await page.goto(CHAPTER);
    await expect(page.getByRole('button', { name: 'Start over' })).toBeHidden();
    await answers(page, 'whose').first().click();
    await answers(page, 'whose').first().click();
    expect(await open(page)).toEqual(['whose']);
    await expect(answers(page, 'whose').nth(1)).toBeVisible();
    for (const { id } of steps.slice(1)) {
      await toggle(page, id).click();
      await expect(body(page, id)).toBeVisible();
    }
    await toggle(page, 'whose').click();
    await expect(body(page, 'whose')).toBeHidden();
    await page.getByRole('button', { name: 'Start over' }).click();
    expect(await open(page)).toEqual(['whose']);
    await expect(toggle(page, 'whose')).toBeFocused();
    await page.reload();
    expect(await open(page)).toEqual(['whose']);
  });

  test('is walked with the keyboard alone', async ({ page }) => {
    await page.goto(CHAPTER);
    await answers(page, 'whose').first().focus();
    await page.keyboard.press('Enter');
    await expect(toggle(page, 'recv-q')).toBeFocused();
    await page.keyboard.press('Enter');
    expect(await open(page)).toEqual(['whose']);
    await page.keyboard.press('Space');
    expect(await open(page)).toEqual(['whose', 'recv-q']);
  });

  test('is as it was left after a reload, on the way back, and not in another tab', async ({
    page,
    context,
  }) => {
    await page.goto(CHAPTER);
    await field(page, 'PORT').fill('8080');
    await answers(page, 'whose').first().click();
    await answers(page, 'recv-q').first().click();
    const left = await open(page);
    await page.reload();
    expect(await open(page)).toEqual(left);
    await expect(field(page, 'PORT')).toHaveValue('8080');
    await page.getByRole('link', { name: 'Workshop' }).first().click();
    await expect(page.locator('h1')).toHaveText('Run an incident with a group');
    await page.goBack();
    await expect.poll(() => open(page)).toEqual(left);
    expect(page.url()).not.toContain('8080');
    const other = await context.newPage();
    await other.goto(CHAPTER);
    expect(await open(other)).toEqual(['whose']);
    await expect(field(other, 'PORT')).toHaveValue('');
  });

  test('has the address of the step that was opened, and Back takes one answer back, where it was given', async ({
    page,
  }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(CHAPTER);
    await answers(page, 'whose').first().click();
    await expect(page).toHaveURL(/#recv-q$/);
    const given = answers(page, 'recv-q').first();
    await given.evaluate((button) => button.scrollIntoView({ block: 'center', behavior: 'instant' }));
    const before = (await given.boundingBox())?.y ?? 0;
    await given.click();
    await expect(page).toHaveURL(/#threads$/);
    await page.goBack();
    await expect(page).toHaveURL(/#recv-q$/);
    expect(await open(page)).toEqual(['whose', 'recv-q']);
    await expect(given).toHaveAttribute('aria-expanded', 'false');
    await expect(given).toBeFocused();
    await expect.poll(async () => Math.abs(((await given.boundingBox())?.y ?? 0) - before)).toBeLessThan(2);
    await page.goForward();
    await expect.poll(() => open(page)).toEqual(['whose', 'recv-q', 'threads']);
    await page.goBack();
    await page.goBack();
    await expect(page).toHaveURL(new RegExp(`${CHAPTER}$`));
    expect(await open(page)).toEqual(['whose']);
    await page.reload();
    expect(await open(page)).toEqual(['whose']);
  });

  test('has the address of the step in which an answer ends it', async ({ page }) => {
    await page.goto(CHAPTER);
    await answers(page, 'whose').first().click();
    const end = (steps.find(({ id }) => id === 'recv-q')?.answers ?? []).findIndex(({ to }) => !to);
    await toggle(page, 'threads').click();
    await page.evaluate(() => history.pushState(null, '', '#threads'));
    await answers(page, 'recv-q').nth(end).click();
    await expect(page).toHaveURL(/#recv-q$/);
  });

  test('shows what each answer says that leads to no step, within the window', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const chapter of chapters) {
      await page.goto(chapter);
      for (const { id, answers: written } of stepsOfChapter(chapter)) {
        if ((await toggle(page, id).getAttribute('aria-expanded')) === 'false')
          await toggle(page, id).evaluate((button) => (button as HTMLElement).click());
        for (const [i, { to, leads }] of written.entries()) {
          if (to) continue;
          const choice = answers(page, id).nth(i);
          // At the foot of the window, what it shows is below.
          await choice.evaluate((button) => button.scrollIntoView({ block: 'end', behavior: 'instant' }));
          await choice.click();
          const more = choice.locator('xpath=following-sibling::div');
          await expect(more.locator('.leads'), `${id}: ${leads}`).toBeVisible();
          await expect(more, `${id}: ${leads}`).toBeInViewport({ ratio: 0.99 });
          await expect(choice).toBeInViewport({ ratio: 0.99 });
          await choice.click();
        }
      }
    }
  });

  test('stays where an answer leads to a step above that is open, with a link to it', async ({ page }) => {
    await page.goto('incidents/connect-timeout/#block-peer');
    const back = answers(page, 'block-peer').last();
    await back.scrollIntoViewIfNeeded();
    await back.click();
    await expect(back).toBeInViewport();
    await expect(back).toBeFocused();
    const link = body(page, 'block-peer').locator('.leads.up a');
    await expect(link).toBeInViewport();
    await link.click();
    await expect(toggle(page, 'waiting')).toBeInViewport();
  });

  test('starts over with empty fields, its heading and its first command in view', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(CHAPTER);
    await field(page, 'PORT').fill('8080');
    await answers(page, 'whose').first().click();
    await answers(page, 'recv-q').first().click();
    await page.getByRole('button', { name: 'Start over' }).click();
    await expect(field(page, 'PORT')).toHaveValue('');
    const heading = page.locator('#first-five-minutes');
    await expect(heading).toBeInViewport({ ratio: 1 });
    const bar = await page.getByRole('navigation', { name: 'Parts of this chapter' }).boundingBox();
    expect((await heading.boundingBox())?.y).toBeGreaterThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0));
    await expect(book(page).locator('pre').first()).toBeInViewport({ ratio: 1 });
    await page.reload();
    await expect(field(page, 'PORT')).toHaveValue('');
  });

  for (const chapter of chapters)
    for (const { id } of stepsOfChapter(chapter))
      test(`opens at ${chapter}#${id}`, async ({ page }) => {
        await page.goto(`${chapter}#${id}`);
        await expect(body(page, id)).toBeVisible();
        await expect(toggle(page, id)).toBeInViewport();
        const isCovered = await toggle(page, id).evaluate((heading) => {
          const { left, top, height } = heading.getBoundingClientRect();
          return !heading.contains(document.elementFromPoint(left + 5, top + height / 2));
        });
        expect(isCovered).toBe(false);
      });
});

test.describe('the fields of the playbook', () => {
  for (const chapter of chapters)
    test(`fill every command of ${chapter}, which is copied as it is run`, async ({ page }) => {
      await page.goto(chapter);
      const all = stepsOfChapter(chapter);
      for (const { id } of all.slice(1)) await toggle(page, id).click();
      for (const input of await book(page).locator('.fields input').all())
        await input.fill(VALUES[(await input.getAttribute('name')) as Field]);
      for (const { id, commands } of all) {
        const shown = body(page, id).locator('pre, code.runnable');
        await expect(shown, id).toHaveCount(commands.length);
        for (const [i, command] of commands.entries()) {
          const source = shown.nth(i);
          const expected = filled(command, VALUES);
          expect(expected).not.toMatch(new RegExp(`\\b(${Object.keys(FIELDS).join('|')})\\b`));
          await source
            .locator('xpath=following-sibling::button[1]')
            .evaluate((button) => (button as HTMLElement).click());
          await expect.poll(() => clipboard(page), `${id}: ${command}`).toBe(expected);
        }
      }
      const places = page.locator('article var');
      expect(await places.count()).toBeGreaterThan(0);
      await expect(page.locator('article var:not(.filled)')).toHaveCount(0);
    });

  test('fill nothing with what is none, say so, and leave the word when they are empty', async ({ page }) => {
    await page.goto(CHAPTER);
    const place = page.locator('play-book pre var').first();
    await expect(place).toHaveText('PORT');
    await field(page, 'PORT').fill('8080');
    await expect(place).toHaveText('8080');
    for (const bad of ["80'; rm -rf / #", '0', '65536', '80 81', '$(id)']) {
      await field(page, 'PORT').fill(bad);
      await expect(place).toHaveText('PORT');
      await field(page, 'PORT').blur();
      await expect(page.locator('.fields [role=alert]')).toHaveText('PORT is a number from 1 to 65535.');
      await expect(field(page, 'PORT')).toHaveAttribute('aria-invalid', 'true');
    }
    await field(page, 'PORT').fill(' 8081 ');
    await expect(place).toHaveText('8081');
    await expect(page.locator('.fields [role=alert]')).toBeEmpty();
    await field(page, 'PORT').fill('');
    await expect(place).toHaveText('PORT');
    await expect(place).not.toHaveClass(/filled/);
  });

  test('are each chapter’s own', async ({ page }) => {
    await page.goto(CHAPTER);
    await field(page, 'PID').fill('2001');
    await page.goto('incidents/connect-timeout/');
    await expect(field(page, 'PID')).toHaveValue('');
    await page.goto(CHAPTER);
    await expect(field(page, 'PID')).toHaveValue('2001');
  });

  test('say after a moment that a value fills nothing, though the field is not left', async ({ page }) => {
    await page.goto(CHAPTER);
    await field(page, 'PID').fill('99999999');
    await expect(field(page, 'PID')).toBeFocused();
    await expect(page.locator('.fields [role=alert]')).toHaveText(
      'PID is a number from 1 to 4194304, such as 2001.',
    );
  });

  test('take an address and its port as ss prints them', async ({ page }) => {
    await page.goto('incidents/nagle-delayed-ack/');
    await field(page, 'PEER').fill('[2001:db8::1]:5432');
    await expect(page.locator('play-book pre').nth(1)).toContainText('host 2001:db8::1 and');
    await field(page, 'PEER').blur();
    await expect(field(page, 'PEER')).toHaveValue('2001:db8::1');
    await expect(field(page, 'PORT')).toHaveValue('5432');
    await field(page, 'CLIENTPORT').fill(':40002');
    await field(page, 'CLIENTPORT').blur();
    await expect(field(page, 'CLIENTPORT')).toHaveValue('40002');
    await expect(page.locator('.fields [role=alert]')).toBeEmpty();
  });

  test('are filled from a line that is pasted into any of them, and say which', async ({ page }) => {
    await page.goto('incidents/nagle-delayed-ack/');
    const paste = async (name: Field, line: string) => {
      await page.evaluate((text) => navigator.clipboard.writeText(text), line);
      await field(page, name).focus();
      await page.keyboard.press('ControlOrMeta+V');
    };
    const taken = page.locator('.fields [role=status]');
    await paste('PID', 'dial tcp 10.2.3.4:5432: i/o timeout');
    await expect(taken).toHaveText('PORT and PEER filled from the pasted line.');
    await expect(field(page, 'PEER')).toHaveValue('10.2.3.4');
    await expect(field(page, 'PORT')).toHaveValue('5432');
    await expect(field(page, 'PID')).toHaveValue('');
    await paste('PID', 'ESTAB 0 0 10.0.0.1:40002 10.9.9.9:5432 users:(("python3",pid=4711,fd=3))');
    await expect(field(page, 'PID')).toHaveValue('4711');
    // What is filled in stays, and of two ports none is taken.
    await expect(field(page, 'PEER')).toHaveValue('10.2.3.4');
    await expect(taken).toHaveText(
      'PID filled from the pasted line. For PORT it has 40002 and 5432: fill in which. PEER stays 10.2.3.4; it has 10.9.9.9.',
    );
  });

  test('leave out the command for the other IP version', async ({ page }) => {
    await page.goto('incidents/connect-timeout/#capture');
    const [four, six] = [0, 1].map((i) => body(page, 'capture').locator('pre').nth(i)) as [Locator, Locator];
    await expect(four).toBeVisible();
    await expect(six).toBeVisible();
    await field(page, 'PEER').fill('2001:db8::1');
    await expect(four).toBeHidden();
    await expect(six).toBeVisible();
    await field(page, 'PEER').fill('10.2.3.4');
    await expect(four).toBeVisible();
    await expect(six).toBeHidden();
    for (const both of ['db-1', '']) {
      await field(page, 'PEER').fill(both);
      await expect(four).toBeVisible();
      await expect(six).toBeVisible();
    }
  });

  test('stay on top while the playbook is scrolled on a phone, under the table of contents', async ({
    page,
  }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(CHAPTER);
    await answers(page, 'whose').first().click();
    await answers(page, 'recv-q').first().click();
    await answers(page, 'threads')
      .last()
      .evaluate((answer) => answer.scrollIntoView({ block: 'center' }));
    await expect(field(page, 'PID')).toBeInViewport({ ratio: 1 });
    await expect(page.getByRole('navigation', { name: 'Parts of this chapter' })).toBeInViewport({
      ratio: 1,
    });
  });
});

test.describe('a command', () => {
  test('is selected where the clipboard is closed', async ({ page }) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    });
    await page.goto(CHAPTER);
    const copy = book(page)
      .getByRole('button', { name: /^Copy ss/ })
      .first();
    await copy.click();
    await expect(copy).toContainText('Selected');
    expect(await page.evaluate(() => String(getSelection()).trim())).toBe(steps[0]?.commands[0]);
  });

  test('that is copied with an empty field says which', async ({ page }) => {
    await page.goto(CHAPTER);
    await book(page).getByRole('button', { name: 'Copy ss -tlnp' }).click();
    const said = page.getByText('Copied; PORT is not filled in');
    await expect(said).toBeInViewport({ ratio: 1 });
    await expect(said).toHaveCSS('clip-path', 'none');
  });

  test('wraps and never scrolls, on the narrowest phone', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const chapter of chapters) {
      await page.goto(chapter);
      for (const { id } of stepsOfChapter(chapter).slice(1)) await toggle(page, id).click();
      const wide = await book(page)
        .locator('pre')
        .evaluateAll((all) =>
          all.filter((pre) => pre.scrollWidth > pre.clientWidth).map(({ textContent }) => textContent),
        );
      expect(wide).toEqual([]);
    }
  });
});

test.describe('on a touch screen', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('every button of the playbook is 48 pixels high or more', async ({ page }) => {
    await page.goto(CHAPTER);
    for (const { id } of steps.slice(1)) await toggle(page, id).click();
    await answers(page, 'whose').first().click();
    const small = await book(page)
      .locator('button:visible, .fields label')
      .evaluateAll((all) =>
        all
          .filter((button) => {
            const reach = Number.parseFloat(getComputedStyle(button, '::after').height) || 0;
            return Math.max(button.getBoundingClientRect().height, reach) < 47.5;
          })
          .map(({ textContent }) => textContent?.trim()),
      );
    expect(small).toEqual([]);
  });
});

test.describe('axe', () => {
  test('finds nothing wrong in a playbook half walked, with a field unsound', async ({ page }) => {
    await page.goto(CHAPTER);
    await answers(page, 'whose').first().click();
    await answers(page, 'recv-q').first().click();
    await field(page, 'PID').fill('x');
    await field(page, 'PID').blur();
    // What is half under the bars that stay on top is no small target.
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    expect(
      await axe.violations(page, {
        within: 'play-book',
        screens: [
          { width: 1280, height: 800 },
          { width: 390, height: 844 },
        ],
      }),
    ).toEqual([]);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('every step, every command and every answer is there, with where it leads', async ({ page }) => {
    for (const chapter of chapters) {
      await page.goto(chapter);
      for (const { id, answers: written, commands } of stepsOfChapter(chapter)) {
        await expect(body(page, id)).toBeVisible();
        await expect(body(page, id).locator('pre:visible, code.runnable:visible')).toHaveCount(
          commands.length,
        );
        await expect(body(page, id).locator('.leads:visible')).toHaveCount(written.length);
        for (const { to } of written)
          if (to)
            expect(
              await body(page, id).locator(`a[href$="${to}"]`).count(),
              `${id} to ${to}`,
            ).toBeGreaterThan(0);
      }
    }
  });
});

test.describe('where the script does not come', () => {
  test('all of the playbook is there after five seconds', async ({ page }) => {
    await page.route('**/Playbook*.js', (route) => route.abort());
    await page.goto(CHAPTER);
    await expect(body(page, 'threads')).toHaveCSS('visibility', 'hidden');
    await expect(body(page, 'threads')).toHaveCSS('visibility', 'visible');
  });
});

test.describe('in print', () => {
  test('the whole playbook is there, as it was filled', async ({ page }) => {
    await page.goto(CHAPTER);
    await field(page, 'PORT').fill('8080');
    await page.emulateMedia({ media: 'print' });
    for (const { id, answers: written } of steps) {
      await expect(body(page, id)).toBeVisible();
      await expect(body(page, id).locator('.leads:visible')).toHaveCount(written.length);
    }
    await expect(book(page).locator('pre').nth(1)).toContainText('8080');
  });
});
