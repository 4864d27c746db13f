/** `<code-tabs>`: code in several languages. The language that a reader chooses holds for all pages. */
import { keep, recall } from './kept.ts';
import { Tabs } from './tabs.ts';

const KEY = 'language';

class CodeTabs extends HTMLElement {
  #tabs: Tabs | undefined;

  connectedCallback(): void {
    this.#tabs ??= new Tabs(
      this.querySelector('[role=tablist]') as HTMLElement,
      ({ dataset: { language } }) => {
        keep('localStorage', KEY, language);
        for (const other of document.querySelectorAll('code-tabs'))
          if (other !== this) (other as CodeTabs).show(language);
      },
    );
    this.show(recall('localStorage', KEY));
  }

  /** @param language as its tab has it; one that is not there changes nothing */
  show(language: unknown): void {
    const tab = [...this.querySelectorAll<HTMLElement>('[role=tab]')].find(
      ({ dataset }) => dataset.language === language,
    );
    if (tab) this.#tabs?.show(tab);
  }
}

customElements.define('code-tabs', CodeTabs);
