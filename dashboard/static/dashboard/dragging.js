/** Rows that can be dragged to another place with a pointer. */

/**
 * @param {HTMLElement} body whose rows have `data-symbol` and are draggable
 * @param {(symbol: string, position: number) => void} onDrop where a row was let go
 */
export function makeSortable(body, onDrop) {
  let dragged = null;
  let start = 0;
  const position = () => [...body.rows].indexOf(dragged);

  body.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("tr");
    start = position();
    dragged.dataset.dragged = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.symbol);
  });

  body.addEventListener("dragover", (event) => {
    const over = event.target.closest("tr");
    if (!dragged || !over) {
      return;
    }
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    const isAbove = event.clientY < top + height / 2;
    if (over !== dragged) {
      over[isAbove ? "before" : "after"](dragged);
    }
  });

  // Otherwise some browsers go where the dragged text points.
  body.addEventListener("drop", (event) => event.preventDefault());

  body.addEventListener("dragend", ({ dataTransfer }) => {
    if (dragged) {
      delete dragged.dataset.dragged;
      // Escape, or let go elsewhere: back to where it was.
      const isCancelled = dataTransfer.dropEffect === "none";
      onDrop(dragged.dataset.symbol, isCancelled ? start : position());
      dragged = null;
    }
  });
}
