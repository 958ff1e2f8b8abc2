/** A price between its lowest and its highest, as a mark on a line. */

import { numberIn, showText, withThousands } from "./values.js";

export class RangeBar {
  /** @param {HTMLElement} root with the parts low, high and mark */
  constructor(root) {
    const part = (name) => root.querySelector(`[data-range=${name}]`);
    [this.low, this.high, this.mark] = ["low", "high", "mark"].map(part);
  }

  show(low, high, price) {
    showText(this.low, withThousands(low));
    showText(this.high, withThousands(high));
    const [from, to, at] = [low, high, price].map(numberIn);
    const isKnown = from !== null && to !== null && at !== null && to > from;
    const percent = isKnown ? Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100)) : 0;
    this.mark.hidden = !isKnown;
    this.mark.style.insetInlineStart = `${percent.toFixed(1)}%`;
  }
}
