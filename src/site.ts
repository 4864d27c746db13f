/** What every page needs to know of the site. */

/** The site's name. */
export const SITE = 'Stalled Sockets';

/** The size of a picture for the preview of a link, in px. */
export const PREVIEW = { width: 1200, height: 630 } as const;

/** A path of this site below its base. @param path without a leading slash */
export const href = (path = ''): string => `${import.meta.env.BASE_URL.replace(/\/$/, '')}/${path}`;

/** A day as the pages have it: `21 November 2026`. */
export const day = (date: Date): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date);

/** Runs before the first paint, so that the page does not flash in the other theme. Its hash is in the policy. */
export const THEME_SCRIPT = `(d=>{d.classList.add('js');try{var t=localStorage.getItem('theme')}catch(e){}d.dataset.theme=t||(matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light')})(document.documentElement)`;
