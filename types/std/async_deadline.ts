// @ts-types="./async_deadline.d.ts"
export * from "deno-std/async/deadline.js";
