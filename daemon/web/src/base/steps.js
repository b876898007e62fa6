// steps.js - a person's word about a case: POST /api/v1/KIND/ID/STEP with a key of our own, so
// that saying it twice does it once.
import { ask, state } from "./store.js";

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(9))].map((b) => b.toString(36).padStart(2, "0")).join("");

export const say = (kind, id, step, body = {}, key = newKey()) =>
  ask(`/api/v1/${kind}/${encodeURIComponent(id)}/${step}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body),
  });

// As a form sends it: (body, key).
export const saying = (kind, id, step) => (body, key) => say(kind, id, step, body, key);

export const is = (...roles) => state.status?.auth === "none" || roles.includes(state.status?.role);
