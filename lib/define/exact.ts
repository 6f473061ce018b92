import type { Command } from "./command.ts";

/**
 * Turns every key that {@linkcode Command} does not have into an error. TypeScript
 * checks an object literal for unknown keys only where its type is fixed, which
 * the result of a function is not. So what `run` and `undo` return have to be
 * type parameters, though nobody ever writes them. The message then ends with `NoSuchSetting<"enviroment">`.
 */
export type Exact<C> = {
  readonly [K in Exclude<keyof C, keyof Command>]: NoSuchSetting<K & string>;
};

declare const noSuchSetting: unique symbol;

/** The type of a key that a {@linkcode Command} does not have; no value is of it. */
export interface NoSuchSetting<K extends string> {
  readonly [noSuchSetting]: K;
}
