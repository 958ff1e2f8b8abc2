/** Whether the visitor is still logged in: a refused handshake does not tell a browser why. */

const SHORTEST_PAUSE_MS = 5_000;
const TIMEOUT_MS = 10_000;

let askedAt = 0;

/** @returns {Promise<boolean>} true only if the server sends this page's visitors to the login */
export async function isSessionOver() {
  if (!("needsLogin" in document.body.dataset) || Date.now() - askedAt < SHORTEST_PAUSE_MS) {
    return false;
  }
  askedAt = Date.now();
  try {
    const answer = await fetch(location.pathname, {
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return answer.type === "opaqueredirect";
  } catch {
    return false; // the server is away, which says nothing about the session
  }
}
