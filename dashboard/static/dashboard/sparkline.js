/** A small line without axes: the shape of some prices, not their values. */

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, MARGIN] = [64, 24, 2];

export class Sparkline {
  constructor() {
    this.svg = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "spark" });
    this.svg.setAttribute("aria-hidden", "true");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.base = made("line", { x1: 0, x2: WIDTH, class: "spark-base" });
    this.line = made("polyline", { class: "spark-line" });
    this.svg.append(this.base, this.line);
    this.show([]);
  }

  /**
   * @param {[number, number][]} points times and values, in the order of time
   * @param {number | null} close the value of the last close, which the dashed line stands for: at
   *   the edge where all that came in is above or below it
   * @param {"up" | "down" | "flat"} trend that of the percentage shown beside it
   */
  show(points, close = null, trend = "flat") {
    const place = places(points);
    const height = place.y(close ?? 0);
    this.base.setAttribute("y1", height);
    this.base.setAttribute("y2", height);
    this.base.toggleAttribute("hidden", close === null);
    this.line.setAttribute("points", points.length > 1 ? points.map(place.text).join(" ") : "");
    this.svg.dataset.trend = trend;
  }
}

function places(points) {
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const x = (at) => (last > first ? ((at - first) / (last - first)) * WIDTH : 0);
  const within = (value) => Math.min(Math.max(value, low), high);
  const share = (value) => (high > low ? (within(value) - low) / (high - low) : flatShare(value, low));
  const y = (value) => HEIGHT - MARGIN - share(value) * (HEIGHT - 2 * MARGIN);
  return { y, text: ([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}` };
}

/** Of a price that did not move: in the middle, and what is not that price above or below. */
function flatShare(value, only) {
  return value > only ? 1 : value < only ? 0 : 0.5;
}

function made(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  return node;
}
