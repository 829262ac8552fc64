// The newest tasks of this account, as one list whatever the gateway offers for it.

import { get, post } from "./api.js";

const TASKS_MAX = 12;
const WINDOW_MS = 365 * 86400 * 1000;

/** Newest first, as `GET /api/tasks` answers them. */
export async function recent({ lists, account }) {
  if (lists) return (await get(`/api/tasks?limit=${TASKS_MAX}&account=${account}`)).result;
  const found = await post("/tasks", { limit: TASKS_MAX, start_time: Date.now() - WINDOW_MS });
  return (found.result || []).map((task) => ({ ...task, task: task.id }));
}
