// @ts-types="./async_pool.d.ts"
export * from "deno-std/async/pool.js";
