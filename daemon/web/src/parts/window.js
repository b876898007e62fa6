// window.js - of a long list only the rows in view are drawn. Pure.
// The rows to draw of `n` of height `row`, with some above and below.
export function windowOf(n, top, height, row, spare = 6) {
  const from = Math.max(0, Math.min(n, Math.floor(top / row)) - spare);
  const to = Math.min(n, Math.ceil((top + height) / row) + spare);
  return { from, to };
}
