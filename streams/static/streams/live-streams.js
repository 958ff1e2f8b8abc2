// Keeps the tables of "Live streams" fresh: asks for them again and again, while the page is seen.

const tables = document.getElementById("live-tables");
const problem = document.getElementById("live-problem");
const box = document.getElementById("live-refresh");
const pause = 1000 * Number(tables.dataset.seconds);
const TIMEOUT = 10_000;

async function refresh() {
  const response = await fetch("?part=tables", {
    headers: { Accept: "text/html" },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.redirected) {
    // To the login: the session is over.
    location.reload();
    return;
  }
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  // Where somebody has scrolled to stays in view.
  const scrolled = [...tables.querySelectorAll(".live-scroll")].map((frame) => frame.scrollLeft);
  tables.replaceChildren(...page.body.childNodes);
  tables.querySelectorAll(".live-scroll").forEach((frame, index) => {
    frame.scrollLeft = scrolled[index] ?? 0;
  });
}

async function goOn() {
  // Nothing is replaced under somebody who selects text or is in a table with the keyboard.
  const isInUse = !getSelection().isCollapsed || tables.contains(document.activeElement);
  if (box.checked && !document.hidden && !isInUse) {
    try {
      await refresh();
      problem.textContent = "";
    } catch (error) {
      problem.textContent = `Not refreshed: ${error.message}`;
    }
  }
  setTimeout(goOn, pause);
}

setTimeout(goOn, pause);
