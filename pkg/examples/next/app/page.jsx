// A server component with a slot; what stands in it is rendered on the server, and partly alive in the browser.
import { Guests } from "./Guests";

export default function Home() {
  return (
    <main>
      <tailorbird-slot name="home-hero">
        <h2>For everybody</h2>
        <Guests />
      </tailorbird-slot>
    </main>
  );
}
