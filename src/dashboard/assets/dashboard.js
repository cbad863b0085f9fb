/**
 * What pages do besides showing: ask before what cannot be taken back, and replace what has changed. Pages work without it.
 *
 * - `<form data-confirm="Really?">` asks before it is sent.
 * - `<div data-live="/path">` listens to server-sent events there. Each event is named for the id of an element and holds its new
 *   markup; one named `reload` loads the page anew, `end` stops listening.
 */
for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

// A second click would do it twice.
document.addEventListener('submit', (event) => {
  setTimeout(() => {
    if (event.defaultPrevented) return;
    for (const button of event.target.querySelectorAll('button')) button.disabled = true;
  });
});
// Back from the page that was sent to, the buttons work again.
window.addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('form button')) button.disabled = false;
});

for (const element of document.querySelectorAll('[data-live]')) {
  const source = new EventSource(element.dataset.live);
  for (const part of element.querySelectorAll('[id]')) {
    // Whoever is using something in there would lose their place; it changes when they leave.
    let waiting;
    const isUsed = () => part.contains(document.activeElement);
    source.addEventListener(part.id, ({ data }) => {
      if (isUsed()) waiting = data;
      else part.innerHTML = data;
    });
    part.addEventListener('focusout', () =>
      setTimeout(() => {
        if (waiting === undefined || isUsed()) return;
        part.innerHTML = waiting;
        waiting = undefined;
      }),
    );
  }
  source.addEventListener('reload', () => window.location.reload());
  source.addEventListener('end', () => source.close());
  window.addEventListener('pagehide', () => source.close());
}
