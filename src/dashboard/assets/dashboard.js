/**
 * What pages do besides showing: ask before what cannot be taken back, and replace what has changed. Pages work without
 * it.
 *
 * - `<time datetime="…">` gets the reader's own time behind it, where that is another.
 * - A notice of what was done (`data-done`) is told once: not again when the page is reloaded, and not when the page
 *   says more by now.
 * - `<form data-confirm="Really?">` asks before it is sent.
 * - `<div data-live="/path">` listens to server-sent events there. Each event is named for the id of an element and
 *   holds its new markup; one named `reload` loads the page again, `end` stops listening.
 */
const pad = (number) => String(number).padStart(2, '0');

/** An instant by the reader's clock: its date and its time. */
function readersTime(at) {
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return [date, `${pad(at.getHours())}:${pad(at.getMinutes())}`];
}

function addReadersTimes(part) {
  for (const time of part.querySelectorAll('time[datetime]')) {
    const [date, clock] = readersTime(new Date(time.dateTime));
    const shown = time.textContent;
    if (shown.includes(`${date} ${clock}`)) continue;
    const yours = document.createElement('span');
    yours.className = 'yours';
    yours.textContent = `(${shown.includes(date) ? '' : `${date} `}${clock} your time)`;
    time.append(' ', yours);
  }
}

// What a part says without them, to compare with what it says later.
for (const part of document.querySelectorAll('[data-live] [id]')) part.dataset.text = part.textContent;
addReadersTimes(document);

const address = new URL(window.location.href);
if (address.searchParams.has('done')) {
  address.searchParams.delete('done');
  address.searchParams.delete('n');
  window.history.replaceState(null, '', address);
}

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
    const replace = (markup) => {
      const before = part.dataset.text;
      part.innerHTML = markup;
      part.dataset.text = part.textContent;
      if (part.id === 'run-state' && part.dataset.text !== before) {
        for (const notice of document.querySelectorAll('[data-done]')) notice.remove();
      }
      addReadersTimes(part);
    };
    // A person who is using something in there would lose their place; it changes when they leave.
    let waiting;
    const isUsed = () => part.contains(document.activeElement);
    source.addEventListener(part.id, ({ data }) => {
      if (isUsed()) waiting = data;
      else replace(data);
    });
    part.addEventListener('focusout', () =>
      setTimeout(() => {
        if (waiting === undefined || isUsed()) return;
        replace(waiting);
        waiting = undefined;
      }),
    );
  }
  source.addEventListener('reload', () => window.location.reload());
  source.addEventListener('end', () => source.close());
  window.addEventListener('pagehide', () => source.close());
}
