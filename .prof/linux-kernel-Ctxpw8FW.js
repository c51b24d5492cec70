export { t as LinuxKernel } from "./linux-kernel-DJOYPLkt.js";
