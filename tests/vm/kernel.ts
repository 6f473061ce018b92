/** The kernel that these tests boot. */
export { debianKernel as kernel, type Flavour, type Kernel } from "../../lib/build/image/mod.ts";
