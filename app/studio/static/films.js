// A film that is being changed: how far it is, asked now and then; when it is over, the page is drawn again.
setInterval(async () => {
  const making = document.querySelector('[data-film]');
  if (!making || making.dataset.asking) return;
  making.dataset.asking = 'yes';
  try {
    const now = await fetch('/studio/film').then(answer => answer.json());
    making.querySelector('progress').value = now.share;
    if (now.text) making.querySelector('.far').textContent = now.text;
    if (!now.running) making.dispatchEvent(new CustomEvent('studio', { bubbles: true, detail: { do: 'filmed' } }));
  } catch { /* the server is gone or busy: it is asked again */ }
  delete making.dataset.asking;
}, 700);
