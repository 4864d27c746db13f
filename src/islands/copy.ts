/** A button beside every command: it copies what stands there now, with the reader's own PID, PORT and PEER. */

const ICON =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 9h12v12H9zM5 15H3V3h12v2" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/></svg>';

/** How long the button says what it did. */
const SAYS_ms = 2000;
/** What is missing takes longer to read than a word. */
const SAYS_MISSING_ms = 5000;

const said = Object.assign(document.createElement('p'), { className: 'sr', role: 'status' });
document.body.append(said);

/** A command as it is run: a block has its lines, and none of the breaks that the screen adds. */
function textOf(source: Element): string {
  const lines = [...source.querySelectorAll('.ec-line .code')];
  return (lines.length ? lines : [source]).map((line) => line.textContent?.replace(/\n$/, '')).join('\n');
}

/** @returns what was done, in a word: without permission to copy, it is selected for the reader's own keys */
async function copy(source: Element): Promise<'Copied' | 'Selected'> {
  try {
    await navigator.clipboard.writeText(textOf(source));
    return 'Copied';
  } catch {
    getSelection()?.selectAllChildren(source);
    return document.execCommand('copy') ? 'Copied' : 'Selected';
  }
}

for (const source of document.querySelectorAll('.expressive-code pre, code.runnable')) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'copy' });
  button.innerHTML = `${ICON}<span>Copy</span>`;
  button.setAttribute('aria-label', `Copy ${textOf(source).slice(0, 40)}`);
  let saying: ReturnType<typeof setTimeout> | undefined;
  const label = button.querySelector('span') as HTMLElement;
  button.addEventListener('click', async () => {
    const done = await copy(source);
    const places = source.querySelectorAll('var:not(.filled)');
    const open = [...new Set([...places].map(({ textContent }) => textContent))];
    const missing = open.length
      ? `${open.join(', ').replace(/, ([^,]*)$/, ' and $1')} ${open.length > 1 ? 'are' : 'is'} not filled in`
      : '';
    label.textContent = done;
    said.textContent = [done === 'Copied' ? done : 'Selected: press Ctrl and C, or ⌘ and C', missing]
      .filter(Boolean)
      .join('; ');
    said.className = missing ? 'missing' : 'sr';
    // Below the button, within the window.
    const { bottom, right } = button.getBoundingClientRect();
    said.style.setProperty('--top', `${bottom}px`);
    said.style.setProperty('--right', `${document.documentElement.clientWidth - right}px`);
    clearTimeout(saying);
    saying = setTimeout(
      () => {
        label.textContent = 'Copy';
        said.textContent = '';
        said.className = 'sr';
      },
      missing ? SAYS_MISSING_ms : SAYS_ms,
    );
  });
  source.after(button);
}

export {};
