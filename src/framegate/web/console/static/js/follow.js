// Follow one task until it has ended: by the gateway's stream of events, and by asking again
// where that breaks off. Either way the task's own page has the last word.

import { ApiError, get } from "./api.js";

const ASK_EVERY_MS = 500;
const ASK_SLOWLY_MS = 3000;
const SLOW_AFTER_MS = 60000;
const STREAMS_BROKEN_MAX = 3;

export const ENDED = new Set(["succeeded", "failed"]);

/**
 * Tell `onTask` of every change, with the task as `GET /api/tasks/{id}` answers it.
 * onLost(isLost) says when the gateway stops answering, and when it answers again.
 * returns a function that ends the following
 */
export function follow(taskId, { onTask, onLost }) {
  const path = `/api/tasks/${encodeURIComponent(taskId)}`;
  const began = Date.now();
  let source = null;
  let timer = 0;
  let isOver = false;
  let task = null;

  function end() {
    isOver = true;
    clearTimeout(timer);
    if (source) source.close();
  }

  function tell(changed) {
    task = { ...task, ...changed };
    onTask(task);
    if (ENDED.has(task.status)) end();
  }

  async function look() {
    if (isOver) return;
    try {
      const found = await get(path);
      if (isOver) return;
      onLost(false);
      tell(found);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return end();
      onLost(true);
    }
  }

  async function askAgain() {
    await look();
    if (isOver) return;
    timer = setTimeout(askAgain, Date.now() - began > SLOW_AFTER_MS ? ASK_SLOWLY_MS : ASK_EVERY_MS);
  }

  function listen() {
    let broken = 0;
    source = new EventSource(`${path}/events`);
    source.addEventListener("open", () => onLost(false));
    source.addEventListener("task", () => {
      document.dispatchEvent(new Event("framegate:tasks"));
      broken = 0;
      look();
    });
    source.addEventListener("progress", (event) => {
      broken = 0;
      const { stage, frames_done, frames_total } = JSON.parse(event.data);
      if (!isOver && task) tell({ stage, frames_done, frames_total });
    });
    source.addEventListener("error", () => {
      broken += 1;
      if (isOver || (source.readyState !== EventSource.CLOSED && broken < STREAMS_BROKEN_MAX)) return;
      source.close();
      askAgain();
    });
  }

  look().then(() => isOver || listen());
  return end;
}
