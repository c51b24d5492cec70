export { t as LinuxKernel } from "./linux-kernel-DT3dStos.js";
