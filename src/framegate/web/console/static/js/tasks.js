// Lists of this account's tasks, newest first, whatever the gateway offers for them.

import { get, post } from "./api.js";

const WINDOW_MS = 365 * 86400 * 1000;

/**
 * One page of tasks: {result, next_cursor}.
 * facts   `lists`: whether `GET /api/tasks` is there; `account`: whose
 * asked   {limit, status, text, cursor}, all but the limit optional
 */
export async function tasksOf(facts, asked) {
  const given = Object.entries(asked).filter(([, value]) => value);
  if (facts.lists) {
    const query = new URLSearchParams([...given, ["account", facts.account]]);
    return get(`/api/tasks?${query}`);
  }
  const { limit, status, cursor } = asked;
  const filters = status ? [{ key: "status", values: [status] }] : [];
  const found = await post("/tasks", { limit, filters, ...(cursor ? { cursor } : { start_time: Date.now() - WINDOW_MS }) });
  return { result: (found.result || []).map((task) => ({ ...task, task: task.id })), next_cursor: found.next_cursor };
}
