// read.js - a question asked again and again while a view is open.
import { useEffect, useState } from "preact/hooks";
import { ask, state } from "./store.js";

// Who has said something wants to see at once what came of it.
const open = new Set();
export const readAgain = () => open.forEach((again) => again());

// {data, problem}: the last answer, and why there is none newer.
export function useRead(read, seconds, key) {
  const [found, setFound] = useState({});
  useEffect(() => {
    let over = false;
    let busy = false;
    const again = async () => {
      if (busy || document.hidden) return;
      busy = true;
      try {
        const data = await (typeof read === "string" ? ask(read) : read());
        if (!over) setFound({ data });
      } catch (problem) {
        if (!over) setFound((before) => ({ data: before.data, problem }));
      }
      busy = false;
    };
    again();
    open.add(again);
    const timer = setInterval(again, seconds * 1000);
    return () => {
      over = true;
      open.delete(again);
      clearInterval(timer);
    };
  }, [key, state.consents]);
  return found;
}
