// The viewer of /docs. What it sends goes to this gateway alone, as the console sends it: with the
// session of who is signed in, or with the key that is typed under "Authorize".
const viewer = document.getElementById("viewer");

// The viewer has a dark face of its own, behind a class of the page; it follows the console's light.
const root = document.documentElement;
const isDarkHere = matchMedia("(prefers-color-scheme: dark)");
function light() {
  const { theme } = root.dataset;
  root.classList.toggle("dark-mode", theme === "dark" || (theme === "system" && isDarkHere.matches));
}
light();
isDarkHere.addEventListener("change", light);
new MutationObserver(light).observe(root, { attributeFilter: ["data-theme"] });

// Swagger UI is a classic script that was deferred before this module.
window.SwaggerUIBundle({
  url: viewer.dataset.description,
  domNode: viewer,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: false,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers["X-Framegate-Console"] = "1";
    }
    return request;
  },
});
