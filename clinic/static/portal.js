// Printing is the one thing that a page cannot offer without script, so the button shows itself only here.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
