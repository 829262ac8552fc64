// The viewer of /docs. What it sends goes to this gateway alone, as the console sends it: with the
// session of who is signed in, or with the key that is typed under "Authorize".
const viewer = document.getElementById("viewer");

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
