// The form as code that runs as pasted. The key comes from the environment: it is never on the page.

import { bodyOf } from "./body.js";

const inShell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** JSON of a body as a person would lay it out: a line a member, the items of a list in a column. */
function laidOut(body, margin, yes = "true") {
  // Strings are matched first, so that nothing in a prompt is touched.
  const spaced = (value) =>
    JSON.stringify(value).replace(/("(?:[^"\\]|\\.)*")|([,:])|true/g, (whole, text, mark) => text ?? (mark ? `${mark} ` : yes));
  const members = Object.entries(body).map(([name, value]) => {
    if (!Array.isArray(value)) return `"${name}": ${spaced(value)}`;
    const column = " ".repeat(margin + name.length + 6);
    return `"${name}": [${value.map(spaced).join(`,\n${column}`)}]`;
  });
  return `{${members.join(`,\n${" ".repeat(margin + 1)}`)}}`;
}

/** What each tab shows: `place` is {url, create}, `wish` as in body.js. */
export function codeOf(tab, place, wish) {
  return { curl, python, javascript, cli }[tab](place, wish);
}

function curl({ url, create }, wish) {
  return `# export FRAMEGATE_KEY=fg_...
curl ${inShell(url + create)} \\
  -H "Authorization: Bearer $FRAMEGATE_KEY" -H "Content-Type: application/json" \\
  -d ${inShell(laidOut(bodyOf(wish), 6))}

# ask for it with the id that this answers, until "status" is "succeed" or "failed":
# curl ${url}${create}/ID -H "Authorization: Bearer $FRAMEGATE_KEY"
`;
}

function python({ url, create }, wish) {
  const body = laidOut(bodyOf(wish), 16, "True");
  return `# export FRAMEGATE_KEY=fg_...   (Python 3, nothing to install)
import json, os, time, urllib.request

URL = ${JSON.stringify(url + create)}
HEADERS = {
    "Authorization": "Bearer " + os.environ["FRAMEGATE_KEY"],
    "Content-Type": "application/json",
}


def ask(url, body=None):
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url, data, HEADERS)) as answer:
        return json.load(answer)["data"]


task = ask(URL, ${body})
while task["status"] not in ("succeed", "failed"):
    time.sleep(1)
    task = ask(URL + "/" + task["id"])
if task["status"] == "failed":
    raise SystemExit(task["task_status_msg"])
urllib.request.urlretrieve(task["task_result"]["videos"][0]["url"], "video.mp4")
print("video.mp4")
`;
}

function javascript({ url, create }, wish) {
  return `// export FRAMEGATE_KEY=fg_...   (Node 18 or newer: save as video.mjs, run node video.mjs)
import { writeFile } from "node:fs/promises";

const URL_ = ${JSON.stringify(url + create)};
const headers = {
  Authorization: "Bearer " + process.env.FRAMEGATE_KEY,
  "Content-Type": "application/json",
};

async function ask(url, body) {
  const answer = await fetch(url, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  const { code, message, data } = await answer.json();
  if (code !== 0) throw new Error(message);
  return data;
}

let task = await ask(URL_, ${laidOut(bodyOf(wish), 27)});
while (task.status !== "succeed" && task.status !== "failed") {
  await new Promise((wake) => setTimeout(wake, 1000));
  task = await ask(URL_ + "/" + task.id);
}
if (task.status === "failed") throw new Error(task.task_status_msg);
const video = await fetch(task.task_result.videos[0].url);
await writeFile("video.mp4", Buffer.from(await video.arrayBuffer()));
console.log("video.mp4");
`;
}

function cli({ url }, wish) {
  const words = wish.prompt ? ` \\\n  --prompt ${inShell(wish.prompt)}` : "";
  return `# export FRAMEGATE_KEY=fg_...
framegate generate ${inShell(wish.picture)}${words} \\
  --duration ${wish.duration} --resolution ${wish.resolution} \\
  --url ${inShell(url)} --output video.mp4
`;
}
