// What the sliders would make, shown while they move. One request at a time, with what they say by then: the server's
// pace sets ours. It is a picture to look at; the button makes the one to keep.
import { settings } from '/capture/assets/controls.js';

const SETTLED = 16;   // milliseconds
let busy = false, again = false, timer = 0, url = '', turn = 0;   // a turn ends when something is made: what is late then is let fall

const place = () => document.querySelector('.mirror.live') ? null : document.querySelector('#stage [data-preview]');

function show(figure, picture) {
  const old = url;
  url = URL.createObjectURL(picture);
  let image = figure.querySelector('img.after') || figure.querySelector('img.trial');
  if (!image) {
    image = Object.assign(document.createElement('img'), { className: 'trial', alt: figure.dataset.preview });
    figure.append(image);
  }
  let tag = figure.querySelector('.tag.right');
  if (!tag) { tag = Object.assign(document.createElement('span'), { className: 'tag right' }); figure.append(tag); }
  image.onload = () => {
    if (old) URL.revokeObjectURL(old);
    if (image.src !== url) return;   // the page has put what was made into the same element
    tag.textContent = figure.dataset.preview;
    figure.dataset.shown = String(performance.now());
  };
  image.src = url;
}

async function preview() {
  const figure = place();
  if (!figure) return;
  if (busy) { again = true; return; }
  busy = true;
  const mine = turn;
  try {
    const answer = await fetch('/studio/preview', { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings()) });
    const note = document.querySelector('[data-tried]');
    if (answer.ok && answer.headers.get('content-type').startsWith('image/')) { if (figure.isConnected && mine === turn) show(figure, await answer.blob()); if (note) note.textContent = ''; }
    else if (note) { const no = await answer.json(); note.textContent = `${no.reason} ${no.remedy}`; }
  } catch { /* the program has stopped, or no answer could be read: the next movement asks again */ }
  busy = false;
  if (again) { again = false; preview(); }
}

for (const name of ['input', 'change']) document.addEventListener(name, event => {
  if (!event.target.closest?.('#controls') || event.target.type === 'file') return;
  clearTimeout(timer);
  timer = setTimeout(preview, SETTLED);   // the page's own state is settled by then
});
document.addEventListener('click', event => {
  if (!event.target.closest('#make, #make-strip, #under [data-do]')) return;
  clearTimeout(timer);
  again = false; turn += 1;
});
