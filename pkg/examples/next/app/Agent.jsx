"use client";
// Starts the agent once the page is hydrated: it never stands in the way of that.
import { useEffect } from "react";
import { start } from "tailorbird";

let agent;

export function Agent() {
  useEffect(() => {
    agent ??= start({ rules: "/rules.json", consent: "granted" });
  }, []);
  return null;
}
