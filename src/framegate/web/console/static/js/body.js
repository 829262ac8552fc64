// The request that the form stands for: the page's body, in the page's order.

/** `wish`: {picture, prompt, duration, resolution, aspect, callback, external, watermark}. */
export function bodyOf(wish) {
  const contents = [{ type: "first_frame", url: wish.picture }];
  if (wish.prompt) contents.push({ type: "prompt", text: wish.prompt });
  const body = { contents, settings: { resolution: wish.resolution, aspect_ratio: wish.aspect, duration: wish.duration } };
  const options = {};
  if (wish.callback) options.callback_url = wish.callback;
  if (wish.external) options.external_task_id = wish.external;
  if (wish.watermark) options.watermark_info = { enabled: true };
  return Object.keys(options).length ? { ...body, options } : body;
}
