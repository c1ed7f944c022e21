(() => {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  // Films play while they are in the middle of the window, unless their viewer has stopped them or wants no motion.
  document.querySelectorAll('video, img[data-moving]').forEach(film => {
    const button = film.closest('figure').querySelector('button');
    let near, stopped;
    if (button) {
      const still = film.src;
      const set = on => {
        film.src = on ? film.dataset.moving : still;
        button.textContent = on ? 'Pause' : 'Play';
      };
      film.play = () => set(1);
      film.pause = () => set(0);
      button.hidden = 0;
      button.onclick = () => set(!(stopped = film.src !== still));
    } else {
      film.onpause = () => stopped = near;
      film.onplay = () => stopped = 0;
    }
    if (!calm) new IntersectionObserver(([seen]) => {
      near = seen.isIntersecting;
      if (!near) film.pause();
      else if (!stopped) Promise.resolve(film.play()).catch(() => {});
    }, { rootMargin: '-25% 0px' }).observe(film);
  });
  const copy = document.querySelector('#copy');
  if (copy) {
    copy.hidden = 0;
    copy.onclick = () => {
      getSelection().selectAllChildren(document.querySelector('#command'));
      if (document.execCommand('copy')) copy.textContent = 'Copied';
    };
  }
})();
