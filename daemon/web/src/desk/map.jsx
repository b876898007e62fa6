// map.jsx - districts and marks on a canvas: moved by dragging and arrows, zoomed by wheel, two
// fingers, + and -, back by 0. Drawn only when something on it is another one. Its own few
// lines, for a library of maps would be a fifth of what all pages may weigh.
import { useEffect, useRef, useState } from "preact/hooks";
import { boundsOf, isInside } from "./geography.js";

const colour = { high: "#ff3b4e", medium: "#f5c400", low: "#22b8cf" };
const grey = "#9fadb9";
const REACH = 12; // pixels around a mark that are the mark's

function shape(ctx, priority, x, y, r) {
  ctx.beginPath();
  if (priority === "high") ctx.rect(x - r, y - r, 2 * r, 2 * r);
  else if (priority === "medium") {
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.lineTo(x - r, y + r);
    ctx.closePath();
  } else ctx.arc(x, y, r, 0, 2 * Math.PI);
}

function drawShape(ctx, { rings, label, head, code }, at, scale, isChosen, name, most) {
  ctx.beginPath();
  for (const ring of rings) {
    ring.forEach((point, i) => {
      const [x, y] = at(point[0], point[1]);
      if (i === 0) ctx.moveTo(x, y);
      else ctx.lineTo(x, y);
    });
    ctx.closePath();
  }
  ctx.fillStyle = isChosen ? "#26313b" : "#1b2229";
  ctx.fill("evenodd");
  ctx.strokeStyle = isChosen ? "#e6ebf0" : "#3a4651";
  ctx.lineWidth = isChosen ? 2 : 1;
  ctx.stroke();
  if (!label || !name(code)) return;
  const [x, y] = at(...label);
  const text = head ? Math.min(most, 0.85 * head * scale) : most; // a tile's name stays in its head
  ctx.font = `${text}px system-ui, "Noto Sans CJK SC", sans-serif`;
  ctx.textAlign = "center";
  ctx.fillStyle = grey;
  ctx.fillText(name(code), x, y + text / 3);
}

// What nobody has acknowledged is larger; a mark never grows over its neighbours.
function drawMark(ctx, mark, at, scale, rem, isOld) {
  const most = Math.max(2.5, (mark.room * scale) / 2 - 0.5);
  const size = Math.min(most, (mark.waits ? 0.5 : mark.priority ? 0.36 : 0.22) * rem);
  const [x, y] = at(mark.x, mark.y);
  shape(ctx, mark.priority, x, y, size);
  ctx.fillStyle = ctx.strokeStyle = mark.priority ? colour[mark.priority] : grey;
  ctx.lineWidth = Math.max(1.2, size / 4);
  if (mark.hollow || isOld) ctx.stroke();
  else ctx.fill();
}

const looks = ["site", "x", "y", "priority", "waits", "hollow"];
const isAlike = (some, others) =>
  some === others || (some.length === others.length && some.every((mark, i) => mark === others[i] || looks.every((key) => mark[key] === others[i][key])));

// From the world to the canvas: the bounds fill it, then what the hands have done.
function viewOf(bounds, width, height, { zoom, dx, dy }) {
  const [x0, y0, x1, y1] = bounds;
  const fit = Math.min((width - 8) / (x1 - x0 || 1), (height - 8) / (y1 - y0 || 1));
  const scale = fit * zoom;
  const left = width / 2 - ((x0 + x1) / 2) * scale + dx;
  const top = height / 2 - ((y0 + y1) / 2) * scale + dy;
  return { scale, at: (x, y) => [x * scale + left, y * scale + top], back: (x, y) => [(x - left) / scale, (y - top) / scale] };
}

const still = { zoom: 1, dx: 0, dy: 0 };

function zoomed(hand, factor, x, y, width, height) {
  const zoom = Math.max(1, Math.min(40, hand.zoom * factor));
  const by = zoom / hand.zoom;
  if (zoom === 1) return still;
  // What is under the pointer stays there.
  return { zoom, dx: (x - width / 2) * (1 - by) + hand.dx * by, dy: (y - height / 2) * (1 - by) + hand.dy * by };
}

