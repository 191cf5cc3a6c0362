// A network in training: how far it is, its losses and what it draws, asked now and then while it is on the page.
setInterval(async () => {
  const trained = document.querySelector('[data-personal]');
  if (!trained || trained.dataset.asking) return;
  trained.dataset.asking = 'yes';
  try {
    const now = await fetch('/studio/personal').then(answer => answer.json());
    if (now.state !== trained.dataset.personal) {   // it paused, stopped, broke or was forgotten: the buttons are others
      trained.dispatchEvent(new CustomEvent('studio', { bubbles: true, detail: { do: 'turned' } }));
    } else {
      if (now.text) trained.querySelector('.far').textContent = now.text;
      trained.querySelector('.curves').innerHTML = now.curves;
      const grid = trained.querySelector('.grid'), shown = [...grid.querySelectorAll('img')].map(one => one.getAttribute('src'));
      if (now.shown.join() !== shown.join()) grid.replaceChildren(...now.shown.map(url => Object.assign(new Image(), { src: url, alt: '' })));
    }
  } catch { /* the server is gone or busy: it is asked again */ }
  delete trained.dataset.asking;
}, 1000);
