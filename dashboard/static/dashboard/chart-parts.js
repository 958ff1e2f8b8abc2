/** The parts of a chart of prices that are drawn, and what its axes say. */

export const AXIS_FONT = '11px "Inter", system-ui, sans-serif';
export const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
/** Less than this part of a price is noise that must not fill the chart. */
const SMALLEST_RANGE = 0.002;

export function timeLabels(times) {
  const format = times.length > 1 && times[1] - times[0] < 60 ? TIME : MINUTE;
  return times.map((seconds) => format.format(seconds * 1000));
}

export function priceRange(_, min, max) {
  if (min === null || max === null) {
    return [0, 1];
  }
  const middle = (min + max) / 2;
  const half = Math.max((max - min) * 0.58, (Math.abs(middle) * SMALLEST_RANGE) / 2, 1e-9);
  return [middle - half, middle + half];
}

/** A dashed line where the price was at the last close; out of range, its name at that edge. */
export function drawClose({ ctx, bbox, scales, valToPos }, close, { muted, panel }) {
  if (close === null || scales.y.min === null) {
    return;
  }
  const ratio = devicePixelRatio;
  const [top, bottom] = [bbox.top, bbox.top + bbox.height];
  const y = Math.round(valToPos(close, "y", true));
  const isBelow = y > bottom;
  const isInside = y >= top && !isBelow;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = muted;
  ctx.font = AXIS_FONT.replace("11px", `${11 * ratio}px`);
  ctx.textAlign = "left";
  if (isInside) {
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  const arrow = isInside ? "" : isBelow ? " ↓" : " ↑";
  ctx.textBaseline = y - top < 20 * ratio ? "top" : "bottom";
  const text = Math.min(Math.max(y, top), bottom) + (y - top < 20 * ratio ? 4 : -4) * ratio;
  // The lines of the grid end where the text begins.
  ctx.strokeStyle = panel;
  ctx.lineWidth = 4 * ratio;
  ctx.setLineDash([]);
  const place = [`Previous close${arrow}`, bbox.left + 4 * ratio, text];
  ctx.strokeText(...place);
  ctx.fillText(...place);
  ctx.restore();
}

/** A dot where the line ends now. */
export function drawLast({ ctx, data: [times, prices], valToPos }, colour) {
  const last = times.length - 1;
  if (last < 0) {
    return;
  }
  ctx.save();
  ctx.fillStyle = colour;
  for (const [radius, opacity] of [[7, 0.2], [3.5, 1]]) {
    ctx.globalAlpha = opacity;
    ctx.beginPath();
    const [x, y] = [valToPos(times[last], "x", true), valToPos(prices[last], "y", true)];
    ctx.arc(x, y, radius * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}
