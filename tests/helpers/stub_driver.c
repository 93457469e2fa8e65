/* A stand-in for libcuda.so.1 where there is no driver: with it cuDNN proposes engines that compile their kernels, and
 * compiles them. It has no device and runs nothing. Loaded by its absolute path before cuDNN, in a process of its own. */
#define NO_DEVICE 100
int cuInit(unsigned flags) { return NO_DEVICE; }
int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
int cuDeviceGetCount(int *count) { return *count = 0, NO_DEVICE; }
int cuGetErrorString(int status, const char **text) { return *text = "no device (stub driver)", 0; }
int cuGetErrorName(int status, const char **text) { return *text = "CUDA_ERROR_NO_DEVICE", 0; }
int cuLibraryLoadData(void **library) { return *library = (void *)0x1000, 0; }
int cuLibraryGetKernel(void **kernel) { return *kernel = (void *)0x2000, 0; }
int cuLibraryUnload(void *library) { return 0; }
#define ABSENT(name) int name(void) { return NO_DEVICE; }
ABSENT(cuGetProcAddress_v2) ABSENT(cuDeviceGet) ABSENT(cuCtxGetCurrent) ABSENT(cuCtxGetLimit) ABSENT(cuCtxPopCurrent)
ABSENT(cuCtxPushCurrent) ABSENT(cuKernelGetAttribute) ABSENT(cuKernelSetAttribute) ABSENT(cuLaunchKernel)
ABSENT(cuLaunchKernelEx) ABSENT(cuLaunchCooperativeKernel) ABSENT(cuLibraryLoadFromFile) ABSENT(cuLinkCreate)
ABSENT(cuLinkAddData) ABSENT(cuLinkComplete) ABSENT(cuLinkDestroy) ABSENT(cuOccupancyMaxPotentialClusterSize)
ABSENT(cuStreamGetCtx)
