/** A form with a box for symbols, and a line for what was wrong with them. */

export class SymbolBox {
  /**
   * @param {HTMLFormElement} form
   * @param {(text: string) => void} onSubmit called with what was typed, unless that is nothing
   */
  constructor(form, onSubmit) {
    this.input = form.querySelector("input");
    this.problem = form.querySelector("[role=alert]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.accept();
      const text = this.input.value.trim();
      if (text) {
        onSubmit(text);
      } else {
        this.refuse("Name a symbol, for example AAPL.");
      }
    });
  }

  get text() {
    return this.input.value;
  }

  set text(text) {
    this.input.value = text;
  }

  get complaint() {
    return this.problem.textContent;
  }

  refuse(message) {
    // Setting the same text again would have it read out again.
    if (this.complaint !== message) {
      this.problem.textContent = message;
    }
    this.input.setAttribute("aria-invalid", "true");
  }

  accept() {
    this.problem.textContent = "";
    this.input.removeAttribute("aria-invalid");
  }
}
