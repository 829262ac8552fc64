// The keys page: another account is shown as soon as it is chosen, a last day is asked for when wanted.

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-goes]")) event.target.form.submit();
  if (event.target.matches('[data-kind="expiry"]')) showDay(event.target);
});
document.addEventListener("reset", (event) => {
  const expiry = event.target.querySelector('[data-kind="expiry"]');
  // The fields have their first values only after the event.
  if (expiry) setTimeout(() => showDay(expiry));
});

function showDay(expiry) {
  const day = expiry.form.querySelector("[data-day]");
  day.hidden = expiry.value !== "day";
  if (day.hidden) return;
  day.min = new Date().toISOString().slice(0, 10);
  day.focus();
}
