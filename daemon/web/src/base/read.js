// read.js - a question asked again and again while a view is open.
import { useEffect, useState } from "preact/hooks";
import { ask, state } from "./store.js";

// Who has said something wants to see at once what came of it.
const open = new Set();
export const readAgain = () => open.forEach((again) => again());

// {data, problem}: the last answer to what `key` names, and why there is none newer. keep: until it
// has come the one before stays, for the same seen through another window.
export function useRead(read, seconds, key, keep = false) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let over = false;
    let busy = false;
    let isAsked = false;
    const again = async () => {
      if (busy || document.hidden) return;
      busy = true;
      do {
        isAsked = false;
        try {
          const data = await (typeof read === "string" ? ask(read) : read());
          if (!over) setFound({ key, data });
        } catch (problem) {
          if (!over) setFound((before) => ({ key, data: keep || before.key === key ? before.data : undefined, problem }));
        }
      } while (isAsked && !over);
      busy = false;
    };
    // What is under way was asked before.
    const anew = () => ((isAsked = true), again());
    again();
    open.add(anew);
    const timer = setInterval(again, seconds * 1000);
    document.addEventListener("visibilitychange", again); // who comes back sees how it is now
    return () => {
      over = true;
      open.delete(anew);
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [key, state.consents]);
  return keep || found.key === key ? found : {};
}
