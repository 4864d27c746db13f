/** What every page needs to know of the site. */

/** The site's name. */
export const SITE = 'Stalled Sockets';

/** A path of this site below its base. @param path without a leading slash */
export const href = (path = ''): string => `${import.meta.env.BASE_URL.replace(/\/$/, '')}/${path}`;

/** Runs before the first paint, so that the page does not flash in the other theme. Its hash is in the policy. */
export const THEME_SCRIPT = `(d=>{d.classList.add('js');try{var t=localStorage.getItem('theme')}catch(e){}d.dataset.theme=t||(matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light')})(document.documentElement)`;
