// A page with a slot. The server renders it, the browser hydrates it, and only then the agent starts: it never stands in
// the way of hydration.
import { useEffect, useState } from "react";
import { start } from "tailorbird";

let agent;

export function App() {
  const [page, setPage] = useState("home");
  const [guests, setGuests] = useState(1);
  useEffect(() => {
    agent ??= start({ rules: "/rules.json", consent: "granted" });
  }, []);
  return (
    <main>
      <nav>
        <button onClick={() => setPage(page === "home" ? "dogs" : "home")}>{page === "home" ? "To the dogs" : "Home"}</button>
        <button onClick={() => setGuests(guests + 1)}>One more</button>
      </nav>
      {page !== "nothing" && (
        <tailorbird-slot name={`${page}-hero`}>
          <h2>For everybody</h2>
          {guests % 2 === 1 ? <p>{guests} here</p> : null}
        </tailorbird-slot>
      )}
      <button onClick={() => setPage("nothing")}>Close</button>
    </main>
  );
}
