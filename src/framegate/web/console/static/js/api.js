// The gateway's JSON API, as the console asks it: with the session's cookie, and the proof that one
// of our own pages asks. Everything a page shows or does goes through here.

import { said } from "./said.js";
import { words } from "./words.js";

/**
 * A refusal, or no answer at all (`status` 0). Its message and those of `errors`, which are
 * `{path, message, lang}` of fields, are in the page's language; the envelope is as it came.
 */
export class ApiError extends Error {
  constructor(status, envelope, message = "", errors = []) {
    super(message || words.no_server);
    this.status = status;
    this.code = envelope.code;
    this.requestId = envelope.request_id || "";
    this.errors = errors;
    this.envelope = envelope;
  }
}

async function refusal(status, envelope) {
  const errors = envelope.data?.errors || [];
  const [whole, ...each] = await said([envelope.message || "", ...errors.map(({ message }) => message)]);
  const told = errors.map(({ path }, place) => ({ path, message: each[place].text, lang: each[place].lang }));
  return new ApiError(status, envelope, whole.text, told);
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
  if (!answer.ok || envelope.code !== 0) throw await refusal(answer.status, envelope);
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
