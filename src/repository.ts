/** Links to the repository that the site is built from: absent where REPOSITORY_URL does not say where it is. */

/** `https://github.com/somebody/stalled-sockets`: the one setting, without which there are no such links. */
const REPOSITORY = addressOf(process.env.REPOSITORY_URL ?? '');

/** Where the text of a page is edited. The paths below the address are GitHub’s. */
const BRANCH = 'main';

/** @throws Error where it is no web address */
function addressOf(setting: string): string | undefined {
  if (!setting) return undefined;
  if (!/^https?:\/\//.test(setting) || !URL.canParse(setting))
    throw new Error(`REPOSITORY_URL is "${setting}": it takes an address that begins with https://`);
  return setting.replace(/\/+$/, '');
}

/** Where a file is edited, or undefined. @param file its path in the repository */
export const editAddress = (file: string | undefined): string | undefined =>
  REPOSITORY && file ? `${REPOSITORY}/edit/${BRANCH}/${file}` : undefined;

/** A new issue with the page filled in, or undefined. `islands/report.ts` adds the moment that is on the screen. */
export function reportAddress(title: string, page: string): string | undefined {
  if (!REPOSITORY) return undefined;
  const body = `Page: ${page}\n\nWhat is wrong, and how you know:\n\n`;
  return `${REPOSITORY}/issues/new?${new URLSearchParams({ title: `${title}: `, body })}`;
}
