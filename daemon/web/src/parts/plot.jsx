// plot.jsx - values over time on a canvas: round numbers at the axes, whole hours of this place's
// clock, gaps as gaps, and one cursor for all plots of a page. Its own few lines, for a library of
// charts would be a sixth of what all pages may weigh.
import { useEffect, useRef } from "preact/hooks";
import { nearest, roundTicks, timeTicks } from "./ticks.js";

export const grey = "#9fadb9";
export const colour = { high: "#ff3b4e", medium: "#f5c400", low: "#22b8cf" };
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 8, 8, 22];

function line(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function axes(ctx, box, { from, to, reach, valueOf, timeOf }) {
  ctx.strokeStyle = "#2c353e";
  ctx.fillStyle = grey;
  ctx.textAlign = "right";
  for (const v of roundTicks(...reach, (box.bottom - box.top) / 24)) {
    const text = valueOf(v);
    if (text === "") continue;
    line(ctx, box.left, box.y(v), box.right, box.y(v));
    ctx.fillText(text, box.left - 5, box.y(v) + 4);
  }
  ctx.textAlign = "center";
  for (const at of timeTicks(from, to, (box.right - box.left) / 80)) {
    line(ctx, box.x(at), box.top, box.x(at), box.bottom);
    ctx.fillText(timeOf(at), Math.min(box.x(at), box.right - 20), box.bottom + 15);
  }
}

// What was not measured is no line; few values are dots besides.
function curve(ctx, box, { times, values, isFlag }) {
  const dots = times.length < 2 || (box.x(times.at(-1)) - box.x(times[0])) / times.length > 8;
  ctx.strokeStyle = ctx.fillStyle = "#e6ebf0";
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  let before = null;
  times.forEach((at, i) => {
    const v = values[i];
    if (v !== null && before === null) ctx.moveTo(box.x(at), box.y(v));
    else if (v !== null) {
      if (isFlag) ctx.lineTo(box.x(at), box.y(before));
      ctx.lineTo(box.x(at), box.y(v));
    }
    before = v;
  });
  ctx.stroke();
  if (dots) times.forEach((at, i) => values[i] !== null && ctx.fillRect(box.x(at) - 2, box.y(values[i]) - 2, 4, 4));
}

function paint(canvas, plot, cursor) {
  const { from, to, reach: [low, high], draw } = plot;
  const { clientWidth: width, clientHeight: height } = canvas;
  const ctx = canvas.getContext("2d");
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.font = '11px system-ui, "Noto Sans CJK SC", sans-serif';
  const box = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
  box.x = (at) => box.left + ((at - from) / (to - from)) * (box.right - box.left);
  box.y = (v) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top);
  axes(ctx, box, plot);
  ctx.beginPath();
  ctx.rect(box.left, 0, box.right - box.left, height);
  ctx.clip();
  curve(ctx, box, plot);
  ctx.lineWidth = 1;
  draw?.(ctx, box);
  ctx.strokeStyle = grey;
  if (cursor !== null) line(ctx, box.x(cursor), box.top, box.x(cursor), box.bottom);
}

const shown = new Set(); // all plots of the page: they share the cursor

// times, values: with nulls where there is a gap. reach: lowest and highest value of the axis.
// valueOf, timeOf: texts at the axes. draw(ctx, box): what else is to be seen. onPoint(index):
// the value under the cursor, or null. What changes any of them is in `version`.
export function Plot({ height, version, ...plot }) {
  const canvas = useRef(null);
  const cursor = useRef(null);
  const latest = useRef(plot);
  latest.current = plot;
  const again = () => canvas.current && paint(canvas.current, latest.current, cursor.current);
  useEffect(() => {
    const show = (at) => {
      const { times, from, to, onPoint } = latest.current;
      cursor.current = at !== null && at >= from && at <= to ? at : null;
      onPoint(cursor.current === null ? null : nearest(times, cursor.current));
      again();
    };
    shown.add(show);
    const watcher = new ResizeObserver(again);
    watcher.observe(canvas.current);
    return () => {
      shown.delete(show);
      watcher.disconnect();
    };
  }, []);
  useEffect(again, [version, plot.times, plot.from, plot.to]);
  const move = ({ offsetX, currentTarget }) => {
    const { from, to } = latest.current;
    const at = from + ((offsetX - LEFT) / (currentTarget.clientWidth - LEFT - RIGHT)) * (to - from);
    shown.forEach((show) => show(at));
  };
  return <canvas ref={canvas} class="plot" style={{ height: `${height}px` }} onPointerMove={move} onPointerLeave={() => shown.forEach((show) => show(null))} />;
}

// A dashed line at a value, from edge to edge.
export function dashed(ctx, box, value, text = "") {
  const y = box.y(value);
  if (y < box.top || y > box.bottom) return;
  ctx.setLineDash([6, 4]);
  line(ctx, box.left, y, box.right, y);
  ctx.setLineDash([]);
  ctx.textAlign = "right";
  ctx.fillText(text, box.right, y - 3);
}

export function upright(ctx, box, at) {
  line(ctx, box.x(at), box.top, box.x(at), box.bottom);
}
