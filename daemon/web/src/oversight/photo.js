// photo.js - a photo for a finding: made small on the phone, and named by its hash, so that what
// stands as evidence cannot be exchanged afterwards.
const EDGE = 1600;
export const MOST_BYTES = 400 * 1024;

const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");

const jpeg = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));

// {key, name, blob, bytes}; throws when it is no picture or stays too large.
export async function shrink(file) {
  const picture = await createImageBitmap(file);
  for (let edge = EDGE; edge >= 400; edge /= 1.5) {
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const quality of [0.8, 0.6, 0.4]) {
      const blob = await jpeg(canvas, quality);
      if (blob.size > MOST_BYTES) continue;
      const digest = hex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
      return { key: digest, name: `${digest.slice(0, 12)}.jpg`, blob, bytes: blob.size };
    }
  }
  throw new Error("too large");
}

// Metres between two places on the globe.
export function distance(a, b) {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * 6371000 * Math.asin(Math.sqrt(h));
}
