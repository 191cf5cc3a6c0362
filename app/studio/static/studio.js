// The page's small manners: dropping pictures, sliding between before and after, counting down the session.
// Listeners hang on the document, because the server redraws the pieces; what happens is sent up as a `studio` event.

const tell = (element, detail) => element.dispatchEvent(new CustomEvent('studio', { bubbles: true, detail }));

let checked = null;   // the file that is verified: it is shown here with what the server found, and never comes back from it
new MutationObserver(() => {
  const image = document.querySelector('.checked[hidden] img[data-own]');
  if (!image || !checked) return;
  const url = URL.createObjectURL(checked);
  checked = null;
  image.onload = image.onerror = event => { image.closest('.checked').hidden = event.type === 'error'; URL.revokeObjectURL(url); };
  image.src = url;
}).observe(document.documentElement, { childList: true, subtree: true });

async function upload(drop, file) {
  if (!file || drop.classList.contains('busy')) return;
  const note = drop.querySelector('[data-note]');
  drop.classList.add('busy');
  note.textContent = drop.dataset.looking;
  let problem = '';
  try {
    const answer = await fetch(drop.dataset.drop, { method: 'PUT', body: file, headers: { 'content-type': 'application/octet-stream' } });
    if (answer.status === 413) problem = drop.dataset.large;
  } catch { problem = drop.dataset.failed; }
  if (problem) { drop.classList.remove('busy'); note.textContent = problem; return; }
  if (drop.dataset.drop.endsWith('/check')) checked = file;
  tell(drop, { do: 'uploaded', side: drop.dataset.side || '' });
}

document.addEventListener('change', event => {
  const drop = event.target.closest('[data-drop]');
  if (drop && event.target.type === 'file') { upload(drop, event.target.files[0]); event.target.value = ''; }
});
for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) document.addEventListener(name, event => {
  const drop = event.target.closest?.('[data-drop]');
  event.preventDefault();   // a picture dropped beside the field must not replace the page
  document.querySelectorAll('[data-drop].over').forEach(other => { if (other !== drop) other.classList.remove('over'); });
  if (!drop) return;
  drop.classList.toggle('over', name === 'dragenter' || name === 'dragover');
  if (name === 'drop') upload(drop, event.dataTransfer.files[0]);
});
document.addEventListener('paste', event => {
  const file = [...(event.clipboardData?.files || [])].find(one => one.type.startsWith('image/'));
  const drop = [...document.querySelectorAll('[data-drop]')].find(one => one.offsetParent);
  if (file && drop) upload(drop, file);
});
document.addEventListener('click', event => {
  const button = event.target.closest('[data-do]');
  if (button && !button.disabled) tell(button, { ...button.dataset });
});
document.addEventListener('click', event => {   // the server says everything again in the language of the cookie
  const button = event.target.closest('[data-language]');
  if (!button) return;
  document.cookie = `${button.dataset.cookie}=${button.dataset.language}; path=/; max-age=31536000; SameSite=Strict`;
  location.reload();
});
document.addEventListener('click', event => {   // on a small screen the picture is above the button that makes it
  const stage = document.querySelector('#stage');
  if (event.target.closest('#make, #make-strip, [data-do=draw]') && stage && stage.getBoundingClientRect().top < 0)
    stage.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
});
document.addEventListener('input', event => {
  const figure = event.target.closest('.compare');
  if (figure) figure.style.setProperty('--cut', `${event.target.value}%`);
});

let ends = null, mark = null;   // when the session ends, by this page's clock
setInterval(() => {
  const pill = document.querySelector('[data-left]');
  if (!pill) { ends = mark = null; return; }
  if (mark !== pill.dataset.mark) { mark = pill.dataset.mark; ends = performance.now() + 1000 * pill.dataset.left; }
  const left = Math.max(0, (ends - performance.now()) / 1000);
  const minutes = pill.querySelector('[data-minutes]');
  const text = pill.dataset.text.replace('{minutes}', Math.ceil(left / 60));
  if (minutes.textContent !== text) minutes.textContent = text;
  if (left === 0 && !pill.dataset.told) { pill.dataset.told = 'yes'; setTimeout(() => tell(pill, { do: 'ended' }), 1500); }
}, 1000);
