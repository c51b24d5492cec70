/** Registers IPv4 with the machine. Being filled in by builder L3. */
import type { Machine } from "../types.ts";

export function initInet(_machine: Machine): void {}
