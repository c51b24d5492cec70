/** The date in HTTP (RFC 9110 §5.6.7): `Thu, 01 Jan 2026 00:00:00 GMT`. */
import { wallDate } from "../../wall-clock.ts";

export function httpDate(atNs: number): string {
	return wallDate(atNs).toUTCString();
}
