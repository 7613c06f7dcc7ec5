// Printing is the one thing that a page cannot offer without script, so the button shows itself only here.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Whose clock differs from the clinic's may have the times by it; for everybody else there is nothing to choose.
for (const link of document.querySelectorAll("[data-zone]")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const differs = own && own !== link.dataset.zone;
  if (differs) link.href = `?zone=${encodeURIComponent(own)}`;
  link.hidden = !differs && !link.search;
}
