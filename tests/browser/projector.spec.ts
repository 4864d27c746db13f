/** In a room. */
import { FigurePage } from './figure-page.ts';
import { expect, test } from './site-page.ts';

test.use({ viewport: { width: 1920, height: 1080 } });

test.describe('on a projector', () => {
  test('the figure is wide, and its views stand side by side', async ({ page }) => {
    const figure = await FigurePage.open(page);
    expect((await figure.root.boundingBox())?.width).toBeGreaterThan(1400);
    const tops = await Promise.all(
      ['.picture', '.states', '.kernel'].map(
        async (part) => (await figure.root.locator(part).boundingBox())?.y,
      ),
    );
    expect(new Set(tops).size).toBe(1);
  });

  test('sentence, views, code and buttons fit on one screen', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.focus();
    for (const part of ['.say', '.views', '.controls', '.buttons'])
      await expect(figure.root.locator(part), part).toBeInViewport({ ratio: 0.99 });
  });

  test('no text in the figure is smaller than 12 px', async ({ page }) => {
    const figure = await FigurePage.open(page);
    await figure.openParameters();
    const measure = () =>
      figure.root.evaluate((figure) => {
        const small = new Set<string>();
        for (const element of figure.querySelectorAll<HTMLElement | SVGElement>('*')) {
          const text = [...element.childNodes]
            .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
            .map(({ textContent }) => textContent?.trim())
            .join('');
          if (!text || !element.checkVisibility() || element.closest('.sr')) continue;
          const scale = element instanceof SVGGraphicsElement ? (element.getScreenCTM()?.a ?? 1) : 1;
          const sizes = [element, ...(element.classList.contains('ln') ? ['::before'] : [])].map((of) =>
            Number.parseFloat(
              typeof of === 'string' ? getComputedStyle(element, of).fontSize : getComputedStyle(of).fontSize,
            ),
          );
          for (const size of sizes)
            if (size * scale < 11.99)
              small.add(
                `${element.localName}.${element.getAttribute('class') ?? ''} ${(size * scale).toFixed(1)} px: ${text.slice(0, 24)}`,
              );
        }
        return [...small].slice(0, 12);
      });
    expect(await measure()).toEqual([]);
    await figure.button('compare').click();
    await figure.preset('today').click();
    expect(await measure(), 'with A beside it').toEqual([]);
  });
});
