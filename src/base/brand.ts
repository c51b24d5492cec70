declare const brand: unique symbol;

/** A primitive that only its maker can produce: `Brand<string, "Ipv4Addr">`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
