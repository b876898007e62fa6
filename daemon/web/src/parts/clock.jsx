// clock.jsx - what time it is by the daemon's clock, the one that all times of the page are of.
import { now } from "../base/store.js";
import { clock } from "../base/time.js";

export function Clock() {
  const at = new Date(now()).toISOString();
  return (
    <time class="clock number" datetime={at} title={at}>
      {clock(at)}
    </time>
  );
}
