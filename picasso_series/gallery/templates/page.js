(() => {
  const all = s => [...document.querySelectorAll(s)], one = s => all(s)[0];
  const calm = matchMedia('(prefers-reduced-motion)').matches;
  const slider = one('#level'), play = one('#play'), copy = one('#copy');
  const drawings = all('.states .drawing'), captions = all('.states figcaption'), ticks = all('.ticks a');
  let now = 0, frame, timer, moving = [];

  const show = (list, n) => list.forEach((e, i) => e.classList.toggle('on', i === n));
  const put = (p, v, ink) => {
    p.setAttribute('d', `M${v.slice(0, 2)} C${v.slice(2)}`);
    p.style.opacity = ink;
  };
  const numbers = p => p.getAttribute('d').match(/-?[\d.]+/g).map(Number);
  // What a stroke of state a has become in state b: itself, the stroke that absorbed it, or nothing.
  const fate = (p, a, b) => {
    const find = id => drawings[a].querySelector(`[data-s="${id}"]`);
    while (p && a++ < b) p = find(p.dataset.s) || find(p.dataset.j);
    return p;
  };
  const settle = () => {
    cancelAnimationFrame(frame);
    moving.forEach(({ p, a }) => put(p, a, 1));
    moving = [];
    show(drawings, now);
  };
  // The finer of two states is on screen while its strokes move; run backwards it unfolds.
  const morph = (fine, coarse) => {
    moving = [...drawings[fine].children].map(p => {
      const q = fate(p, fine, coarse), a = numbers(p);
      let b = numbers(q || p);
      // Two curves that run against each other: turn one round.
      if ((a[6] - a[0]) * (b[6] - b[0]) + (a[7] - a[1]) * (b[7] - b[1]) < 0) b = [6, 7, 4, 5, 2, 3, 0, 1].map(i => b[i]);
      // Only what goes on keeps its ink; the others fade, the absorbed into their survivor.
      return { p, a, b, out: q?.dataset.s !== p.dataset.s };
    });
    show(drawings, fine);
    const begin = performance.now();
    const step = time => {
      const t = (time - begin) / 800, s = t * t * (3 - 2 * t), e = now > fine ? s : 1 - s;
      if (t >= 1) return settle();
      moving.forEach(({ p, a, b, out }) => put(p, a.map((x, i) => x + e * (b[i] - x)), out ? 1 - e : 1));
      frame = requestAnimationFrame(step);
    };
    step(begin);
  };
  const go = (n, still) => {
    const old = now;
    now = n;
    settle();
    show(captions, n);
    if (!slider) return;
    slider.value = n;
    slider.ariaValueText = ticks[n].textContent;
    ticks.forEach((t, i) => t.ariaCurrent = i === n);
    if (still || n === old) return;
    history.replaceState(0, '', ticks[n].hash);
    if (!calm) morph(Math.min(old, n), Math.max(old, n));
  };
  const next = () => go((now + 1) % ticks.length);
  const run = on => {
    clearInterval(timer);
    timer = on && setInterval(next, 2000);
    play.textContent = on ? 'Pause' : 'Play';
    if (on) next();
  };
  const pick = n => {
    run(0);
    if (ticks[n]) go(n);
  };
  const linked = () => go(Math.max(0, ticks.findIndex(t => t.hash === location.hash)), 1);

  document.body.className = 'live';
  linked();
  if (slider) {
    slider.parentNode.hidden = 0;
    slider.oninput = () => pick(+slider.value);
    play.onclick = () => run(!timer);
    // No jump to the anchor: it is on screen already.
    ticks.forEach((t, i) => t.onclick = e => pick(i, e.preventDefault()));
    onhashchange = linked;
    onkeydown = e => {
      const here = document.activeElement, step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (here === slider && e.key === ' ') run(!timer, e.preventDefault());
      if (here === document.body && step && !e.altKey && !e.metaKey) pick(now + step);
    };
  }
  if (copy) {
    copy.hidden = 0;
    copy.onclick = () => {
      getSelection().selectAllChildren(one('#command'));
      if (document.execCommand('copy')) copy.textContent = 'Copied';
    };
  }
})();
