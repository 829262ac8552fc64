// The gateway's JSON API, as the console asks it: with the session's cookie, and the proof that one
// of our own pages asks. Everything a page shows or does goes through here.

import { words } from "./words.js";

/** A refusal, or no answer at all (`status` 0). `errors` are `{path, message}` of fields. */
export class ApiError extends Error {
  constructor(status, envelope) {
    super(envelope.message || words.no_server);
    this.status = status;
    this.code = envelope.code;
    this.requestId = envelope.request_id || "";
    this.errors = (envelope.data && envelope.data.errors) || [];
    this.envelope = envelope;
  }
}

/** Ask, and answer the whole envelope; `extra.headers` and `extra.signal` as fetch has them. */
export async function ask(method, path, body, extra = {}) {
  const headers = { Accept: "application/json", "X-Framegate-Console": "1", ...extra.headers };
  const isBytes = body instanceof Blob || body instanceof ArrayBuffer;
  if (body !== undefined && !isBytes) headers["Content-Type"] = "application/json";
  const content = body === undefined || isBytes || typeof body === "string" ? body : JSON.stringify(body);
  let answer;
  let envelope;
  try {
    answer = await fetch(path, { method, headers, body: content, signal: extra.signal, credentials: "same-origin" });
    envelope = await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(answer ? answer.status : 0, {});
  }
  if (answer.status === 401) signInAgain();
  if (!answer.ok || envelope.code !== 0) throw new ApiError(answer.status, envelope);
  return { ...envelope, taskId: answer.headers.get("X-Framegate-Task") || "" };
}

/** The `data` of what a GET answers. */
export const get = async (path, extra) => (await ask("GET", path, undefined, extra)).data;

/** The `data` of what a POST answers. */
export const post = async (path, body, extra) => (await ask("POST", path, body, extra)).data;

function signInAgain() {
  const next = encodeURIComponent(location.pathname);
  location.assign(`/console/sign-in?next=${next}&over=1`);
}

/** The path of a link of ours: the console may be seen under another address than its links name. */
export function local(url) {
  const parsed = new URL(url, location.href);
  return parsed.pathname + parsed.search;
}
