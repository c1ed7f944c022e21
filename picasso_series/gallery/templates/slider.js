(() => {
  const all = s => [...document.querySelectorAll(s)], one = s => all(s)[0];
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const sheet = one('.states'), slider = one('#level'), play = one('#play');
  const drawings = all('.states .drawing'), captions = all('.states figcaption'), ticks = all('.ticks a');
  const numbers = text => text ? text.match(/-?[\d.]+/g).map(Number) : [];
  // Each stroke with the shapes that it goes through on its way to the next state.
  const strokes = drawings.map(d => [...d.children].map(p => {
    const shapes = [numbers(p.getAttribute('d'))], to = numbers(p.dataset.to);
    for (let i = 0; i < to.length; i += 8) shapes.push(to.slice(i, i + 8));
    return { p, shapes };
  }));
  const end = drawings.length - 1;
  // Where we are between the states, the state we are at or bound for, the one we last rested at, the one on screen.
  let place = 0, now = 0, rest = 0, seen = 0, frame, timer, held, pressed;

  const show = (list, n) => list.forEach((e, i) => e.classList.toggle('on', i === n));
  const pose = (k, t) => strokes[k].forEach(({ p, shapes }) => {
    const last = shapes.length - 1;
    if (last) {
      const i = Math.min(Math.floor(t * last), last - 1), u = t * last - i;
      const v = shapes[i].map((x, j) => +(x + u * (shapes[i + 1][j] - x)).toFixed(2));
      p.setAttribute('d', `M${v.slice(0, 2)}C${v.slice(2)}`);
    } else {
      // What leaves draws back along itself, sooner than the others arrive; its round end would leave a dot.
      const left = Math.max(0, 1 - 1.3 * t);
      p.style.strokeDasharray = t ? [left, 2] : '';
      p.style.opacity = Math.min(1, 5 * left);
    }
  });
  const put = v => {
    place = Math.max(0, Math.min(end, v));
    const k = Math.floor(place);
    if (k !== seen) pose(seen, 0);
    show(drawings, seen = k);
    pose(k, place - k);
    if (slider && !pressed) slider.value = place;
  };
  const tell = n => {
    now = n;
    show(captions, n);
    if (!slider) return;
    slider.ariaValueText = ticks[n].textContent;
    ticks.forEach((t, i) => t.ariaCurrent = i === n);
  };
  const glide = to => {
    cancelAnimationFrame(frame);
    if (calm) return put(to);
    const from = place, begin = performance.now(), lasts = 750 * Math.sqrt(Math.abs(to - from)) + 1;
    const step = time => {
      const t = Math.max(0, Math.min(1, (time - begin) / lasts));
      put(from + t * t * (3 - 2 * t) * (to - from));
      if (t < 1) frame = requestAnimationFrame(step);
    };
    step(begin);
  };
  const go = n => {
    tell(rest = n);
    glide(n);
    // A page inside another has no address of its own.
    if (location.protocol !== 'about:') history.replaceState(0, '', ticks[n].hash);
  };
  const scrub = v => {
    cancelAnimationFrame(frame);
    v = Math.max(0, Math.min(end, v));
    tell(Math.round(v));
    put(calm ? now : v);
  };
  const next = () => go((rest + 1) % ticks.length);
  const run = on => {
    clearInterval(timer);
    timer = on && setInterval(next, 2200);
    play.textContent = on ? 'Pause' : 'Play';
    if (on) next();
  };
  const pick = n => {
    run(0);
    if (ticks[n]) go(n);
  };
  const linked = () => {
    rest = Math.max(0, ticks.findIndex(t => t.hash === location.hash));
    tell(rest);
    put(rest);
  };

  document.body.className = 'live';
  show(drawings, 0);
  linked();
  if (!slider) return;
  slider.parentNode.hidden = 0;
  if (!calm) slider.step = 'any';
  slider.onpointerdown = () => pressed = 1;
  slider.oninput = () => {
    const v = +slider.value;
    run(0);
    // A press beside the knob is a long way: go it, do not jump.
    if (Math.abs(v - place) > .4) glide(v);
    else scrub(v);
    tell(Math.round(v));
  };
  slider.onchange = () => {
    const v = +slider.value, n = Math.round(v);
    // Without a pointer a small step is meant as one to the next state.
    go(pressed || n !== rest ? n : Math.max(0, Math.min(end, rest + Math.sign(v - rest))));
  };
  play.onclick = () => run(!timer);
  // No jump to the anchor: it is on screen already.
  ticks.forEach((t, i) => t.onclick = e => pick(i, e.preventDefault()));
  // The drawing can be dragged too, as far as it is wide for all states.
  sheet.onpointerdown = e => {
    if (!e.isPrimary || e.button) return;
    held = [e.clientX, place];
    run(0);
  };
  onpointerup = onpointercancel = () => {
    if (held && place !== held[1]) go(Math.round(place));
    held = 0;
    // The slider tells of its change after this.
    setTimeout(() => pressed = 0);
  };
  onpointermove = e => {
    if (held && e.buttons) scrub(held[1] + (held[0] - e.clientX) / sheet.clientWidth * end);
    else if (held) onpointerup();
  };
  onhashchange = linked;
  onkeydown = e => {
    const here = document.activeElement, ours = here === slider;
    const step = { ArrowRight: 1, ArrowUp: 1, PageUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: -1 }[e.key];
    if (e.altKey || e.metaKey || e.ctrlKey) return;
    if (ours && e.key === ' ') run(!timer, e.preventDefault());
    else if (ours && (step || e.key === 'Home' || e.key === 'End')) pick(step ? now + step : e.key === 'End' ? end : 0, e.preventDefault());
    else if (here === document.body && /Right|Left/.test(e.key) && step) pick(now + step);
  };
})();
