/** Fills the link to report an error: the page as it stands, with the moment of its figure and what it says there. */

function fill(link: HTMLAnchorElement): void {
  const here = new URL(location.href);
  const event: unknown = history.state?.event;
  if (typeof event === 'number') here.searchParams.set('event', String(event));
  const says = document.querySelector('simulation-figure.ready [data-part=sentence]')?.textContent?.trim();
  const url = new URL(link.href);
  const body = url.searchParams.get('body') ?? '';
  const place = `Page: ${here}${says ? `\nMoment: ${says}` : ''}\n\n`;
  url.searchParams.set(
    'body',
    body.replace(/^Page: [\s\S]*?\n\n/, () => place),
  );
  link.href = url.href;
}

const link = document.querySelector<HTMLAnchorElement>('a[data-report]');
// However it is opened: in this tab, in another, from its menu.
for (const sign of ['click', 'auxclick', 'contextmenu']) link?.addEventListener(sign, () => fill(link));
