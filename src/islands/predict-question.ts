/** `<predict-question>`: commits a reader to a guess, then shows what the simulation and the recording say. */
class PredictQuestion extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector('form') as HTMLFormElement;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const chosen = form.querySelector<HTMLInputElement>('input:checked');
      if (!chosen) {
        this.#say('Pick one first: a guess that you commit to is what you will remember.');
        return;
      }
      const isRight = chosen.value === this.dataset.answer;
      const words = chosen.closest('label')?.textContent?.trim();
      this.#say(
        isRight
          ? `You said “${words}”, and so does the kernel.`
          : `You said “${words}”. The kernel says otherwise.`,
      );
      (this.querySelector('.answer') as HTMLElement).hidden = false;
      const question = form.querySelector('legend')?.textContent?.trim();
      this.dispatchEvent(new CustomEvent('guessed', { bubbles: true, detail: { question, isRight } }));
    });
  }

  #say(text: string): void {
    (this.querySelector('output') as HTMLOutputElement).textContent = text;
  }
}

customElements.define('predict-question', PredictQuestion);
