// Every page of the shop: the navigation, the page's own content, and the agent, which stays while routes change.
import Link from "next/link";
import { Agent } from "./Agent";

export const metadata = { title: "Shop" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <nav><Link href="/">Home</Link> <Link href="/dogs">To the dogs</Link></nav>
        {children}
        <Agent />
      </body>
    </html>
  );
}
