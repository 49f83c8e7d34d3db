// What the kit knows, as lines that people read: the log, decisions, and what to say when an expectation fails.
import { why as sentence } from "../why.js";
import type { Entry, Explained } from "./page.js";

const AWAY = new Set(["products", "product_ids"]);

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `12:00:00 /dogs/ track Product Viewed product_id=p7 category=Dogs/Food` */
export function line({ at, kind, path, detail }: Entry): string {
  const say = (fields: unknown) =>
    Object.entries((fields as Record<string, unknown> | undefined) ?? {})
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => `${name}=${AWAY.has(name) && Array.isArray(value) ? `${value.length} products` : short(value)}`)
      .join(" ");
  const told = (): string => {
    switch (kind) {
      case "event":
        return `${String(detail["type"])} ${String(detail["event"] ?? detail["name"] ?? "")} ${say(detail["type"] === "page" ? { path: (detail["properties"] as Record<string, unknown>)?.["path"] } : { ...(detail["properties"] as object), ...(detail["traits"] as object) })}`;
      case "decision":
      case "render":
        return `${kind} ${String(detail["placement"])}: ${said(detail as unknown as Explained)}`;
      case "delivered":
        return `delivered ${String(detail["event"])}`;
      default:
        return `${kind} ${say(detail)}`;
    }
  };
  return `${new Date(at).toISOString().slice(11, 19)} ${path} ${told().replace(/ +/g, " ").trim()}`;
}

/** `hero-for-dog-people, variant dogs, block hero-dog (matched)` */
export function said({ experience, variant, block, reason, products }: Partial<Explained>): string {
  const parts = [experience ?? "no experience"];
  if (variant) parts.push(`variant ${variant}`);
  if (block) parts.push(`block ${block}`);
  if (products?.length) parts.push(`products ${products.join(" ")}`);
  return `${parts.join(", ")} (${reason})`;
}

/** One line for each experience of the placement. */
export const reasons = ({ why }: Explained): string => why.map((one) => `  ${one.experience}: ${one.outcome}, ${sentence(one)}`).join("\n") || "  the rules have no experience for it";