function useHands(canvas, size, setHand, onPick) {
  const fingers = useRef(new Map());
  const moved = useRef(0);
  const spread = () => {
    const [a, b] = [...fingers.current.values()];
    return { far: Math.hypot(a[0] - b[0], a[1] - b[1]), x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 };
  };
  return {
    onPointerDown(event) {
      fingers.current.set(event.pointerId, [event.offsetX, event.offsetY]);
      if (fingers.current.size === 1) moved.current = 0;
      canvas.current.setPointerCapture(event.pointerId);
    },
    onPointerMove(event) {
      const before = fingers.current.get(event.pointerId);
      if (!before) return;
      const two = fingers.current.size === 2 && spread();
      fingers.current.set(event.pointerId, [event.offsetX, event.offsetY]);
      const [dx, dy] = [event.offsetX - before[0], event.offsetY - before[1]];
      moved.current += Math.abs(dx) + Math.abs(dy);
      if (two) {
        const now = spread();
        setHand((hand) => zoomed(hand, now.far / (two.far || 1), now.x, now.y, ...size));
      } else setHand((hand) => (hand.zoom === 1 ? hand : { ...hand, dx: hand.dx + dx, dy: hand.dy + dy }));
    },
    onPointerUp(event) {
      fingers.current.delete(event.pointerId);
      if (moved.current < 6) onPick(event.offsetX, event.offsetY);
    },
    onPointerCancel: (event) => fingers.current.delete(event.pointerId),
    onWheel(event) {
      event.preventDefault();
      setHand((hand) => zoomed(hand, event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY, ...size));
    },
    onKeyDown(event) {
      const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (step) setHand((hand) => ({ ...hand, dx: hand.dx + step[0], dy: hand.dy + step[1] }));
      else if (event.key === "+" || event.key === "=") setHand((hand) => zoomed(hand, 1.25, size[0] / 2, size[1] / 2, ...size));
      else if (event.key === "-") setHand((hand) => zoomed(hand, 0.8, size[0] / 2, size[1] / 2, ...size));
      else if (event.key === "0") return setHand(still); // and the wall goes back to the city
      else return;
      event.preventDefault();
    },
  };
}

function useSize(box) {
  const [size, setSize] = useState([300, 300]);
  useEffect(() => {
    const watcher = new ResizeObserver(() => setSize([box.current.clientWidth, box.current.clientHeight]));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return size;
}

// shapes, marks: what is drawn. bounds: what fills the view, or all. chosen: a district's code.
// name(code): what stands on a district. onSite, onDistrict: what a click on them does.
export function CityMap({ shapes, marks, bounds, chosen, name, label, isOld, onSite, onDistrict, titleOf }) {
  const box = useRef(null);
  const canvas = useRef(null);
  const size = useSize(box);
  const [hand, setHand] = useState(still);
  const view = viewOf(bounds ?? boundsOf(shapes.flatMap((one) => one.rings.flat())), ...size, hand);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  useEffect(() => setHand(still), [String(bounds)]);

  // Drawn again only when it looks otherwise: a page asks every second.
  const names = String(shapes.map((one) => name(one.code)));
  const drawn = useRef({});
  useEffect(() => {
    const frame = `${size} ${hand.zoom} ${hand.dx} ${hand.dy} ${bounds} ${chosen} ${isOld} ${rem} ${names}`;
    if (frame === drawn.current.frame && shapes === drawn.current.shapes && isAlike(marks, drawn.current.marks)) return;
    drawn.current = { frame, shapes, marks };
    const dots = devicePixelRatio || 1;
    canvas.current.width = size[0] * dots;
    canvas.current.height = size[1] * dots;
    const ctx = canvas.current.getContext("2d");
    ctx.scale(dots, dots);
    for (const one of shapes) drawShape(ctx, one, view.at, view.scale, one.code === chosen, name, 0.8 * rem);
    // What calls is drawn last, so that nothing lies over it.
    const rank = (mark) => ({ high: 3, medium: 2, low: 1 })[mark.priority] ?? 0;
    for (const mark of [...marks].sort((a, b) => rank(a) - rank(b))) drawMark(ctx, mark, view.at, view.scale, rem, isOld);
  });

  const markAt = (x, y) => {
    let best = null;
    for (const mark of marks) {
      const [mx, my] = view.at(mark.x, mark.y);
      const far = Math.hypot(mx - x, my - y);
      if (far < (best?.far ?? REACH)) best = { mark, far };
    }
    return best?.mark;
  };
  const pick = (x, y) => {
    const mark = onSite && markAt(x, y);
    const there = view.back(x, y);
    const district = shapes.find((one) => one.rings.some((ring) => isInside(there, ring)));
    if (mark) onSite(mark.site);
    else if (onDistrict) onDistrict(district?.code ?? "");
  };
  const hands = useHands(canvas, size, setHand, pick);
  const hover = (event) => {
    hands.onPointerMove(event);
    const mark = titleOf && markAt(event.offsetX, event.offsetY);
    event.target.title = mark ? titleOf(mark) : "";
  };
  return (
    <div class="map" ref={box}>
      <canvas ref={canvas} role="img" aria-label={label} tabIndex={onDistrict ? 0 : undefined} {...hands} onPointerMove={hover} />
    </div>
  );
}
