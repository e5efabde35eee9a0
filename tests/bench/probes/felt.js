// What tests/bench/probes/felt.py asks the browser: how long presses took until the next paint, and what moved.
(() => {
  const LEAST_MS = 16;
  const TOLD_MS = 60; // entries come a moment after the paint they tell of
  const presses = [];
  let moved = 0;

  function listen(type, take, options) {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
    observer.observe({ type, buffered: true, ...options });
  }
  listen("event", (each) => each.interactionId && presses.push(each.duration), { durationThreshold: LEAST_MS });
  listen("layout-shift", (each) => {
    moved += each.value;
  });

  // A press that leaves the page is told to the next.
  const keep = ({ timeStamp }) => sessionStorage.setItem("pressed", performance.timeOrigin + timeStamp);
  addEventListener("click", keep, { capture: true });

  window.felt = {
    moved: () => moved,
    slowest: () => Math.max(LEAST_MS, ...presses.splice(0)),
    painted: () =>
      new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, TOLD_MS)));
      }),
    sincePressed: () =>
      new Promise((done) => {
        const tell = (list) => {
          const [painted] = list.getEntriesByName("first-contentful-paint");
          if (painted) done(performance.timeOrigin + painted.startTime - Number(sessionStorage.getItem("pressed")));
        };
        new PerformanceObserver(tell).observe({ type: "paint", buffered: true });
      }),
  };
})();
