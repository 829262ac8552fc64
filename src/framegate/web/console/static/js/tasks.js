// Lists of this account's tasks, newest first.

import { get } from "./api.js";

/**
 * One page of tasks: {result, next_cursor, ...} of `GET /api/tasks`.
 * asked   {account, limit, status, text, cursor}; what is empty is not asked
 */
export function tasksOf(asked) {
  return get(`/api/tasks?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`);
}
