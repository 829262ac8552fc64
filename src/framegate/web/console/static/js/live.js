// What happens to tasks while a page is open: by the gateway's stream of events, and by asking again
// now and then where the stream breaks off.

const BROKEN_MAX = 3;
const ASK_EVERY_MS = 5000;
const LISTEN_AGAIN_MS = 60000;

/**
 * Tell what happens until the function that this answers is called.
 * onProgress(data)  how far a render is
 * onChange(data)    a task has changed; {} when the stream is gone and it is time to look
 * onState(isLive)   whether the stream is heard
 */
export function listen(path, { onProgress, onChange, onState }) {
  let source = null;
  let timer = 0;
  let broken = 0;
  let isOver = false;

  function open() {
    source = new EventSource(path);
    source.addEventListener("open", () => {
      broken = 0;
      onState(true);
    });
    source.addEventListener("task", (event) => {
      document.dispatchEvent(new Event("framegate:tasks"));
      onChange(JSON.parse(event.data));
    });
    source.addEventListener("progress", (event) => onProgress(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      broken += 1;
      if (isOver || (source.readyState !== EventSource.CLOSED && broken < BROKEN_MAX)) return;
      source.close();
      fallBack();
    });
  }

  function fallBack() {
    onState(false);
    const until = Date.now() + LISTEN_AGAIN_MS;
    clearInterval(timer);
    timer = setInterval(() => {
      if (!document.hidden) onChange({});
      if (Date.now() < until) return;
      clearInterval(timer);
      broken = 0;
      open();
    }, ASK_EVERY_MS);
  }

  open();
  return () => {
    isOver = true;
    clearInterval(timer);
    source.close();
  };
}

/** The page at an address as it is now; null when it cannot be had. */
export async function pageAt(path) {
  try {
    const answer = await fetch(path, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    // The session is over: the browser is led to the sign-in, as by any link.
    if (answer.redirected) location.reload();
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}
