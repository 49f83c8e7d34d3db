"use client";
// A part of the default content that goes on living while something else is shown.
import { useEffect, useState } from "react";

export function Guests() {
  const [guests, setGuests] = useState(1);
  useEffect(() => {
    const timer = setInterval(() => setGuests((before) => before + 1), 100);
    return () => clearInterval(timer);
  }, []);
  return guests % 2 === 1 ? <p>{guests} here</p> : null;
}
